"""The mouse on the map: it moves and zooms, points at images, and draws a lasso."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent


class MapViewBox(pg.ViewBox):
    """Left drag moves the map, or draws while `lasso` is on; the wheel zooms.

    Signals:
        pressed: (x, y) somewhere on the map.
        drawing: (points (m, 2)) the lasso so far.
        drawn: (points (m, 2)) the whole of it.
    """

    pressed = Signal(float, float)
    drawing = Signal(object)
    drawn = Signal(object)

    def __init__(self) -> None:
        super().__init__(enableMenu=False, lockAspect=True)
        self.disableAutoRange()
        self.lasso = False
        self._outline: list[tuple[float, float]] = []
        self.setZValue(1)  # over the axes, which draw the grid

    def mouseClickEvent(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not event.double():
            event.accept()
            place = self.mapToView(event.pos())
            self.pressed.emit(place.x(), place.y())

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if not self.lasso or event.button() != Qt.MouseButton.LeftButton:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        if event.isStart():
            begin = self.mapToView(event.buttonDownPos())
            self._outline = [(begin.x(), begin.y())]
        place = self.mapToView(event.pos())
        self._outline.append((place.x(), place.y()))
        told = self.drawn if event.isFinish() else self.drawing
        told.emit(np.array(self._outline))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys belong to the map around this view."""
        event.ignore()
