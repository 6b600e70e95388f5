"""A ``.jsonl`` file of metrics that can be appended to and read at any moment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from jnn_studio.base.atomic import open_to_append, replacing
from jnn_studio.base.reading import open_file
from jnn_studio.base.text import counted
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_files import DamagedFileError, parse_metrics

READ_BYTES = 1 << 20
_SKIPPED_PORTIONS = 64
_FIRST_BYTES = 4_096


class MetricsLog:
    """One JSON object a line. A line that is being written is not there yet.

    ``damage`` says how many whole lines could not be read since the start of the file, and why the first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bad = 0
        self._why = ""

    @property
    def damage(self) -> str:
        """``"3 damaged lines (the first: …)"``, or ""."""
        return f"{counted(self._bad, 'damaged line')} (the first: {self._why})" if self._bad else ""

    def append(self, metrics: Metrics) -> None:
        """Add one line."""
        record = {
            "step": metrics.step,
            "time": round(metrics.time, 3),
            "model": metrics.member,
            "terms": dict(metrics.terms),
        }
        with open_to_append(self.path, through_links=False) as file:
            file.write(f"{json.dumps(record)}\n".encode())

    def read(self, start: int, members: Sequence[str] | None = None) -> tuple[list[Metrics], int]:
        """The next metrics from byte ``start`` on, and the byte to go on from.

        At most `READ_BYTES` are read at a time, and none are left once it gives none. Lines that are none, or
        of none of ``members``, are left out. Raises OSError.
        """
        if start == 0:
            self._bad = 0
        found: list[Metrics] = []
        for lines, end in self._portions(start):
            if end <= start:
                self._bad = 0  # the run was resumed from an earlier step
            start = end
            found += [metrics for line in lines if (metrics := self._parsed(line, members)) is not None]
            if found:
                break
        return found, start

    def first_line(self) -> bytes:
        """The line it begins with, as it is; empty while there is none, or where it cannot be read."""
        try:
            with open_file(self.path) as file:
                line, end, _ = file.read(_FIRST_BYTES).partition(b"\n")
        except OSError:
            return b""
        return line if end else b""

    def truncate(self, step: int) -> None:
        """Drop what is later than ``step``, and what is damaged; raises OSError."""
        self._bad = 0
        with replacing(self.path, through_links=False) as temporary, temporary.open("wb") as file:
            for lines, _ in self._portions(0):
                for line in lines:
                    metrics = self._parsed(line)
                    if metrics is not None and metrics.step <= step:
                        file.write(line + b"\n")

    def _parsed(self, line: bytes, members: Sequence[str] | None = None) -> Metrics | None:
        try:
            return parse_metrics(line, members)
        except DamagedFileError as error:
            if not self._bad:
                self._why = str(error)
            self._bad += 1
            return None

    def _portions(self, start: int) -> Iterator[tuple[list[bytes], int]]:
        """Whole lines from byte ``start`` on, and the byte behind them."""
        try:
            opened = open_file(self.path)
        except FileNotFoundError:
            return
        with opened as file:
            if start > os.fstat(file.fileno()).st_size:
                start = 0  # the run was resumed from an earlier step
            skipped = 0
            while skipped < _SKIPPED_PORTIONS:
                file.seek(start)
                data = file.read(READ_BYTES)
                end = data.rfind(b"\n") + 1
                if end:
                    start += end
                    yield data[: end - 1].split(b"\n"), start
                elif len(data) < READ_BYTES:
                    return
                else:  # a line longer than any of ours
                    skipped += 1
                    start += len(data)
                    yield [b""] if skipped == 1 else [], start
