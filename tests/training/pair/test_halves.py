"""A pair as two runs of one model each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from safetensors import safe_open

from jnn_studio.training.config import ConfigError, RunConfig
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.pair.autoencoder_pair import pair_halves
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

Tiny = Callable[..., RunConfig]


def train(config: RunConfig, path: Path) -> Path:
    for _ in start_run(config, path, Commands()):
        pass
    return path


def weights(path: Path, key: str) -> dict[str, bytes]:
    with safe_open(path / "models" / f"{key}.safetensors", "pt") as file:
        return {name: file.get_tensor(name).numpy().tobytes() for name in file.keys()}  # noqa: SIM118


@pytest.mark.parametrize(
    "penalty",
    [
        {"eta": 0.5, "eta_decoder": 0.1, "warmup_steps": 5},
        {"eta": 0.1, "target_rank": 4, "adjust_every": 2},
        {"estimator": "finite_difference"},
    ],
)
def test_each_half_is_the_model_of_the_pair_to_the_last_bit(
    tiny: Tiny, tmp_path: Path, penalty: dict[str, Any]
) -> None:
    config = tiny(penalty=penalty)
    pair = train(config, tmp_path / "pair")
    halves = pair_halves(config)  # type: ignore[arg-type]
    assert halves is not None
    for half, key in zip(halves, ("unregularised", "regularised"), strict=True):
        path = train(half, tmp_path / key)
        assert weights(path, key) == weights(pair, key)
        assert [file.stem for file in (path / "models").iterdir()] == [key]
        alone, together = RunFolder(path), RunFolder(pair)
        logged = [(m.step, dict(m.terms)) for m in alone.metrics()[0]]
        assert logged == [(m.step, dict(m.terms)) for m in together.metrics()[0] if m.member == key]
        ranks = [s.effective_rank for s in alone.spectra((key,))]
        both = together.spectra(("unregularised", "regularised"))
        assert ranks == [s.effective_rank for s in both if s.member == key]


def test_what_is_measured_against_the_other_model_cannot_be_trained_alone(tiny: Tiny) -> None:
    config = tiny(penalty={"eta": 0.1, "give_up": 1.0})
    assert pair_halves(config) is None  # type: ignore[arg-type]
    with pytest.raises((ConfigError, ValidationError), match=r"penalty\.give_up .* leave it empty"):
        tiny(only="regularised", penalty={"eta": 0.1, "give_up": 1.0})
