"""Two pictures in one place, either side of a line that is drawn along."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen

from jnn_studio.app.theme import GRID, theme
from jnn_studio.app.widgets.compare.entry import Entry
from jnn_studio.app.widgets.compare.picture import Picture
from jnn_studio.app.widgets.compare.shared_view import SharedView
from jnn_studio.app.widgets.compare.view_pane import MOVING, ViewPane

NEAR = 6
"""So many pixels from the line it is taken hold of."""
DIVIDER_STEP = 0.02


class SplitPane(ViewPane):
    """The first picture at the left of the divider, the second at its right.

    Signals:
        divided: (share) where the divider is, 0 at the left border of the room to 1 at the right.
    """

    divided = Signal(float)

    def __init__(self, view: SharedView, object_name: str) -> None:
        super().__init__(view, object_name)
        self.entries = (Entry(""), Entry(""))
        self._pictures: list[Picture | None] = [None, None]
        self._share = 0.5
        self._held = False
        self.setToolTip(
            f"Drag the line, or Ctrl with the left and right arrow keys, to uncover either picture\n{MOVING}"
        )

    @property
    def share(self) -> float:
        """Where the divider is."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        share = min(max(share, 0.0), 1.0)
        if share != self._share:
            self._share = share
            self.divided.emit(share)
            self.update()

    def show_entries(self, first: Entry, second: Entry) -> None:
        """Other pictures, or other words."""
        for index, entry in enumerate((first, second)):
            if entry.levels is not self.entries[index].levels:
                self._pictures[index] = Picture(entry.levels) if entry.levels else None
        self.entries = (first, second)
        self.setAccessibleName(f"{first.title} beside {second.title}")
        self.setAccessibleDescription(f"{' '.join(first.lines)} against {' '.join(second.lines)}")
        self.update()

    def divider(self) -> float:
        """Where the line is, in pixels from the left."""
        around = self.picture_rect()
        return float(around.left() + self._share * around.width())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area, around, at = self.area, self.picture_rect(), self.divider()
        halves = (
            QRectF(around.topLeft(), QPointF(at, around.bottom())),
            QRectF(QPointF(at, around.top()), around.bottomRight()),
        )
        for half, picture, entry in zip(halves, self._pictures, self.entries, strict=True):
            painter.save()
            painter.setClipRect(half)
            if picture is None:
                self._draw_empty(painter, half, entry.empty)
            else:
                picture.draw(painter, area, self.view, self.devicePixelRatioF())
            painter.restore()
            if picture is not None:
                self._draw_loupe(painter, picture, half)
        self._draw_frame(painter, around)
        painter.setPen(QPen(theme().color("accent"), 2))
        painter.drawLine(QPointF(at, around.top()), QPointF(at, around.bottom()))
        self._draw_grip(painter, QPointF(at, around.center().y()))
        self._draw_entries(painter, around)
        painter.end()

    # --- by hand -----------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._held = event.button() == Qt.MouseButton.LeftButton and self._is_near(event.position())
        if not self._held:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            around = self.picture_rect()
            self.share = (event.position().x() - around.left()) / max(around.width(), 1.0)
            return
        if not event.buttons():
            shape = Qt.CursorShape.SplitHCursor if self._is_near(event.position()) else None
            self.unsetCursor() if shape is None else self.setCursor(shape)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._held = False
        super().mouseReleaseEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.unsetCursor()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -DIVIDER_STEP, Qt.Key.Key_Right: DIVIDER_STEP}.get(Qt.Key(event.key()))
        if by is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.share = self._share + by
        else:
            super().keyPressEvent(event)

    def _is_near(self, point: QPointF) -> bool:
        return abs(point.x() - self.divider()) <= NEAR and self.area.contains(point)

    # --- drawing -----------------------------------------------------------------------------------

    def _draw_grip(self, painter: QPainter, at: QPointF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme().color("panel"))
        painter.drawEllipse(at, GRID, GRID)
        for side in (-1, 1):
            tip = at + QPointF(side * 5, 0)
            painter.drawLine(tip, tip + QPointF(-side * 3, -3))
            painter.drawLine(tip, tip + QPointF(-side * 3, 3))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw_entries(self, painter: QPainter, around: QRectF) -> None:
        line = self.fontMetrics().height()
        half = around.width() / 2 - GRID
        for index, entry in enumerate(self.entries):
            left = around.left() if index == 0 else around.right() - half
            right = index == 1
            title = f"{entry.title} · {entry.corner}" if entry.corner else entry.title
            box = QRectF(left, around.top() - line - GRID // 2, half, line)
            self._draw_words(painter, box, title, "text", right=right, bold=True)
            box.moveTop(around.bottom() + GRID // 2)
            for words in entry.lines:
                self._draw_words(painter, box, words, "muted", right=right)
                box.translate(0, line)
