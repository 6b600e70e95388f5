"""A picture that is drawn at any size without being scaled down as a whole each time."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from jnn_studio.app.widgets.compare.shared_view import SharedView
from jnn_studio.data.levels import Levels

SHARP = 3.0
"""Magnified more than this, pixels are squares."""


class Picture:
    """The levels of one picture as images that Qt draws; they are not copied."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels  # kept: the images look into their memory
        self._images = [
            QImage(
                array.data, array.shape[1], array.shape[0], 3 * array.shape[1], QImage.Format.Format_RGB888
            )
            for array in levels
        ]

    @property
    def width(self) -> int:
        return self._images[0].width()

    @property
    def height(self) -> int:
        return self._images[0].height()

    def to_image(self) -> QImage:
        """A copy in full resolution."""
        return self._images[0].copy()

    def draw(self, painter: QPainter, area: QRectF, view: SharedView, ratio: float) -> None:
        """What of the picture ``view`` has in ``area``; ``ratio``: device pixels per pixel of the widget."""
        scale = view.scale_in(area.size())
        left_top = view.from_picture(QPointF(0, 0), area)
        whole = QRectF(left_top, view.size * scale)
        seen = whole.intersected(area)
        part = QRectF((seen.topLeft() - whole.topLeft()) / scale, seen.size() / scale)
        self._draw(painter, seen, part, scale * ratio)

    def draw_magnified(
        self, painter: QPainter, lens: QRectF, point: QPointF, scale: float, ratio: float
    ) -> None:
        """The surroundings of ``point`` of the picture, ``scale`` times as large, in ``lens``."""
        part = QRectF(0, 0, lens.width() / scale, lens.height() / scale)
        part.moveCenter(point)
        self._draw(painter, lens, part, scale * ratio)

    def _draw(self, painter: QPainter, target: QRectF, part: QRectF, scale: float) -> None:
        """``scale``: device pixels per pixel of the picture."""
        level = min(max(math.floor(math.log2(1 / scale)), 0), len(self._images) - 1)
        image = self._images[level]
        across, down = image.width() / self.width, image.height() / self.height
        source = QRectF(part.x() * across, part.y() * down, part.width() * across, part.height() * down)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < SHARP)
        painter.drawImage(target, image, source)
