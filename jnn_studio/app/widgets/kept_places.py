"""Buttons that come and go: one that turns up under the pointer is not pressed by the second click of two."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

PAUSE_SECONDS = 0.5
"""For so long a button takes no click where another was pressed."""


class KeptPlaces(QObject):
    """Watches the buttons that it is installed on as an event filter.

    Of one that has appeared or moved lately, a click at the place where another was pressed last is dropped:
    it was meant for the other. The keyboard is not concerned.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._moved: dict[QObject, float] = {}
        self._pressed: QObject | None = None
        self._at = QPoint()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.Show, QEvent.Type.Move):
            self._moved[watched] = time.monotonic()
        elif isinstance(event, QMouseEvent) and kind in (
            QEvent.Type.MouseButtonPress,
            QEvent.Type.MouseButtonDblClick,
        ):
            at = event.globalPosition().toPoint()
            if self._was_meant_for_another(watched, at):
                return True
            self._pressed, self._at = watched, at
        return False

    def _was_meant_for_another(self, button: QObject, at: QPoint) -> bool:
        fresh = time.monotonic() - self._moved.get(button, 0.0) < PAUSE_SECONDS
        near = (at - self._at).manhattanLength() <= 2 * QApplication.startDragDistance()
        return self._pressed not in (None, button) and fresh and near and isinstance(button, QWidget)
