"""The newest weights of the run under way, as models to walk."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.base.watch import Watch
from jnn_studio.explore.columns.open_models import models_of_snapshot, trained_on
from jnn_studio.explore.columns.references import member_reference
from jnn_studio.training.events import Snapshot
from jnn_studio.training.step.commands import Command

SNAPSHOT_MS = 1500


class LiveRun(QObject):
    """Asks the trainer for its weights now and then, for as long as somebody watches.

    Signals:
        models_arrived: (models by reference, what they are trained on).
        ended: (path) the run is over.
    """

    models_arrived = Signal(object, object)
    ended = Signal(object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self.feed: RunFeed | None = None
        self.step = 0
        self._context = context
        self._timer = QTimer(self, interval=SNAPSHOT_MS)
        self._timer.timeout.connect(lambda: context.training.send(Command.SNAPSHOT))
        context.ticked.connect(self._tick)
        context.run_ended.connect(self._run_ended)

    def follow(self, feed: RunFeed) -> None:
        """Watch this run until it ends."""
        self.feed = feed
        self._context.training.send(Command.SNAPSHOT)
        self._timer.start()

    def unfollow(self) -> None:
        """Watch no longer."""
        self.feed = None
        self._timer.stop()

    def _tick(self) -> None:
        feed = self.feed
        snapshot = feed.snapshot.take() if feed is not None else None
        if feed is None or snapshot is None:
            return

        def work(_: Watch) -> tuple[dict[str, object], Snapshot]:
            loaded = models_of_snapshot(feed.config, snapshot)
            return {member_reference(feed.path, key): model for key, model in loaded.items()}, snapshot

        def arrived(result: tuple[dict[str, object], Snapshot]) -> None:
            if self.feed is feed:
                self.step = result[1].step
                self.models_arrived.emit(result[0], trained_on(feed.config))

        self._context.loading.request(self, "live models", work, arrived, lambda _: None)

    def _run_ended(self, feed: RunFeed, event: object) -> None:
        if feed is self.feed:
            self.unfollow()
            self.ended.emit(feed.path)
