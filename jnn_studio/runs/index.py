"""All runs of some folders, read again only where something was written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.runs.annotations import NOTHING, Annotation, annotated, kept_at, read_annotation
from jnn_studio.runs.describing import NO_FILE, FileSign, Signature, describe, signature, signs_of, unreadable
from jnn_studio.runs.finding import find_runs
from jnn_studio.runs.remembered import Remembered, read_remembered, write_remembered
from jnn_studio.runs.summary import RunSummary
from jnn_studio.training.events import UNDER_WAY
from jnn_studio.training.folder.liveness import Pulse
from jnn_studio.training.folder.run_files import RunState

_TOLD_EVERY = 64
"""Runs read between two partial answers."""
_REMEMBERED_FROM = 16
"""So many read anew are worth writing down for the next time."""

Runs = tuple[RunSummary, ...]


class RunIndex:
    """Looks for runs again and again. Used on one thread at a time.

    Args:
        kept: where annotations are that cannot stand in a run's folder.
        memory: a file that keeps what was read for the next time, if there is to be one.
    """

    def __init__(self, kept: Path, memory: Path | None = None) -> None:
        self.kept = kept
        self._memory = memory
        self._known: dict[Path, Remembered] | None = None
        self._noted: dict[Path, tuple[tuple[FileSign, FileSign], Annotation]] = {}
        """With how the two files were that it may stand in."""
        self._beside: dict[str, FileSign] = {}
        self._pulses: dict[Path, Pulse] = {}

    def refresh(
        self, folders: Sequence[Path], watch: Watch, partly: Callable[[Runs], object] | None = None
    ) -> Runs:
        """The runs at and below ``folders`` as they are now; what cannot be read has a row that says why.

        ``partly`` hears of what there is so far, while much has to be read.

        Raises:
            Cancelled: ``watch`` says so.
        """
        if self._known is None:
            self._known = read_remembered(self._memory) if self._memory is not None else {}
        places = find_runs(folders, watch)
        self._beside = signs_of(self.kept)
        fresh: dict[Path, Remembered] = {}
        try:
            self._read(places.runs, fresh, watch, partly)
        except Cancelled:
            self._remember(self._known, fresh, self._known | fresh)
            raise
        self._remember(self._known, fresh, fresh)
        for kept in (self._noted, self._pulses):
            for path in [path for path in kept if path not in fresh]:
                del kept[path]
        problems = [
            unreadable(path, f"cannot be looked into: {why}") for path, why in places.problems.items()
        ]
        return (*self._as_now(fresh), *problems)

    def _read(
        self,
        paths: Sequence[Path],
        fresh: dict[Path, Remembered],
        watch: Watch,
        partly: Callable[[Runs], object] | None,
    ) -> None:
        """Put every run into ``fresh``: as it is known, if nothing of it was written since."""
        known = self._known or {}
        read = 0
        for number, path in enumerate(paths):
            watch.step(number, len(paths))
            written = signature(path)
            before = known.get(path)
            if before is not None and before.signature == written:
                fresh[path] = before
                continue
            summary = describe(path)
            if summary is not None:
                fresh[path] = Remembered(written, summary)
            read += 1
            if partly is not None and read % _TOLD_EVERY == 0:
                partly(self._as_now(fresh))

    def _remember(
        self,
        before: Mapping[Path, Remembered],
        fresh: Mapping[Path, Remembered],
        runs: dict[Path, Remembered],
    ) -> None:
        """Keep ``runs`` for the next look; if much of what is ``fresh`` is new, also for the next program."""
        self._known = runs
        read = sum(run is not before.get(path) for path, run in fresh.items())
        if self._memory is not None and read >= _REMEMBERED_FROM:
            write_remembered(self._memory, runs)

    def _as_now(self, fresh: dict[Path, Remembered]) -> Runs:
        """With what is not kept: which of them is a copy, what is said of it, whether it lives."""
        apart = _told_apart([run.summary for run in fresh.values()])
        return tuple(
            self._with_life(self._with_annotation(summary, run.signature))
            for summary, run in zip(apart, fresh.values(), strict=True)
        )

    def _with_annotation(self, summary: RunSummary, written: Signature) -> RunSummary:
        """With what a person says of it."""
        if summary.problem:
            return summary
        files = (written[-1], self._beside.get(kept_at(self.kept, summary.id).name, NO_FILE))
        before = self._noted.get(summary.path)
        if before is not None and before[0] == files:
            annotation = before[1]
        elif not any(map(any, files)):
            annotation = NOTHING
        else:
            annotation = read_annotation(summary.path, summary.id, self.kept)
        self._noted[summary.path] = files, annotation
        return summary if annotation == NOTHING else annotated(summary, annotation)

    def _with_life(self, summary: RunSummary) -> RunSummary:
        """A run under way is looked at each time: its process may have ended without writing anything."""
        if summary.problem or summary.state not in UNDER_WAY:
            self._pulses.pop(summary.path, None)
            return summary
        pulse = self._pulses.setdefault(summary.path, Pulse(summary.path))
        sign = pulse.feel(RunState(summary.state, summary.step, summary.heartbeat))
        owner = str(sign.owner) if sign.owner is not None else ""
        return replace(summary, life=sign.life, owner=owner, reason=sign.words)


def _told_apart(found: Sequence[RunSummary]) -> Runs:
    """A copied folder has the id of the run it was copied from: the older one keeps it, and that is said."""
    times = Counter(summary.id for summary in found if summary.id)
    first: dict[str, RunSummary] = {}
    for summary in found:
        if times[summary.id] > 1:
            other = first.get(summary.id)
            if other is None or _age(summary) < _age(other):
                first[summary.id] = summary
    apart = []
    for summary in found:
        original = first.get(summary.id)
        if original is not None and original is not summary:
            mark = hashlib.sha256(str(summary.path).encode("utf-8", "surrogateescape")).hexdigest()[:6]
            summary = replace(summary, id=f"{summary.id}~{mark}", copy_of=original.path)
        apart.append(summary)
    return tuple(apart)


def _age(summary: RunSummary) -> tuple[float, str]:
    """Of the folder's configuration, which is written once, and by whoever copies it."""
    with suppress(OSError):
        return (summary.path / "config.toml").stat().st_mtime, str(summary.path)
    return 0.0, str(summary.path)
