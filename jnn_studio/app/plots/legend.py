"""A legend that stands above the plot, in rows, and never covers the curves."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from jnn_studio.app.plots.curve import LINE_WIDTH, SYMBOL

SAMPLE = 20
GAP = 6
BETWEEN = 16


@dataclass(frozen=True)
class LegendEntry:
    label: str
    color: QColor
    style: Qt.PenStyle
    shape: str = ""
    """Of its marks, as pyqtgraph calls it; none: it stands for lines of a kind, not for a curve."""


class Legend(pg.GraphicsWidget):
    """Line samples and labels, wrapped to the width at hand."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[LegendEntry] = []
        self._font = QFont()
        self._text = QColor()
        self._set_height(0)

    def set_entries(self, entries: list[LegendEntry], font: QFont, text: QColor) -> None:
        self.entries, self._font, self._text = entries, font, text
        self._arrange()

    def resizeEvent(self, event: object) -> None:
        self._arrange()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        for entry, box in zip(self.entries, self._boxes(), strict=True):
            middle = box.center().y()
            painter.setPen(QPen(entry.color, LINE_WIDTH, entry.style))
            painter.drawLine(QPointF(box.left(), middle), QPointF(box.left() + SAMPLE, middle))
            if entry.shape:
                painter.save()
                painter.translate(box.left() + SAMPLE / 2, middle)
                drawSymbol(painter, entry.shape, SYMBOL, QPen(Qt.PenStyle.NoPen), QBrush(entry.color))
                painter.restore()
            painter.setPen(self._text)
            painter.drawText(
                box.adjusted(SAMPLE + GAP, 0, 0, 0),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                entry.label,
            )

    def sizeHint(self, which: Qt.SizeHint, constraint: QSizeF = QSizeF()) -> QSizeF:  # noqa: B008
        return QSizeF(-1, -1)

    def _arrange(self) -> None:
        boxes = self._boxes()
        self._set_height(boxes[-1].bottom() + 4 if boxes else 0)
        self.update()

    def _set_height(self, height: float) -> None:
        if height != self.minimumHeight():
            self.setMinimumHeight(height)
            self.setMaximumHeight(height)

    def _boxes(self) -> list[QRectF]:
        """Where each entry stands."""
        metrics = QFontMetricsF(self._font)
        height = metrics.height() + 2
        boxes: list[QRectF] = []
        x = y = 0.0
        for entry in self.entries:
            width = SAMPLE + GAP + metrics.horizontalAdvance(entry.label) + 1
            if x and x + width > self.size().width():
                x, y = 0.0, y + height
            boxes.append(QRectF(x, y, width, height))
            x += width + BETWEEN
        return boxes
