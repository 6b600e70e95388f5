"""A picture on which a rectangle can be dragged: the region that directions are to change."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication

from jnn_studio.app.widgets.image_pane import RADIUS, ImagePane
from jnn_studio.app.widgets.picture_zoom import PictureZoom
from jnn_studio.explore.region import Region

LEAST = 2
"""Pixels of the image a region is wide and high at least."""

SHADE = 90
"""How far the rest of the picture is darkened while the region is dragged, of 255."""

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class RegionPane(ImagePane):
    """Drag to choose a region; the arrow keys move it, with Shift its lower right corner.

    Signals:
        region_chosen: (Region) at every movement.
    """

    region_chosen = Signal(object)

    def __init__(self, title: str, object_name: str, zoom: PictureZoom) -> None:
        super().__init__(title, object_name=object_name, corner=True, zoom=zoom)
        self._shown = zoom
        self.region: Region | None = None
        """The one in view."""
        self._pressed: QPointF | None = None
        self._dragging = False

    def show_region(self, region: Region | None) -> None:
        """Draw this rectangle over the picture; None for none."""
        if region != self.region:
            self.region = region
            self.update()

    def drag_began(self) -> None:
        """The press has turned out to be the beginning of a rectangle."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.array is not None:
            inside = self.picture_rect().contains(event.position().toPoint())
            self._pressed = event.position() if inside else None
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        start = self._pressed
        if start is None or self.array is None:
            super().mouseMoveEvent(event)
            return
        way = event.position() - start
        if not self._dragging and way.manhattanLength() >= QApplication.startDragDistance():
            self._dragging = True
            self.drag_began()
        if self._dragging:
            a, b = self.share_at(start), self.share_at(event.position())
            self.region_chosen.emit(Region.between(a.x(), a.y(), b.x(), b.y(), self._pixel * LEAST))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if self._dragging:
            self._dragging = False
            self.update()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        way = _ARROWS.get(Qt.Key(event.key()))
        region = self.region
        if way is None or region is None or self.array is None:
            super().keyPressEvent(event)
            return
        dx, dy = (self._pixel * step for step in way)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.region_chosen.emit(region.grown(dx, dy, self._pixel * LEAST))
        else:
            self.region_chosen.emit(region.moved(dx, dy))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        region = self.region
        if region is None or self.array is None:
            return
        target = QRectF(self.picture_rect())
        part, side = self._shown.part, target.width() / self._shown.part.width()
        frame = QRectF(
            target.left() + (region.left - part.left()) * side,
            target.top() + (region.top - part.top()) * target.height() / part.height(),
            (region.right - region.left) * side,
            (region.bottom - region.top) * target.height() / part.height(),
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._shown.is_whole:
            painter.setClipRect(target)
        if self._dragging:
            rest = QPainterPath()
            rest.addRoundedRect(target, RADIUS, RADIUS)
            hole = QPainterPath()
            hole.addRect(frame)
            painter.fillPath(rest - hole, QColor(0, 0, 0, SHADE))
        # Two lines: one of them stands out from any picture, whatever the theme.
        painter.setPen(QPen(QColor(0, 0, 0, 170), 3.5))
        painter.drawRect(frame)
        painter.setPen(QPen(QColor(255, 255, 255), 1.5))
        painter.drawRect(frame)
        painter.end()

    @property
    def _pixel(self) -> float:
        assert self.array is not None
        return 1 / self.array.shape[0]
