"""What tests of the robustness lab share: a run of a second, and images on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jnn_studio.labs.robustness.config import RobustnessConfig
from jnn_studio.training.config import validate_as
from jnn_studio.training.events import StateChanged
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

TINY: dict[str, Any] = {
    "name": "tiny",
    "data": {"kind": "face-classes", "factors": ["hair-length", "skin-tone"]},
    "sets": {"sizes": [8, 24], "held_out": 16},
    "model": {"size": 16, "widths": [4], "hidden": 6},
    "strengths": {
        "decay": [1.0],
        "frobenius": [0.01],
        "nuclear": [0.01],
        "schatten": [],
        "deep": [],
        "adversarial": [0.02],
        "cut": ["hidden"],
        "deep_cuts": ["convolution-1", "hidden"],
        "attack_steps": 2,
    },
    "schedule": {"steps": 6, "batch_size": 8, "repeats": 2, "device": "cpu"},
    "evaluation": {
        "images": 8,
        "epsilons_linf": [0.02, 0.1],
        "epsilons_l2": [0.5, 2.0],
        "steps": 4,
        "restarts": 1,
        "minimal_steps": 12,
        "black_box_images": 3,
        "black_box_steps": 1,
    },
    "logging": {"metrics_every": 2, "measure_every": 3, "checkpoint_every": 3},
}

TinyRobustness = Callable[..., RobustnessConfig]


@pytest.fixture(scope="session")
def tiny_robustness() -> TinyRobustness:
    """Makes a tiny run; keyword arguments replace settings of its sections."""

    def make(**sections: Any) -> RobustnessConfig:
        settings = dict(TINY)
        for key, value in sections.items():
            settings[key] = value if "kind" in value else settings.get(key, {}) | value
        return validate_as(RobustnessConfig, settings, "tiny")

    return make


@pytest.fixture(scope="session")
def finished(tiny_robustness: TinyRobustness, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run, to be read only."""
    path = tmp_path_factory.mktemp("robustness") / "run"
    events = list(start_run(tiny_robustness(), path, Commands()))
    assert events[-1] == StateChanged("finished", 6)
    return path


@pytest.fixture(scope="session")
def paint() -> Callable[[Path, int], None]:
    """Writes a small picture, of one grey level with a little noise."""

    def write(path: Path, level: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(level).integers(0, 20, (20, 20, 3))
        Image.fromarray((noise + level).astype(np.uint8)).save(path)

    return write
