"""What the status bar says of the run or sweep under way."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.base.text import printable
from jnn_studio.training.events import StateChanged

STATE_WORDS = {"created": "preparing", "running": "training", "paused": "paused"}


class RunStatus(QLabel):
    """The run that this program trains, and what it does.

    Attributes:
        leaving: the program is about to end, and says so; a sweep's words do not take the place of that.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__("No run under way")
        self.setObjectName("run_status")
        self.setToolTip("The run being trained by this program")
        self.leaving = False
        self._context = context
        context.run_started.connect(self._run_changed)
        context.run_event.connect(self._run_changed)
        context.run_ended.connect(self._run_ended)
        context.sweeping.changed.connect(self._sweep_changed)

    def say_of(self, feed: RunFeed, words: str) -> None:
        """What is true of a run now."""
        self.setText(f"{feed.config.shown_name}: {words}")

    def _run_changed(self, feed: RunFeed, event: object = None) -> None:
        """A run was started (no event), or told something; what does not change its state is passed over."""
        if feed is self._context.training.feed and (event is None or isinstance(event, StateChanged)):
            state = "created" if event is None else event.state
            self.say_of(feed, STATE_WORDS.get(state, state))

    def _run_ended(self, feed: RunFeed, event: StateChanged) -> None:
        self.say_of(feed, event.state)

    def _sweep_changed(self) -> None:
        """A run under way comes first; its own words say what became of it."""
        if self._context.training.feed is None and not self.leaving:
            path = self._context.sweeping.path
            words = "Sweep: no longer under way" if path is None else f"Sweep in {path.name}: training"
            self.setText(printable(words))
