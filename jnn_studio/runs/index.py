"""All runs of some folders, read again only where something was written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from jnn_studio.base.watch import Watch
from jnn_studio.runs.annotations import NOTHING, Annotation, kept_at, read_annotation
from jnn_studio.runs.describing import NO_FILE, FileSign, Signature, describe, signature, signs_of, unreadable
from jnn_studio.runs.finding import find_runs
from jnn_studio.runs.remembered import Remembered, read_remembered, write_remembered
from jnn_studio.runs.summary import RunSummary
from jnn_studio.training.events import UNDER_WAY
from jnn_studio.training.liveness import Pulse
from jnn_studio.training.run_files import RunState

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
        known = self._known
        places = find_runs(folders, watch)
        self._beside = signs_of(self.kept)
        found: list[RunSummary] = []
        fresh: dict[Path, Remembered] = {}
        read = 0
        for number, path in enumerate(places.runs):
            watch.step(number, len(places.runs))
            written = signature(path)
            before = known.get(path)
            if before is None or before.signature != written:
                summary = describe(path)
                read += 1
                if partly is not None and read % _TOLD_EVERY == 0:
                    partly(_told_apart(found))
            else:
                summary = before.summary
            if summary is None:
                continue
            fresh[path] = Remembered(written, summary)
            found.append(self._with_life(self._with_annotation(summary, written)))
        self._known = fresh
        self._forget(fresh)
        if self._memory is not None and read >= _REMEMBERED_FROM:
            write_remembered(self._memory, fresh)
        problems = (
            unreadable(path, f"cannot be looked into: {why}") for path, why in places.problems.items()
        )
        return _told_apart([*found, *problems])

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
        if annotation == NOTHING:
            return summary
        return replace(
            summary,
            given_name=annotation.name,
            note=annotation.note,
            tags=annotation.tags,
            pinned=annotation.pinned,
        )

    def _with_life(self, summary: RunSummary) -> RunSummary:
        """A run under way is looked at each time: its process may have ended without writing anything."""
        if summary.problem or summary.state not in UNDER_WAY:
            self._pulses.pop(summary.path, None)
            return summary
        pulse = self._pulses.setdefault(summary.path, Pulse(summary.path))
        sign = pulse.feel(RunState(summary.state, summary.step, summary.heartbeat))
        owner = str(sign.owner) if sign.owner is not None else ""
        return replace(summary, life=sign.life, owner=owner, reason=sign.words)

    def _forget(self, there: dict[Path, Remembered]) -> None:
        for kept in (self._noted, self._pulses):
            for path in [path for path in kept if path not in there]:
                del kept[path]


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
