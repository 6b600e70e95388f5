"""What a run's log comes to, read in little time however long it is.

Most lines are not parsed. Of lines alike, which say the same things of the same model, the last is; of those
that make a curve, as many as its points. A log too long to be read whole is read here and there.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jnn_studio.base.reading import open_file
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_files import DamagedFileError, parse_metrics

METRICS = "metrics.jsonl"
WHOLE_BYTES = 8 * 2**20
"""A longer log is read in windows."""
_WINDOWS, _WINDOW_BYTES = 128, 32 * 2**10
_TAIL_BYTES = 512 * 2**10
_TAIL_LINES = 600
_NUMBERS = re.compile(rb":\s*(?:-?[\d.][\d.eE+-]*|NaN|-?Infinity)")


@dataclass
class LogDigest:
    """By model: the last value of every term, and a curve. ``seconds``: of training, None if not known."""

    last: dict[str, dict[str, float]] = field(default_factory=dict)
    curves: dict[str, tuple[list[int], list[float]]] = field(default_factory=dict)
    seconds: float | None = None


def digest(path: Path, members: Sequence[str], term: str, points: int) -> LogDigest:
    """Of the run in the folder ``path``; each curve of ``term`` has about ``points`` values at most.

    Raises:
        OSError: there is a log, and it cannot be read.
    """
    found = LogDigest()
    try:
        lines = _lines(path / METRICS)
    except FileNotFoundError:
        return found
    for metrics in _last_of_each_sort(lines, members):
        values = found.last.setdefault(metrics.member, {})
        for name, value in metrics.terms.items():
            values.setdefault(name, value)
        if math.isfinite(metrics.time):
            found.seconds = max(found.seconds or 0.0, metrics.time)
    for metrics in _spread(lines, members, term, points):
        steps, values_of = found.curves.setdefault(metrics.member, ([], []))
        if term in metrics.terms and (not steps or metrics.step > steps[-1]):
            steps.append(metrics.step)
            values_of.append(metrics.terms[term])
    return found


def _lines(path: Path) -> list[bytes]:
    """Whole lines: all of them, or those of windows here and there and of the end."""
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size <= WHOLE_BYTES:
            data = file.read(WHOLE_BYTES)
            return data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]
        lines: list[bytes] = []
        for window in range(_WINDOWS):
            file.seek(window * (size - _TAIL_BYTES) // _WINDOWS)
            part = file.read(_WINDOW_BYTES).split(b"\n")
            lines += part[0 if window == 0 else 1 : -1]
        file.seek(size - _TAIL_BYTES)
        return lines + file.read(_TAIL_BYTES).split(b"\n")[1:-1]


def _last_of_each_sort(lines: Sequence[bytes], members: Sequence[str]) -> Iterator[Metrics]:
    """Newest first, each that says something which none after it does."""
    seen: set[bytes] = set()
    for line in lines[: -_TAIL_LINES - 1 : -1]:
        sort = _NUMBERS.sub(b":", line)
        if sort not in seen:
            metrics = _parsed(line, members)
            if metrics is not None:
                seen.add(sort)
                yield metrics


def _spread(lines: Sequence[bytes], members: Sequence[str], term: str, points: int) -> Iterator[Metrics]:
    """Lines with ``term``, evenly spread, of all models alike: they take turns."""
    name = f'"{term}"'.encode()
    having = [line for line in lines if name in line]
    turns = max(1, len(members))
    rounds = -(-len(having) // turns)
    every = max(1, -(-rounds // points))
    chosen = {*range(0, rounds, every), rounds - 1}
    for turn in sorted(chosen):
        for line in having[max(turn, 0) * turns : (turn + 1) * turns]:
            metrics = _parsed(line, members)
            if metrics is not None:
                yield metrics


def _parsed(line: bytes, members: Sequence[str]) -> Metrics | None:
    try:
        return parse_metrics(line, members)
    except DamagedFileError:
        return None
