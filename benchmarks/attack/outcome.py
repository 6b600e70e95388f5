"""All of a finished run that repeating it must repeat."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open


@dataclass(frozen=True)
class Outcome:
    """What a run left behind: what its logs say, times aside, its files' bytes, and its models' weights."""

    metrics: list[dict[str, Any]]
    spectra: bytes
    previews: dict[str, bytes]
    arrays: dict[str, bytes]
    weights: dict[str, torch.Tensor]

    def assert_same(self, other: Outcome) -> None:
        """To the last bit; AssertionError says what differs."""
        for part in ("metrics", "spectra", "previews", "arrays"):
            assert getattr(self, part) == getattr(other, part), f"its {part} differ"
        assert self.weights.keys() == other.weights.keys(), "its models are of other weights"
        for key, value in self.weights.items():
            torch.testing.assert_close(value, other.weights[key], rtol=0, atol=0, equal_nan=True)


def read_outcome(path: Path) -> Outcome:
    """What the run in ``path`` left behind."""
    metrics = [json.loads(line) for line in (path / "metrics.jsonl").read_bytes().split(b"\n") if line]
    assert all(math.isfinite(record.pop("time")) for record in metrics), "its times are no numbers"
    for record in metrics:
        record["terms"].pop("seconds_per_step", None)
    weights: dict[str, torch.Tensor] = {}
    for file in sorted((path / "models").iterdir()):
        with safe_open(file, framework="pt") as opened:
            weights |= {f"{file.stem}/{key}": opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
    spectra = path / "spectra.npy"
    return Outcome(
        metrics,
        spectra.read_bytes() if spectra.exists() else b"",
        _files(path / "previews"),
        _files(path / "arrays"),
        weights,
    )


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.is_dir() else {}
