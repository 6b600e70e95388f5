"""Sessions: saved and reopened exactly; kept while the program runs, and offered again after a crash."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.explore.desk.desk import ExploreDesk
from jnn_studio.base.watch import Watch
from jnn_studio.explore.saved.autosave import AutosaveFile
from jnn_studio.explore.saved.session_file import Session, load_session, not_kept, save_session
from jnn_studio.explore.state import ExploreState

AUTOSAVE_MS = 4000


class Sessions(QObject):
    """Reads and writes on the loading thread.

    Signals:
        left_over: (ExploreState) what a program that crashed had in view.
        saved: (path).
        opened: (path).
        failed: (title, Failure).
        told: (title, text).
    """

    left_over = Signal(object)
    saved = Signal(object)
    opened = Signal(object)
    failed = Signal(str, object)
    told = Signal(str, str)

    def __init__(self, context: AppContext, desk: ExploreDesk) -> None:
        super().__init__(desk)
        self._context, self._desk = context, desk
        self._telling = partial(context.telling, self.failed)
        self._autosave: AutosaveFile | None = None
        self._kept: ExploreState | None = None
        self._timer = QTimer(self, interval=AUTOSAVE_MS)
        self._timer.timeout.connect(self._keep)
        context.at_close(self._close)

    def begin(self) -> None:
        """Look for what a crash left, and keep what is in view from now on."""
        folder, known = self._context.data_folder / "autosave", self._autosave

        def work(_: Watch) -> ExploreState | None:
            # Held from here on: the program may be closed before this has arrived.
            autosave = self._autosave = known or AutosaveFile(folder)
            return autosave.left_over()

        def arrived(state: ExploreState | None) -> None:
            if state is None:
                self._timer.start()
            else:
                # Not overwritten before somebody has said what is to become of it.
                self.left_over.emit(state)

        self._context.loading.request(
            self, "autosave", work, arrived, self._telling("Sessions cannot be kept")
        )

    def answer_left_over(self, state: ExploreState | None) -> None:
        """Restore what was left over, or let it go."""
        if state is not None:
            self._desk.open_state(state, "restore the last session")
        self._timer.start()

    def save(self, path: Path) -> None:
        """Write what is in view to ``path``."""
        state = self._desk.state
        models = self._desk.opened.models(state)
        self._context.loading.request(
            self,
            "save session",
            lambda _: save_session(path, state, models),
            lambda _: self.saved.emit(path),
            self._telling(f"Cannot save the session to {path.name}"),
            kept=True,
        )

    def open(self, path: Path) -> None:
        """Show what ``path`` holds."""
        find = self._desk.opened.finder()

        def arrived(found: Session) -> None:
            self._desk.opened.keep(found.models)
            self._desk.open_state(found.state, f"open {path.name}")
            self.opened.emit(path)
            if found.warnings:
                self.told.emit(f"{path.name} was opened, but not all is as it was", "\n".join(found.warnings))

        self._context.loading.request(
            self,
            "open session",
            lambda _: load_session(path, find),
            arrived,
            self._telling("Cannot open the session"),
        )

    def _keep(self) -> None:
        state, autosave = self._desk.state, self._autosave
        if autosave is None or state == self._kept or not state.columns or not_kept(state):
            return
        self._kept = state

        def failed(failure: Failure) -> None:
            self._timer.stop()  # said once, not every few seconds
            self._telling("The session cannot be kept for the case of a crash")(failure)

        self._context.loading.request(
            self, "keep session", lambda _: autosave.write(state), lambda _: None, failed
        )

    def _close(self) -> None:
        self._timer.stop()
        if self._autosave is not None:
            self._autosave.close()
