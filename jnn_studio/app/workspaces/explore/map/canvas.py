"""The map itself: a point or a picture for each image, the image in view, and where its walk has led."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPixmap, QShowEvent
from PySide6.QtWidgets import QGraphicsPixmapItem

from jnn_studio.app.plots.view import PlotAxis
from jnn_studio.app.theme import mix, theme, ui_font
from jnn_studio.app.workspaces.explore.map.colouring import Colouring, no_colours
from jnn_studio.app.workspaces.explore.map.view_box import MapViewBox
from jnn_studio.explore.collection.latent_map import inside, placed, spread

NEAR = 12.0
"""Pixels from a point at which the mouse still means it."""

PICTURE, GAP = 44, 4
"""Side of the pictures and least distance between two, in pixels."""

MOST_PICTURES = 400

SETTLE_MS = 120
"""After zooming, before other pictures are chosen."""

KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class MapCanvas(pg.PlotWidget):
    """Draws what it is told and says what is pointed at.

    Signals:
        pointed: (source index, or -1) the image the mouse or the keyboard is at.
        chosen: (source index) it was pressed.
        lassoed: (int64 indices) what a lasso holds.
        pictures_wanted: (int64 indices) images whose pictures have room.
        left_alone: Escape was pressed.
    """

    pointed = Signal(int)
    chosen = Signal(int)
    lassoed = Signal(object)
    pictures_wanted = Signal(object)
    left_alone = Signal()

    def __init__(self) -> None:
        axes = {side: PlotAxis(side) for side in ("left", "bottom")}
        self.box = MapViewBox()
        super().__init__(viewBox=self.box, axisItems=axes, enableMenu=False)
        self.setObjectName("explore.map.canvas")
        self.setAccessibleName("Map of the images")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(False)  # what is dropped here is the page's
        self.viewport().setAcceptDrops(False)
        self.hideButtons()
        self._axes = axes
        self._points = np.empty((0, 2), np.float32)
        self._colouring = no_colours(0)
        self._selected: np.ndarray | None = None
        self._at = -1
        self._base: int | None = None
        self._role = "accent"
        self._shows_pictures = self._stale = False
        self._follows = True
        """All of the map stays in view until somebody moves or zooms it."""
        self._wanted = np.empty(0, np.int64)
        self._pictures: Mapping[int, QPixmap] = {}
        self._shown: list[QGraphicsPixmapItem] = []
        self._dots = _Points()
        self._lasso = pg.PlotCurveItem()
        self._walk = pg.PlotCurveItem()
        self._ends, self._ring = _Points(), _Points()
        for depth, item in enumerate((self._dots, self._walk, self._ends, self._ring, self._lasso)):
            item.setZValue(10 * depth)
            self.box.addItem(item, ignoreBounds=True)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._choose_pictures)
        self.box.sigRangeChanged.connect(lambda *_: self._settle.start())
        self.box.sigRangeChangedManually.connect(lambda *_: self._let_go())
        self.box.sigResized.connect(self._resized)
        self.box.pressed.connect(self._pressed)
        self.box.drawing.connect(self._draw_lasso)
        self.box.drawn.connect(self._drawn)
        self.scene().sigMouseMoved.connect(self._mouse_moved)
        theme().changed.connect(self.dress)
        self.dress()

    # --- what it is told ---------------------------------------------------------------------------

    def set_points(self, points: np.ndarray, axes: tuple[str, str]) -> None:
        """Images at ``points`` (images, 2), NaN for those that have no place; all of them in view."""
        self._points = points
        self._selected, self._wanted = None, np.empty(0, np.int64)
        self._colouring = no_colours(len(points))
        self._pictures = {}
        self._base = None
        self._point_at(-1)
        self._axes["bottom"].setLabel(axes[0], color=theme().colors.text)
        self._axes["left"].setLabel(axes[1], color=theme().colors.text)
        self.set_walk(None)
        self._draw_lasso(np.empty((0, 2)))
        self.fit()
        self._draw()

    def set_colouring(self, colouring: Colouring) -> None:
        """Colours for the points, and frames for the pictures."""
        self._colouring = colouring
        self._draw()

    def set_selected(self, selected: np.ndarray | None) -> None:
        """Images that are not among these (bool) step back; None: none does."""
        self._selected = selected
        self._draw()

    def set_base(self, index: int | None) -> None:
        """The image in view; None if it is none of these."""
        self._base = index
        self._draw_ring()

    def set_walk(self, path: np.ndarray | None, role: str = "accent") -> None:
        """Where a walk goes, (m, 2), from its beginning, in a colour role; None: there is none."""
        self._role = role
        color = theme().color(role)
        if path is None or not np.isfinite(path).all():
            self._walk.setData([], [])
            self._ends.setData([], [])
            return
        plot = QColor(theme().colors.plot)  # around it, so that it stands out among points of any colour
        around = pg.mkPen(plot, width=8)
        self._walk.setData(path[:, 0], path[:, 1], pen=pg.mkPen(color, width=3), shadowPen=around)
        pens = [pg.mkPen(color, width=2), pg.mkPen(plot, width=2)]
        self._ends.setData(path[[0, -1], 0], path[[0, -1], 1], size=[9, 15], brush=[plot, color], pen=pens)

    def set_pictures(self, pictures: Mapping[int, QPixmap]) -> None:
        """The pictures of images, by source index, of those that were wanted."""
        self._pictures = pictures
        self._place_pictures()

    def show_pictures(self, shown: bool) -> None:
        """Pictures where there is room for them, or a point for each image."""
        self._shows_pictures = shown
        if self._follows:
            self.fit()
        self._choose_pictures()

    def fit(self) -> None:
        """All of the map, with room for pictures at its edge."""
        self._follows = True
        known = self._points[placed(self._points)]
        if len(known):
            low, high = known.min(axis=0), known.max(axis=0)
            share = np.full(2, 0.06)
            if self._shows_pictures:
                share += (
                    PICTURE / 2 / np.maximum([self.box.width() - PICTURE, self.box.height() - PICTURE], 1)
                )
            pad = np.maximum((high - low) * share, 1e-6)
            (left, bottom), (right, top) = (low - pad).tolist(), (high + pad).tolist()
            self.box.setRange(xRange=(left, right), yRange=(bottom, top), padding=0)
        self._settle.start()

    def _let_go(self) -> None:
        self._follows = False

    def _resized(self) -> None:
        if self._follows:
            self.fit()
        self._settle.start()

    def place_of(self, index: int) -> QPointF:
        """Where an image is, in pixels of this widget."""
        x, y = self._points[index].tolist()
        return QPointF(self.mapFromScene(self.box.mapViewToScene(QPointF(x, y))))

    # --- looks -------------------------------------------------------------------------------------

    def dress(self) -> None:
        """In the colours of the theme."""
        colors = theme().colors
        self.setBackground(colors.plot)
        font = ui_font(0.9, digits=True)
        for axis in self._axes.values():
            axis.dress(colors, font)
        accent = QColor(colors.accent)
        self._lasso.setPen(pg.mkPen(accent, width=2, style=Qt.PenStyle.DashLine))
        accent.setAlphaF(0.12)
        self._lasso.setBrush(accent)
        self._draw()

    def _draw(self) -> None:
        """All points anew, once they can be seen."""
        self._stale = not self.isVisible()
        if self._stale:
            return
        colors = theme().colors
        muted, plot = QColor(colors.muted), QColor(colors.plot)
        plain = mix(muted, plot, 0.55) if self._colouring.title else QColor(colors.regularised)
        back = QBrush(mix(muted, plot, 0.22))
        brushes = [QBrush(QColor(color)) for color in self._colouring.colors] + [QBrush(plain)]
        known = placed(self._points)
        apart = np.zeros(len(self._points), bool) if self._selected is None else ~self._selected
        codes = self._colouring.codes
        # What stands for something lies over what does not.
        level = np.where(apart, 0, np.where(codes < 0, 1, 2))
        order = np.flatnonzero(known)
        order = order[np.argsort(level[order], kind="stable")]
        chosen = [back if apart[index] else brushes[codes[index]] for index in order.tolist()]
        size = 8 if len(order) < 2_000 else 6 if len(order) < 20_000 else 4
        places = self._points[order]
        self._dots.setData(places[:, 0], places[:, 1], size=size, brush=chosen, pen=None)
        self._draw_ring()
        self._place_pictures()

    def _draw_ring(self) -> None:
        """Around the image in view, and around the one that is pointed at."""
        marked = [(self._base, 17, "accent"), (self._at if self._at >= 0 else None, 13, "text")]
        rings = [
            (*self._points[index].tolist(), size, pen)
            for index, size, role in marked
            if index is not None and index < len(self._points) and placed(self._points[[index]]).all()
            # In the colour of the plot first: it stands out among points of any colour.
            for pen in (pg.mkPen(theme().colors.plot, width=6), pg.mkPen(theme().color(role), width=2.5))
        ]
        x, y, sizes, pens = ([ring[part] for ring in rings] for part in range(4))
        self._ring.setData(x, y, size=sizes, brush=None, pen=pens)

    # --- pictures ----------------------------------------------------------------------------------

    def _choose_pictures(self) -> None:
        """Of the images in view, those whose pictures do not lie on each other; the selected ones alone."""
        self._wanted = np.empty(0, np.int64)
        if self._shows_pictures and len(self._points):
            (left, right), (low, high) = self.box.viewRange()
            x, y = self._points.T
            seen = (x >= left) & (x <= right) & (y >= low) & (y <= high)
            if self._selected is not None:
                seen &= self._selected
            candidates = np.flatnonzero(seen)
            if self._base is not None and seen[self._base]:  # the image in view comes first
                candidates = np.concatenate([[self._base], candidates[candidates != self._base]])
            across, down = self.box.viewPixelSize()
            side = PICTURE + GAP
            chosen = spread(self._points[candidates], (side * across, side * down), MOST_PICTURES)
            self._wanted = candidates[chosen]
        if len(self._wanted):
            self.pictures_wanted.emit(self._wanted)
        self._place_pictures()

    def _place_pictures(self) -> None:
        for item in self._shown:
            self.box.removeItem(item)
        self._shown.clear()
        codes = self._colouring.codes
        for index in self._wanted.tolist():
            picture = self._pictures.get(index)
            if picture is None:
                continue
            color = self._colouring.colors[codes[index]] if codes[index] >= 0 else theme().colors.plot
            item = QGraphicsPixmapItem(_framed(picture, QColor(color), self.devicePixelRatioF()))
            item.setFlag(QGraphicsPixmapItem.GraphicsItemFlag.ItemIgnoresTransformations)
            item.setOffset(-PICTURE / 2, -PICTURE / 2)
            item.setPos(float(self._points[index, 0]), float(self._points[index, 1]))
            item.setZValue(5)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            self.box.addItem(item, ignoreBounds=True)
            self._shown.append(item)

    # --- mouse and keys ----------------------------------------------------------------------------

    def nearest(self, x: float, y: float) -> int:
        """The image nearest to a place of the map, within `NEAR` pixels or in its picture; -1: none."""
        if not len(self._points):
            return -1
        across, down = self.box.viewPixelSize()
        offsets = (self._points - np.array([x, y])) / np.array([across, down])
        pictured = self._wanted[[index in self._pictures for index in self._wanted.tolist()]]
        over = pictured[(np.abs(offsets[pictured]) <= PICTURE / 2).all(axis=1)]
        if len(over):
            return int(over[0])
        squares = np.nan_to_num((offsets**2).sum(axis=1), nan=np.inf)
        if self._selected is not None and self._selected.any():
            squares = np.where(self._selected, squares, np.inf)
        index = int(squares.argmin())
        return index if squares[index] <= NEAR**2 else -1

    def _mouse_moved(self, place: object) -> None:
        if not self.box.lasso:
            there = self.box.mapSceneToView(place)
            self._point_at(self.nearest(there.x(), there.y()))

    def _point_at(self, index: int) -> None:
        if index != self._at:
            self._at = index
            self.setCursor(Qt.CursorShape.PointingHandCursor if index >= 0 else Qt.CursorShape.ArrowCursor)
            self._draw_ring()
            self.pointed.emit(index)

    def _pressed(self, x: float, y: float) -> None:
        index = self.nearest(x, y)
        if index >= 0:
            self.chosen.emit(index)

    def _draw_lasso(self, outline: np.ndarray) -> None:
        closed = np.concatenate([outline, outline[:1]])
        self._lasso.setData(closed[:, 0], closed[:, 1])

    def _drawn(self, outline: np.ndarray) -> None:
        self._draw_lasso(np.empty((0, 2)))
        self.lassoed.emit(inside(self._points, outline))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._draw()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(-1)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from image to image, Return takes one, Home shows all, Escape ends a lasso."""
        key = event.key()
        if key in KEYS:
            self._point_at(self._neighbour(*KEYS[Qt.Key(key)]))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._at >= 0:
            self.chosen.emit(self._at)
        elif key == Qt.Key.Key_Home:
            self.fit()
        elif key == Qt.Key.Key_Escape:
            self.left_alone.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def _neighbour(self, across: int, down: int) -> int:
        """The next image in a direction, from the one that is pointed at or the one in view."""
        known = placed(self._points)
        if self._selected is not None and self._selected.any():
            known &= self._selected
        start = self._at if self._at >= 0 else self._base
        if not known.any():
            return -1
        if start is None or not np.isfinite(self._points[start]).all():
            return int(np.flatnonzero(known)[0])
        steps = self._points - self._points[start]
        along = steps @ np.array([across, down], np.float32)
        aside = np.abs(steps @ np.array([down, across], np.float32))
        # What lies ahead within 45°, the nearest of it; what stays behind never.
        cost = np.where(known & (along > 0) & (aside <= along), along + aside, np.inf)
        index = int(np.nan_to_num(cost, nan=np.inf).argmin())
        return index if np.isfinite(cost[index]) else start


class _Points(pg.ScatterPlotItem):
    """Points of a size in pixels; which of them is pressed is the map's business."""

    def mouseClickEvent(self, event: Any) -> None:
        event.ignore()


def _framed(picture: QPixmap, color: QColor, ratio: float) -> QPixmap:
    """A picture of `PICTURE` points with a frame."""
    framed = QPixmap(round(PICTURE * ratio), round(PICTURE * ratio))
    framed.setDevicePixelRatio(ratio)
    framed.fill(color)
    painter = QPainter(framed)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(2, 2, PICTURE - 4, PICTURE - 4, picture)
    painter.end()
    return framed
