"""What tests of several rooms share: a tiny run, and one that has been trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from jnn_studio.training.commands import Commands
from jnn_studio.training.config import RunConfig, validate_config
from jnn_studio.training.session import start_run

TINY: Mapping[str, Any] = {
    "data": {"kind": "faces", "count": 48, "seed": 1},
    "model": {"size": 16, "dct": 8, "hidden": 24, "latent": 8},
    "penalty": {"eta": 0.5, "eta_decoder": 0.1},
    "schedule": {"steps": 20, "batch_size": 8, "held_out": 6, "device": "cpu"},
    "logging": {"metrics_every": 5, "spectrum_every": 4, "preview_every": 10, "checkpoint_every": 6},
}

Tiny = Callable[..., RunConfig]


def make_tiny(**sections: Any) -> RunConfig:
    """A run of a fraction of a second; keyword arguments replace settings of its sections."""
    settings = {key: dict(value) for key, value in TINY.items()}
    for key, value in sections.items():
        settings[key] = settings.get(key, {}) | value if isinstance(value, dict) else value
    return validate_config(settings, "tiny")


@pytest.fixture(scope="session")
def tiny() -> Tiny:
    """`make_tiny`."""
    return make_tiny


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run, to be read only."""
    path = tmp_path_factory.mktemp("trained") / "run"
    config = make_tiny(name="tiny", schedule={"steps": 60}, optimiser={"learning_rate": 3e-3})
    for _ in start_run(config, path, Commands()):
        pass
    return path


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny tensors are slower on several threads, and runs in one process are then alike to the last bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
