"""Which sweeps there are among the runs, and how the one on show stands, while somebody looks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.base.errors import StudioError
from jnn_studio.base.watch import Watch
from jnn_studio.runs.places import RunPlaces
from jnn_studio.sweeps.folder import SweepFolder, is_sweep
from jnn_studio.sweeps.points import SweepReader, SweepView

LOOK_MS = 1_500
"""Between two looks."""

Known = tuple[tuple[Path, str], ...]
"""Folders of sweeps, and what each is called; the newest first."""


class SweepWatch(QObject):
    """Reads on a worker of its own.

    Signals:
        listed: (Known) these sweeps there are.
        seen: (SweepView) so the one on show stands.
        failed: (title, Failure).
    """

    listed = Signal(object)
    seen = Signal(object)
    failed = Signal(str, object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._worker = context.new_worker("sweeps")
        self._kept = RunPlaces(context.data_folder).kept
        self._begun: list[Path] = []
        """Sweeps that were begun here, which may have no run yet."""
        self._reader: SweepReader | None = None
        self._looking = False
        self._later = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._later.timeout.connect(self.look)
        context.at_close(self._later.stop)

    def look_on(self, looking: bool) -> None:
        """Look again and again for as long as somebody does."""
        self._looking = looking
        if looking:
            self.look()
        else:
            self._later.stop()

    def show(self, path: Path | None, begun: bool = False) -> None:
        """Have this sweep on show; ``begun``: just now, so that it may have no run yet."""
        if begun and path is not None:
            self._begun.append(path)
        self._reader = None if path is None else SweepReader(path, self._kept)
        self.look()

    def look(self) -> None:
        """Now."""
        reader = self._reader
        places = dict.fromkeys([*self._begun, *(run.path.parent for run in self._context.runs.runs)])

        def read(watch: Watch) -> tuple[Known, SweepView | None]:
            found = []
            for path in places:
                watch.check()
                if is_sweep(path):
                    found.append(_called(path))
            found.sort(key=lambda one: -one[0])
            view = None if reader is None else reader.read(watch)
            return tuple((path, name) for _, path, name in found), view

        self._worker.request(self, "sweeps", read, self._arrived, self._not_read)

    def _arrived(self, found: tuple[Known, SweepView | None]) -> None:
        known, view = found
        self.listed.emit(known)
        if view is not None and self._reader is not None and view.path == self._reader.path:
            self.seen.emit(view)
        self._go_on()

    def _not_read(self, failure: Failure) -> None:
        self._context.telling(self.failed, "Cannot look for sweeps")(failure)
        self._go_on()

    def _go_on(self) -> None:
        if self._looking and not self._context.closing:
            self._later.start()


def _called(path: Path) -> tuple[float, Path, str]:
    try:
        folder = SweepFolder(path)
    except (StudioError, OSError):
        return 0.0, path, path.name
    return folder.created or 0.0, path, folder.config.name
