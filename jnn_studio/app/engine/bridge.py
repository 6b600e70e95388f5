"""The one way from a worker thread to the main thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Bridge(QObject):
    """Runs callables on the thread it lives on. Made once, on the main thread; outlives all workers."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Have ``call()`` run on the main thread; callable from any thread, returns at once."""
        self._posted.emit(call)

    def close(self) -> None:
        """Run nothing more: what is still under way arrives too late to matter."""
        self._open = False

    @Slot(object)
    def _run(self, call: Callable[[], None]) -> None:
        if self._open:
            call()
