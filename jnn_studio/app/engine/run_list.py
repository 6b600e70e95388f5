"""The runs of the folders a person works in: one list for all pages, kept up to date while somebody looks."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QFile, QObject, QTimer, Signal

from jnn_studio.app.engine.mailbox import Slot
from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.runs.annotations import Annotation, annotate, annotated
from jnn_studio.runs.index import RunIndex, Runs
from jnn_studio.runs.places import RunPlaces
from jnn_studio.runs.removing import remove_run
from jnn_studio.runs.summary import RunSummary

REFRESH_SECONDS = 2.0
"""Between two looks while somebody looks on; longer where a look takes long, as on a network drive."""
_SHARE = 0.1
"""Of the time, at most, is spent on looking."""


class RunList(QObject):
    """Reads on a worker of its own; nothing is watched but by looking again.

    Signals:
        changed: (Runs) there are others, or they stand otherwise, or looking is done for the first time.
        failed: (title, Failure) something cannot be written down, or taken away.
    """

    changed = Signal(object)
    failed = Signal(str, object)

    def __init__(
        self,
        worker: Worker,
        places: RunPlaces,
        runs_folder: Callable[[], Path],
        memory: Path,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._worker, self._places, self._runs_folder = worker, places, runs_folder
        self._index = RunIndex(places.kept, memory)
        self._partly: Slot[Runs] = Slot()
        self.runs: Runs = ()
        """As they were at the last look."""
        self.complete = False
        """Whether everything has been looked at once."""
        self._busy = self._again = False
        self._began = 0.0
        self._numbers = itertools.count()
        self._said: dict[Path, Annotation] = {}
        """What nobody has read yet since it was said."""
        self._written: set[Path] = set()
        self._read: set[Path] = set()
        """Of these it was written down when the look under way began."""
        self._lookers: set[object] = set()
        self._stopped = False
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self.refresh)

    def stop(self) -> None:
        """Look no more: the program is on its way out."""
        self._stopped = True
        self._later.stop()

    def look_on(self, who: object, looking: bool) -> None:
        """Keep the list up to date for as long as somebody looks."""
        if looking and who not in self._lookers:
            self._lookers.add(who)
            self.refresh()
        elif not looking:
            self._lookers.discard(who)

    def refresh(self) -> None:
        """Look now; what has changed arrives as `changed`."""
        self._later.stop()
        if self._busy:
            self._again = True
            return
        self._busy, self._again, self._began = True, False, time.monotonic()
        self._read = set(self._written)
        places, runs_folder = self._places, self._runs_folder()

        def look(watch: Watch) -> Runs:
            return self._index.refresh(places.looked_into(runs_folder), watch, self._partly.put)

        self._worker.request(self, "runs", look, self._looked, self._not_looked, progressed=self._looking)

    def name_of(self, path: Path) -> str:
        """What the run in a folder is called, "" if it is not known."""
        return next((run.name for run in self.runs if run.path == path), "")

    def take_in(self, path: Path) -> None:
        """A run was started or opened: it is to be in the list wherever it lies."""
        folders = (self._runs_folder(), *(run.path for run in self.runs))

        def name(_: Watch) -> None:
            known = (*folders, *self._places.named)
            if not any(folder == path or folder in path.parents for folder in known):
                self._places.name(path)

        self._do("take in", name, "Cannot remember the run's folder")

    def name_folder(self, folder: Path) -> None:
        """Look for runs there too from now on."""
        self._do("name folder", lambda _: self._places.name(folder), "Cannot remember the folder")

    def forget_folder(self, folder: Path) -> None:
        """Look there no more."""
        self._do("forget folder", lambda _: self._places.forget(folder), "Cannot forget the folder")

    def folders(self, deliver: Callable[[tuple[Path, ...]], None]) -> None:
        """Tell which folders were named beside the one that new runs go to."""
        own = self._runs_folder()

        def others(_: Watch) -> tuple[Path, ...]:
            return tuple(folder for folder in self._places.named if folder != own)

        self._worker.request(self, f"folders {next(self._numbers)}", others, deliver, lambda _: deliver(()))

    def annotate(self, run: RunSummary, annotation: Annotation) -> None:
        """Write down what a person says of a run; it is seen at once."""
        self._said[run.path] = annotation
        self._written.discard(run.path)
        self._show(self.runs)

        def write(_: Watch) -> None:
            annotate(run.path, run.id, self._places.kept, annotation)

        def written(_: None) -> None:
            self._written.add(run.path)
            self.refresh()

        def failed(failure: Failure) -> None:
            self._said.pop(run.path, None)
            self._not_done(f"Cannot note anything about “{run.name}”", failure)

        self._worker.request(self, f"annotate {run.path}", write, written, failed)

    def remove(self, runs: Runs) -> None:
        """Move runs to the bin; one that somebody is training stays, and that is said."""
        kept = self._places.kept

        def away(watch: Watch) -> None:
            for run in runs:
                watch.check()
                remove_run(run.path, run.id, kept, to_the_bin)

        self._do(
            "remove", away, "Cannot move it to the bin" if len(runs) == 1 else "Cannot move all to the bin"
        )

    def _do(self, what: str, work: Callable[[Watch], None], title: str) -> None:
        """Have something done, and look again; nothing that is asked for later calls it off."""
        key = f"runs: {what} {next(self._numbers)}"
        failed = partial(self._not_done, title)
        self._worker.request(self, key, work, lambda _: self.refresh(), failed)

    def _not_done(self, title: str, failure: Failure) -> None:
        self.failed.emit(title, failure)
        self.refresh()

    def _show(self, runs: Runs) -> None:
        """With what has been said since they were read."""
        said = self._said
        if said:
            runs = tuple(annotated(run, said[run.path]) if run.path in said else run for run in runs)
        if runs != self.runs:
            self.runs = runs
            self.changed.emit(runs)

    def _looking(self, _: Progress) -> None:
        partly = self._partly.take()
        if partly is not None and not self.complete:
            self._show(partly)

    def _looked(self, runs: Runs) -> None:
        for path in self._read & self._written:  # nothing else has been said meanwhile
            self._said.pop(path, None)
            self._written.discard(path)
        first, self.complete = not self.complete, True
        if first and runs == self.runs:
            self.changed.emit(runs)
        self._show(runs)
        self._done()

    def _not_looked(self, failure: Failure) -> None:
        self.failed.emit("Cannot look for runs", failure)
        self._done()

    def _done(self) -> None:
        self._busy = False
        if self._again:
            self.refresh()
        elif self._lookers and not self._stopped:
            took = time.monotonic() - self._began
            self._later.start(round(1000 * max(REFRESH_SECONDS, took / _SHARE)))


def to_the_bin(path: Path) -> None:
    """Move a folder to the bin of the system; OSError where there is none that takes it."""
    if not path.exists():
        return
    moved = QFile.moveToTrash(str(path))
    if not (moved[0] if isinstance(moved, tuple) else moved):
        raise OSError(0, "the system's bin does not take it", str(path))
