"""What a list of runs shows of each: the same in the window, on the command line and in files."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jnn_studio.base.text import duration
from jnn_studio.runs.summary import RunSummary

Value = str | int | float | bool | None


@dataclass(frozen=True)
class RunColumn:
    """One column.

    Attributes:
        key: its name in files.
        title: above it.
        tip: what it says, and in which unit.
        text: as it is shown; "" where there is nothing to show.
        value: as it is sorted by and written into files; None where there is nothing.
        number: whether it stands at the right.
        width: in characters, about.
        in_list: whether the command line's table has it.
    """

    key: str
    title: str
    tip: str
    text: Callable[[RunSummary], str]
    value: Callable[[RunSummary], Value]
    number: bool = False
    width: int = 10
    in_list: bool = True


def finite(value: float | None) -> float | None:
    """A number that can be shown and sorted, or none."""
    return value if value is not None and math.isfinite(value) else None


def figure(value: float | None, form: str) -> str:
    """A number as ``form`` writes it; "" where there is none."""
    return "" if finite(value) is None else format(value, form)


def date_of(when: float | None) -> str:
    """A day and a time of day, of here; "" where no clock could show it."""
    if finite(when) is None:
        return ""
    try:
        return f"{datetime.fromtimestamp(when or 0.0):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return ""


def _of_main(take: Callable[[Any], float | None]) -> Callable[[RunSummary], float | None]:
    def of(run: RunSummary) -> float | None:
        main = run.main
        return None if main is None else finite(take(main))

    return of


def _eta(run: RunSummary) -> float | None:
    return _of_main(lambda main: main.eta_number)(run)


_psnr = _of_main(lambda main: main.psnr)
_rank = _of_main(lambda main: main.rank)
_gap = _of_main(lambda main: main.gap)


def _steps(run: RunSummary) -> str:
    if run.problem:
        return ""
    return f"{run.step:,}" if run.step >= run.steps else f"{run.step:,} / {run.steps:,}"


_COLUMNS = (
    RunColumn("name", "Name", "What the run is called", lambda r: r.name, lambda r: r.name, width=18),
    RunColumn(
        "state", "State", "What becomes of it", lambda r: r.state_words, lambda r: r.state_word, width=11
    ),
    RunColumn("kind", "Kind", "What kind of run it is", lambda r: r.kind, lambda r: r.kind, width=14),
    RunColumn("data", "Data", "What it learns from", lambda r: r.data, lambda r: r.data, width=13),
    RunColumn(
        "eta",
        "η",
        "Weight of the penalty of the model that has one; found by the run where a rank is its aim",
        lambda r: r.eta_words,
        _eta,
        number=True,
        width=12,
    ),
    RunColumn(
        "steps",
        "Steps",
        "Optimiser steps taken, of how many",
        _steps,
        lambda r: r.step,
        number=True,
        width=12,
    ),
    RunColumn(
        "device", "Device", "Where it was trained last", lambda r: r.device, lambda r: r.device, width=8
    ),
    RunColumn(
        "psnr",
        "PSNR",
        "On images kept out of training, in dB, of the regularised model: more is better",
        lambda r: figure(_psnr(r), ".2f"),
        _psnr,
        number=True,
        width=7,
    ),
    RunColumn(
        "rank",
        "Rank",
        "Effective rank of its Jacobian: in how many directions the regularised model is sensitive",
        lambda r: figure(_rank(r), ".3g"),
        _rank,
        number=True,
        width=6,
    ),
    RunColumn(
        "gap",
        "Gap",
        "Tightness gap: how far the penalty stands above the nuclear norm",
        lambda r: figure(_gap(r), ".3g"),
        _gap,
        number=True,
        width=7,
    ),
    RunColumn(
        "duration",
        "Time",
        "Time of training, pauses excluded",
        lambda r: "" if finite(r.seconds) is None else duration(r.seconds or 0.0),
        lambda r: finite(r.seconds),
        number=True,
        width=11,
    ),
    RunColumn(
        "created",
        "Begun",
        "When it was started",
        lambda r: date_of(r.created),
        lambda r: finite(r.created),
        width=16,
    ),
    RunColumn(
        "tags", "Tags", "Words that you gave it", lambda r: ", ".join(r.tags), lambda r: ", ".join(r.tags)
    ),
    RunColumn(
        "note",
        "Note",
        "What you noted about it",
        lambda r: " ".join(r.note.split()),
        lambda r: r.note,
        width=24,
        in_list=False,
    ),
    RunColumn("id", "Id", "Its own, wherever its folder lies", lambda r: r.id, lambda r: r.id, width=16),
    RunColumn(
        "folder",
        "Folder",
        "Where it is",
        lambda r: str(r.path),
        lambda r: str(r.path),
        width=30,
        in_list=False,
    ),
)
COLUMNS = {column.key: column for column in _COLUMNS}


def sort_key(column: RunColumn, run: RunSummary) -> tuple[int, float, str]:
    """Numbers by size and words by the alphabet; what is not there comes last."""
    value = column.value(run)
    if value is None or value == "":
        return 2, 0.0, ""
    if isinstance(value, str):
        return 1, 0.0, value.casefold()
    return 0, float(value), ""
