"""The runs there are, as a menu: the same names on every page, newest first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.plain_text import literal
from jnn_studio.base.text import printable
from jnn_studio.runs.summary import RunSummary

_MOST = 10


class RunMenu(QMenu):
    """The newest runs that somebody wants, brought up to date while it is open.

    Args:
        wanted: whether a run is to be offered.

    Signals:
        chosen: (path) of a run.
    """

    chosen = Signal(object)

    def __init__(
        self,
        context: AppContext,
        title: str,
        object_name: str,
        wanted: Callable[[RunSummary], bool],
        parent: QWidget,
    ) -> None:
        super().__init__(title, parent)
        self.setObjectName(object_name)
        self.setToolTipsVisible(True)
        self._context, self._wanted = context, wanted
        self.aboutToShow.connect(self._open)
        context.runs.changed.connect(self._changed)

    def _open(self) -> None:
        self._fill()
        self._context.runs.refresh()

    def _changed(self) -> None:
        if self.isVisible():
            self._fill()

    def _fill(self) -> None:
        self.clear()
        there = self._context.runs
        found = sorted(filter(self._wanted, there.runs), key=lambda run: (not run.pinned, -run.changed))
        for run in found[:_MOST]:
            action = self.addAction(literal(menu_words(run)), partial(self.chosen.emit, run.path))
            action.setToolTip(printable(str(run.path)))
        if not found:
            words = "No runs yet" if there.complete else "Looking for runs…"
            self.addAction(words).setEnabled(False)
        self.addSeparator()
        everything = self.addAction("All runs…", self._context.list_requested.emit)
        everything.setToolTip("Show the page Runs: every run, to be sorted, searched and compared")


def menu_words(run: RunSummary) -> str:
    """Its name, η and state: ``"faces · η = 0.3 · finished"``."""
    eta = run.eta_words and f"η = {run.eta_words}"
    return " · ".join(filter(None, (run.name, eta, run.state_word)))
