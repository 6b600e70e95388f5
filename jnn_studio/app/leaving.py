"""How the window is left: a run under way is asked about, ended and saved, and then all is put away."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QMainWindow, QMessageBox

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.run_status import RunStatus
from jnn_studio.base.text import printable
from jnn_studio.training.events import StateChanged
from jnn_studio.training.step.commands import Command


class Leaving(QObject):
    """How one window ends; it lives until the run under way has ended.

    Args:
        window: what is left.
        context: what is under way.
        status: where it is told how far leaving is.
        parts: what saves and puts away each part of the window, in order.

    Signals:
        left: everything has been put away.
    """

    left = Signal()

    def __init__(
        self,
        window: QMainWindow,
        context: AppContext,
        status: RunStatus,
        parts: Callable[[], Iterable[Callable[[], object]]],
    ) -> None:
        super().__init__(window)
        self._window, self._context, self._status, self._parts = window, context, status, parts
        self._left = self._asked_to_save = False
        context.run_ended.connect(self._run_ended)
        context.sweeping.ended.connect(lambda *_: self._sweep_ended())

    def close_asked(self, event: QCloseEvent) -> None:
        """Somebody closes the window: at once if nothing is under way, else they are asked."""
        feed = self._context.training.feed
        if feed is None and self._context.sweeping.path is None:
            event.accept()
            self._leave()
            return
        event.ignore()
        if not self._status.leaving:
            self._ask(feed)

    def end_run(self, command: Command) -> None:
        """Leave once the run has ended; the window stays alive until then."""
        self._status.leaving = self._context.closing = True
        feed, sweeping = self._context.training.feed, self._context.sweeping
        if sweeping.path is not None:
            sweeping.stop()
            self._status.setText("Sweep: ending…")
            self._window.setEnabled(False)
        if feed is None:
            if sweeping.path is None:
                self._leave()
            return
        self._context.training.send(command)
        self._status.say_of(feed, "ending…")
        self._window.setEnabled(False)

    def _ask(self, feed: RunFeed | None) -> None:
        """What is to become of the run under way, or of the sweep: that cannot be discarded."""
        if self._window.findChild(QMessageBox, "quit_box") is not None:
            return
        sweep = self._context.sweeping.path
        name = "" if feed is None else feed.config.shown_name
        box = QMessageBox(self._window, objectName="quit_box")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("A run is under way" if feed is not None else "A sweep is under way")
        what = f"“{name}” is still training" if feed is not None else "A sweep is still training"
        box.setText(f"{what}{', and so is a sweep' if feed is not None and sweep is not None else ''}.")
        where = printable(str(feed.path if feed is not None else sweep))
        box.setInformativeText(f"It is being written to {where}. What is saved can be resumed later.")
        keep = box.addButton("Keep training", QMessageBox.ButtonRole.RejectRole)
        stop = box.addButton("Stop and save", QMessageBox.ButtonRole.AcceptRole)
        named = [(keep, "quit_keep"), (stop, "quit_stop")]
        if feed is not None:
            discard = box.addButton("Discard run", QMessageBox.ButtonRole.DestructiveRole)
            discard.clicked.connect(lambda: self.end_run(Command.DISCARD))
            named.append((discard, "quit_discard"))
        for button, button_name in named:
            button.setObjectName(button_name)
        box.setDefaultButton(stop)
        box.setEscapeButton(keep)
        stop.clicked.connect(self._save_and_leave)
        box.open()

    def _save_and_leave(self) -> None:
        self._asked_to_save = True
        self.end_run(Command.STOP)

    def _run_ended(self, feed: RunFeed, event: StateChanged) -> None:
        if not self._status.leaving:
            return
        if self._asked_to_save and event.state == "failed":
            # What was to be saved could not be; the run's page says why, and nobody has been told yet.
            self._status.leaving = self._context.closing = self._asked_to_save = False
            self._window.setEnabled(True)
            self._status.say_of(feed, "not saved; the window stays open")
        elif self._context.sweeping.path is None:
            self._leave()

    def _sweep_ended(self) -> None:
        if self._status.leaving and self._context.training.feed is None:
            self._leave()

    def _leave(self) -> None:
        """Put everything away and say so; nothing that is open, hidden or broken prevents it."""
        if self._left:
            return
        self._left = self._context.closing = True
        for part in self._parts():
            tried(part)
        for dialog in self._window.findChildren(QDialog):
            tried(dialog.close)
        self._window.hide()
        self.left.emit()


def tried(call: Callable[[], object]) -> None:
    """A bug in one part of leaving is reported, and leaves the other parts alone."""
    try:
        call()
    except Exception as error:
        sys.excepthook(type(error), error, error.__traceback__)
