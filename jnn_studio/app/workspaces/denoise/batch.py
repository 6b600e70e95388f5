"""Having one thing after the other done on a thread of its own, each to be seen once it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.mailbox import Buffer
from jnn_studio.app.engine.worker import Failure
from jnn_studio.base.watch import Progress, Watch

_KEY = "batch"


class Batch(QObject):
    """One at a time.

    Signals:
        found: (list) what has come since the last time.
        changed: `running`, `progress` or `stopped`.
        failed: (title, Failure).

    Attributes:
        running: it is under way.
        progress: how far it is; None before it has said so.
        stopped: somebody has asked the last one not to go on.
    """

    found = Signal(list)
    changed = Signal()
    failed = Signal(str, object)

    def __init__(self, context: AppContext, name: str, parent: QObject) -> None:
        super().__init__(parent)
        self._worker = context.new_worker(name)
        self._telling = partial(context.telling, self.failed)
        self.running = self.stopped = False
        self.progress: Progress | None = None
        self._buffer: Buffer[Any] = Buffer()

    def start(self, work: Callable[[Watch], Iterable[Any]], title: str) -> None:
        """Have ``work`` done; ``title``: of the message if it fails."""
        self.running, self.stopped, self.progress = True, False, None
        buffer: Buffer[Any] = Buffer()
        self._buffer = buffer

        def do(watch: Watch) -> None:
            for thing in work(watch):
                buffer.put(thing)

        def fail(failure: Failure) -> None:
            self._end()
            self._telling(title)(failure)

        self._worker.request(
            self,
            _KEY,
            do,
            lambda _: self._end(),
            fail,
            progressed=self._take,
            cancelled=self._end,
        )
        self.changed.emit()

    def stop(self) -> None:
        """Ask it not to go on; what has come stays."""
        if self.running and not self.stopped:
            self.stopped = True
            self._worker.cancel(_KEY)
            self.changed.emit()

    def _take(self, progress: Progress) -> None:
        self.progress = progress
        self._hand_on()
        self.changed.emit()

    def _end(self) -> None:
        self._hand_on()
        self.running = False
        self.changed.emit()

    def _hand_on(self) -> None:
        things = self._buffer.take()
        if things:
            self.found.emit(things)
