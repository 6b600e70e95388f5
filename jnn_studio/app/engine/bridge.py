"""The one way from a worker thread to the main thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

from jnn_studio.app.engine.mailbox import Buffer


class Bridge(QObject):
    """Runs callables on the thread it lives on. Made once, on the main thread; outlives all workers."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._at_tick: Buffer[Callable[[], None]] = Buffer()
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Have ``call()`` run on the main thread; callable from any thread, returns at once."""
        self._posted.emit(call)

    def post_at_tick(self, call: Callable[[], None]) -> None:
        """`post` for what need not arrive before the interface's next tick."""
        self._at_tick.put(call)

    def tick(self) -> None:
        """Called by the interface's timer."""
        for call in self._at_tick.take():
            self._run(call)

    def close(self) -> None:
        """Run nothing more: what is still under way arrives too late to matter."""
        self._open = False

    @Slot(object)
    def _run(self, call: Callable[[], None]) -> None:
        if self._open:
            call()
