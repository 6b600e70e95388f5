"""A picture on which a rectangle is dragged, or a part painted: the region that directions are to change."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication

from jnn_studio.app.widgets.image_pane import RADIUS, ImagePane
from jnn_studio.app.widgets.picture_zoom import PictureZoom
from jnn_studio.explore.painted import CELLS, AnyRegion, Brush, PaintedRegion, Point
from jnn_studio.explore.region import Region

LEAST = 2
"""Pixels of the image a rectangle is wide and high at least."""

SHADE = 90
"""How far the rest of the picture is darkened while the region is dragged or painted, of 255."""

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class RegionPane(ImagePane):
    """Drag to choose a rectangle; the arrow keys move it, with Shift its lower right corner.

    With a brush, drag to paint or erase; the arrow keys move the brush, with Shift they paint, as Space does.

    Signals:
        region_chosen: (Region, PaintedRegion or None: all of it has been erased) at every movement.
    """

    region_chosen = Signal(object)

    def __init__(self, title: str, object_name: str, zoom: PictureZoom) -> None:
        super().__init__(title, object_name=object_name, corner=True, zoom=zoom)
        self._shown = zoom
        self.region: AnyRegion | None = None
        """The one in view."""
        self.brush: Brush | None = None
        """What a drag paints with; None: it chooses a rectangle."""
        self._pressed: QPointF | None = None
        self._dragging = False
        self._brush_at: Point | None = None
        """Where the brush is, in shares of the picture."""

    def show_region(self, region: AnyRegion | None) -> None:
        """Draw this region over the picture; None for none."""
        if region != self.region:
            self.region = region
            self.update()

    def set_brush(self, brush: Brush | None) -> None:
        """Paint with it from now on; None: choose rectangles."""
        self.brush, self._brush_at = brush, None
        self.setMouseTracking(brush is not None)
        if brush is None:
            self.unsetCursor()
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)
        self.update()

    def drag_began(self) -> None:
        """The press has turned out to be the beginning of a rectangle."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.array is not None:
            inside = self.picture_rect().contains(event.position().toPoint())
            self._pressed = event.position() if inside else None
            if inside and self.brush is not None:
                self._dragging = True
                self._brush_at = None
                self._paint_to(self._share(event.position()))
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        start = self._pressed
        if self.brush is not None and self.array is not None:
            at = self._share(event.position())
            if start is not None:
                self._paint_to(at)
            else:
                self._brush_at = at
                self.update()
                super().mouseMoveEvent(event)  # which looks further along, with the middle button
            return
        if start is None or self.array is None:
            super().mouseMoveEvent(event)
            return
        way = event.position() - start
        if not self._dragging and way.manhattanLength() >= QApplication.startDragDistance():
            self._dragging = True
            self.drag_began()
        if self._dragging:
            (x0, y0), (x1, y1) = self._share(start), self._share(event.position())
            self.region_chosen.emit(Region.between(x0, y0, x1, y1, self._pixel * LEAST))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        if self._dragging:
            self._dragging = False
            self.update()
        super().mouseReleaseEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if self.brush is not None:
            self._brush_at = None
            self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        way = _ARROWS.get(key)
        if self.array is None:
            super().keyPressEvent(event)
        elif self.brush is not None and (way is not None or key == Qt.Key.Key_Space):
            self._move_brush(way or (0, 0), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif way is not None and isinstance(self.region, Region):
            dx, dy = (self._pixel * step for step in way)
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.region_chosen.emit(self.region.grown(dx, dy, self._pixel * LEAST))
            else:
                self.region_chosen.emit(self.region.moved(dx, dy))
        else:
            super().keyPressEvent(event)

    def _move_brush(self, way: tuple[int, int], painting: bool) -> None:
        """One pixel further; painting on the way, or where it stands if it stays."""
        x, y = self._brush_at or (0.5, 0.5)
        there = tuple(
            min(max(at + step * self._pixel, 0.0), 1.0) for at, step in zip((x, y), way, strict=True)
        )
        if painting or way == (0, 0):
            self._brush_at = x, y
            self._paint_to((there[0], there[1]))
        self._brush_at = there[0], there[1]
        self.update()

    def _paint_to(self, there: Point) -> None:
        assert self.brush is not None
        start, self._brush_at = self._brush_at or there, there
        self.region_chosen.emit(self.brush.stroke(self.region, start, there))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.array is None:
            return
        target = QRectF(self.picture_rect())
        whole = self._whole(target)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(target.adjusted(-3, -3, 3, 3) if self._shown.is_whole else target)
        if self.region is not None:
            outline = _outline(self.region, whole)
            if self._dragging:
                rest = QPainterPath()
                rest.addRoundedRect(target, RADIUS, RADIUS)
                painter.fillPath(rest - outline, QColor(0, 0, 0, SHADE))
            _draw_twice(painter, outline)
        if self.brush is not None and self._brush_at is not None:
            (x, y), radius = self._brush_at, self.brush.width / 2
            mark = QPainterPath()
            mark.addEllipse(
                QPointF(whole.left() + x * whole.width(), whole.top() + y * whole.height()),
                radius * whole.width(),
                radius * whole.height(),
            )
            _draw_twice(painter, mark, dashed=self.brush.erases)
        painter.end()

    @property
    def _pixel(self) -> float:
        assert self.array is not None
        return 1 / self.array.shape[0]

    def _share(self, point: QPointF) -> Point:
        at = self.share_at(point)
        return at.x(), at.y()

    def _whole(self, target: QRectF) -> QRectF:
        """Where all of the picture would be, of which the part in view is drawn at ``target``."""
        part = self._shown.part
        width, height = target.width() / part.width(), target.height() / part.height()
        return QRectF(target.left() - part.left() * width, target.top() - part.top() * height, width, height)


def _draw_twice(painter: QPainter, path: QPainterPath, dashed: bool = False) -> None:
    """Two lines: one of them stands out from any picture, whatever the theme."""
    painter.strokePath(path, QPen(QColor(0, 0, 0, 170), 3.5))
    white = QPen(QColor(255, 255, 255), 1.5)
    if dashed:
        white.setStyle(Qt.PenStyle.DashLine)
    painter.strokePath(path, white)


def _outline(region: AnyRegion, target: QRectF) -> QPainterPath:
    """What encloses a region in a picture drawn at ``target``."""
    path = QPainterPath()
    if isinstance(region, PaintedRegion):
        for top, left, right in _runs(region.marked):
            bottom = top + 1
            path.addRect(_in_picture(target, left / CELLS, top / CELLS, right / CELLS, bottom / CELLS))
        return path.simplified()
    path.addRect(_in_picture(target, region.left, region.top, region.right, region.bottom))
    return path


def _runs(marked: np.ndarray) -> list[tuple[int, int, int]]:
    """(row, first column, column after the last) of marked cells beside each other."""
    edges = np.diff(np.pad(marked, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = (edges == 1).nonzero()
    return list(zip(rows.tolist(), starts.tolist(), (edges == -1).nonzero()[1].tolist(), strict=True))


def _in_picture(target: QRectF, left: float, top: float, right: float, bottom: float) -> QRectF:
    return QRectF(
        target.left() + left * target.width(),
        target.top() + top * target.height(),
        (right - left) * target.width(),
        (bottom - top) * target.height(),
    )
