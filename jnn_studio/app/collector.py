"""Cyclic garbage collection on the main thread only."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 1000


class Collector(QObject):
    """Collects on a timer what Python would otherwise collect wherever an allocation happens to fall.

    A worker thread that collects a cycle with a QObject in it destroys the QObject on the wrong thread,
    which crashes.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._thresholds = gc.get_threshold()
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def put_aside(self) -> None:
        """Everything alive now stays for good and need not be looked at again.

        Finding out what is alive takes a tenth of a second: for when the program has been made.
        """
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Leave collection to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def _collect(self) -> None:
        counts = gc.get_count()
        for generation in (2, 1, 0):
            if counts[generation] > self._thresholds[generation]:
                gc.collect(generation)
                return
