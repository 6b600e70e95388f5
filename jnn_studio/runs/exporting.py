"""Everything that is known of runs, and all that they logged, as values for other programs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from jnn_studio.runs.columns import COLUMNS
from jnn_studio.runs.summary import RunSummary
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.kind import run_members

LOGGED = ("run", "id", "model", "step", "seconds", "term", "value")
SPECTRA = ("run", "id", "model", "step", "effective_rank", "index", "sigma")

Row = tuple[str | int | float, ...]


def as_data(run: RunSummary) -> dict[str, Any]:
    """One run for JSON, which has no NaN: the columns of a list, and each of its models."""
    data = {key: column.value(run) for key, column in COLUMNS.items()}
    return data | {
        "tags": list(run.tags),
        "total_steps": run.steps,
        "target_rank": run.target_rank,
        "under_way": run.under_way,
        "owner": run.owner,
        "reason": run.problem or run.reason,
        "pinned": run.pinned,
        "copy_of": None if run.copy_of is None else str(run.copy_of),
        "models": [
            {
                "key": member.key,
                "label": member.label,
                "eta": _finite(member.eta_number),
                "rank": _finite(member.rank),
                "last": {term: _finite(value) for term, value in member.last.items()},
            }
            for member in run.members
        ],
        "notes": list(run.notes),
    }


def logged_values(runs: Sequence[RunSummary], terms: Sequence[str] = ()) -> Iterator[Row]:
    """All values that runs logged, of ``terms`` if some are given: rows of `LOGGED`.

    Raises:
        ConfigError: one of them cannot be read.
    """
    for run in runs:
        folder, start = RunFolder(run.path), 0
        members = tuple(member.key for member in run_members(folder.config()))
        while True:
            metrics, start = folder.metrics(start, members)
            if not metrics:
                break
            for logged in metrics:
                for term, value in logged.terms.items():
                    if not terms or term in terms:
                        yield run.name, run.id, logged.member, logged.step, logged.time, term, value


def last_spectra(runs: Sequence[RunSummary]) -> Iterator[Row]:
    """The last singular values of every model: rows of `SPECTRA`; raises what `logged_values` raises."""
    for run in runs:
        folder = RunFolder(run.path)
        members = tuple(member.key for member in run_members(folder.config()))
        for key, spectrum in folder.newest_spectra(members).items():
            for index, sigma in enumerate(spectrum.sigma, 1):
                rank = spectrum.effective_rank
                yield run.name, run.id, key, spectrum.step, rank, index, float(sigma)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def for_json(cell: str | int | float) -> str | int | float | None:
    """A value of a row; None for a number that JSON does not have."""
    return cell if not isinstance(cell, float) or math.isfinite(cell) else None
