"""What the colours of the map mean, with values."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from jnn_studio.app.theme import GRID, mix, theme, ui_font
from jnn_studio.app.workspaces.explore.map.colouring import Colouring

DOT = 9
WIDEST = 17 * GRID
"""Of one entry; the whole of its words is in the tooltip."""


class MapLegend(QWidget):
    """A bar with three values for a scale, or a dot and words for each colour, in some rows."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.map.legend")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFont(ui_font(0.92, digits=True))
        self._colouring: Colouring | None = None
        theme().changed.connect(self.update)
        self.hide()

    def show_colouring(self, colouring: Colouring) -> None:
        """What stands for what from now on; nothing where nothing is coloured."""
        self._colouring = colouring
        words = colouring.scale or tuple(text for _, text in colouring.entries)
        self.setToolTip("\n".join((colouring.title, *words)))
        self.setAccessibleName(f"Colours by {colouring.title}: {', '.join(words)}")
        self.setVisible(bool(colouring.title))
        self._measure()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(0, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        colouring = self._colouring
        if colouring is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        if colouring.scale:
            self._paint_scale(painter, colouring)
        else:
            self._paint_entries(painter, colouring)
        painter.end()

    def _paint_scale(self, painter: QPainter, colouring: Colouring) -> None:
        metrics, width = self.fontMetrics(), self.width()
        low, middle, high = colouring.scale
        title = metrics.elidedText(colouring.title, Qt.TextElideMode.ElideRight, width // 3)
        left = metrics.horizontalAdvance(title) + GRID
        bar = QRect(left, 4, width - left - 1, DOT)
        gradient = QLinearGradient(bar.left(), 0, bar.right(), 0)
        for number, color in enumerate(colouring.colors):
            gradient.setColorAt(number / (len(colouring.colors) - 1), QColor(color))
        painter.fillRect(bar, gradient)
        painter.setPen(theme().color("text"))
        painter.drawText(QRect(0, 0, left, bar.height() + 8), Qt.AlignmentFlag.AlignVCenter, title)
        painter.setPen(theme().color("muted"))
        below = QRect(bar.left(), bar.bottom() + 2, bar.width(), metrics.height())
        for words, side in (
            (low, Qt.AlignmentFlag.AlignLeft),
            (middle, Qt.AlignmentFlag.AlignHCenter),
            (high, Qt.AlignmentFlag.AlignRight),
        ):
            painter.drawText(below, side, words)

    def _paint_entries(self, painter: QPainter, colouring: Colouring) -> None:
        for (color, words), place in self._places(colouring):
            dot = QRect(place.left(), place.center().y() - DOT // 2, DOT, DOT)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(
                QColor(color) if color else mix(theme().color("muted"), theme().color("plot"), 0.55)
            )
            painter.drawEllipse(dot)
            painter.setPen(theme().color("text"))
            room = place.adjusted(DOT + 4, 0, 0, 0)
            text = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

    def _places(self, colouring: Colouring) -> list[tuple[tuple[str, str], QRect]]:
        height = self.fontMetrics().height() + 4
        x = y = 0
        places = []
        for entry in colouring.entries:
            wide = min(self.fontMetrics().horizontalAdvance(entry[1]) + DOT + 6, WIDEST, max(1, self.width()))
            if x and x + wide > self.width():
                x, y = 0, y + height
            places.append((entry, QRect(x, y, wide, height)))
            x += wide + GRID
        return places

    def _measure(self) -> None:
        colouring = self._colouring
        if colouring is None:
            return
        height = self.fontMetrics().height() + DOT + 6
        if not colouring.scale:
            height = max((place.bottom() + 1 for _, place in self._places(colouring)), default=0)
        if height != self.height():
            self.setFixedHeight(height)
