"""Curves and last spectra of some runs, to be drawn on one plot."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from jnn_studio.base.errors import StudioError
from jnn_studio.runs.log_digest import digest
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.kind import run_members

POINTS = 1_000


@dataclass(frozen=True)
class RunCurves:
    """Of one run, by model: a term's values at steps, and the last singular values."""

    path: Path
    curves: dict[str, tuple[list[int], list[float]]] = field(default_factory=dict, repr=False)
    sigma: dict[str, np.ndarray] = field(default_factory=dict, repr=False)


def read_curves(path: Path, term: str) -> RunCurves:
    """``term`` as the run in ``path`` has logged it; empty where nothing can be read."""
    with suppress(StudioError, OSError):
        folder = RunFolder(path)
        keys = tuple(member.key for member in run_members(folder.config()))
        found = digest(path, keys, term, POINTS)
        spectra = folder.newest_spectra(keys)
        return RunCurves(path, found.curves, {key: spectrum.sigma for key, spectrum in spectra.items()})
    return RunCurves(path)
