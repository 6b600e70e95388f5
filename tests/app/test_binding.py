"""The Qt binding keeps Python's reference counts, or the program would abort after some minutes."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication

REPEATS = 500


class Echo(QObject):
    sent = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.sent.connect(self.receive, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def receive(self, call: Callable[[], None]) -> None:
        call()


@pytest.mark.parametrize("constant", [None, True, False])
def test_events_and_signals_lose_no_reference(qapp: QApplication, constant: object) -> None:
    echo = Echo()
    qapp.processEvents()
    before = sys.getrefcount(constant)
    for _ in range(REPEATS):
        echo.sent.emit(lambda: None)
        qapp.processEvents()
    # Other threads' and caches' references come and go; the fault loses one or more at every repeat.
    assert abs(sys.getrefcount(constant) - before) < REPEATS / 5
