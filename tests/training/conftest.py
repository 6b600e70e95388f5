"""What tests of running runs share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from jnn_studio.training.events import Event


@dataclass(frozen=True)
class Outcome:
    """All of a finished run that repeating it must repeat."""

    metrics: list[dict[str, Any]]
    spectra: bytes
    previews: dict[str, bytes]
    weights: dict[str, torch.Tensor]

    def assert_same(self, other: Outcome) -> None:
        """To the last bit, times aside."""
        assert self.metrics == other.metrics
        assert self.spectra == other.spectra
        assert self.previews == other.previews
        assert self.weights.keys() == other.weights.keys()
        for key, value in self.weights.items():
            torch.testing.assert_close(value, other.weights[key], rtol=0, atol=0)


def read_outcome(path: Path) -> Outcome:
    """What the run in ``path`` left behind."""
    metrics = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    assert all(np.isfinite(record.pop("time")) for record in metrics)
    weights = {}
    for file in sorted((path / "models").iterdir()):
        with safe_open(file, framework="pt") as opened:
            weights |= {f"{file.stem}/{key}": opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
    return Outcome(
        metrics,
        (path / "spectra.npy").read_bytes(),
        {file.name: file.read_bytes() for file in (path / "previews").iterdir()},
        weights,
    )


@pytest.fixture(scope="session")
def outcome() -> Callable[[Path], Outcome]:
    """`read_outcome`."""
    return read_outcome


@pytest.fixture(scope="session")
def finish() -> Callable[[Iterable[Event]], Event]:
    """Runs a run to its end and gives its last event."""

    def to_the_end(events: Iterable[Event]) -> Event:
        *_, last = events
        return last

    return to_the_end
