"""A picture with a square on it that somebody moves."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.labs.denoise.spectra.spectrum import Crop
from jnn_studio.models.denoiser import STRIDE

_STEPS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class CropPicker(QWidget):
    """Shows uint8 pixels as large as fits; the square is dragged, or moved with the arrow keys.

    Signals:
        cropChanged: (Crop) it was moved, or another picture or side has put it elsewhere.
    """

    cropChanged = Signal(object)

    def __init__(self, object_name: str, name: str, side: int) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(16 * GRID, 16 * GRID)
        self.setToolTip(
            f"Drag the square, or move it with the arrow keys ({STRIDE} pixels; with Shift 1 pixel)"
        )
        self._pixels: np.ndarray | None = None
        self._image: QImage | None = None
        self._scaled: QPixmap | None = None
        self._side = side
        self._middle = (0.5, 0.5)
        self._crop: Crop | None = None
        self._grip = QPointF()
        self._empty = "No photograph is open"
        theme().changed.connect(self.update)

    @property
    def crop(self) -> Crop | None:
        """Where the square is; None while no picture is large enough for one."""
        return self._crop

    def set_pixels(self, pixels: np.ndarray | None) -> None:
        """Show another picture (h, w, 3); the square keeps its place where the size is the same."""
        if pixels is not None and pixels is self._pixels:
            return  # asked for with every change of the page: what was scaled stays
        if pixels is None:
            self._pixels = self._image = self._scaled = None
        else:
            if self._pixels is None or self._pixels.shape != pixels.shape:
                self._middle = (0.5, 0.5)
            self._pixels = np.ascontiguousarray(pixels)
            height, width = pixels.shape[:2]
            kind = QImage.Format.Format_RGB888
            self._image = QImage(self._pixels.data, width, height, 3 * width, kind)
            self._scaled = None
        self._place()
        self.update()

    def set_side(self, side: int) -> None:
        """How many pixels the square is wide; less where the picture is smaller."""
        self._side = side
        self._place()

    def set_empty_text(self, words: str) -> None:
        """What stands there while there is no picture."""
        self._empty = words
        self.update()

    def move_to(self, top: int, left: int) -> None:
        """Put the square's upper left corner there, or as near as the picture allows."""
        if self._crop is None or self._pixels is None:
            return
        side = self._crop.side
        height, width = self._pixels.shape[:2]
        top, left = max(0, min(top, height - side)), max(0, min(left, width - side))
        self._middle = ((top + side / 2) / height, (left + side / 2) / width)
        self._set(Crop(top, left, side))

    def picture_rect(self) -> QRect:
        """Where the picture is, in widget coordinates."""
        if self._image is None:
            return self.rect()
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRect(
            (self.width() - size.width()) // 2,
            (self.height() - size.height()) // 2,
            size.width(),
            size.height(),
        )

    def square_rect(self) -> QRectF:
        """Where the square is, in widget coordinates."""
        area, crop = self.picture_rect(), self._crop
        if crop is None or self._pixels is None:
            return QRectF()
        scale = area.width() / self._pixels.shape[1]
        return QRectF(
            area.left() + crop.left * scale,
            area.top() + crop.top * scale,
            crop.side * scale,
            crop.side * scale,
        )

    def sizeHint(self) -> QSize:
        return QSize(40 * GRID, 40 * GRID)

    # --- inside ----------------------------------------------------------------------------------------

    def _picture(self, image: QImage) -> QPixmap:
        """The picture at the widget's size: scaling a large one takes longer than a dragged square may."""
        ratio = self.devicePixelRatioF()
        size = self.picture_rect().size() * ratio
        if self._scaled is None or self._scaled.size() != size or self._scaled.devicePixelRatio() != ratio:
            smooth = Qt.TransformationMode.SmoothTransformation
            scaled = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            self._scaled = QPixmap.fromImage(scaled)
            self._scaled.setDevicePixelRatio(ratio)
        return self._scaled

    def _place(self) -> None:
        """Keep the square's middle as well as its side and the picture allow."""
        if self._pixels is None:
            self._set(None)
            return
        height, width = self._pixels.shape[:2]
        side = min(self._side, min(height, width) // STRIDE * STRIDE)
        if side == 0:
            self._set(None)
            return
        top, left = (
            max(0, min(round(share * length - side / 2), length - side))
            for share, length in zip(self._middle, (height, width), strict=True)
        )
        self._set(Crop(top, left, side))

    def _set(self, crop: Crop | None) -> None:
        if crop != self._crop:
            self._crop = crop
            words = "" if crop is None else f"{crop.side} pixels wide at row {crop.top}, column {crop.left}"
            self.setAccessibleDescription(words)
            self.update()
            self.cropChanged.emit(crop)

    def _pixel_at(self, at: QPointF) -> QPointF:
        area = self.picture_rect()
        assert self._pixels is not None
        scale = self._pixels.shape[1] / max(1, area.width())
        return QPointF((at.x() - area.left()) * scale, (at.y() - area.top()) * scale)

    # --- Qt's own --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme().colors
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if self._image is None:
            painter.fillRect(self.rect(), QColor(colors.panel))
            painter.setPen(QColor(colors.muted))
            painter.setFont(ui_font())
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(GRID, GRID, -GRID, -GRID), words, self._empty)
            if self.hasFocus():
                painter.setPen(QPen(QColor(colors.accent), 2))
                painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
            return
        painter.drawPixmap(self.picture_rect().topLeft(), self._picture(self._image))
        square = self.square_rect()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # Dark under light: to be seen on any picture.
        painter.setPen(QPen(QColor(0, 0, 0, 160), 4))
        painter.drawRect(square)
        painter.setPen(QPen(QColor(colors.accent if self.hasFocus() else "#ffffff"), 2))
        painter.drawRect(square)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._crop is None:
            return
        at, crop = self._pixel_at(event.position()), self._crop
        inside = self.square_rect().contains(event.position())
        half = QPointF(crop.side / 2, crop.side / 2)
        self._grip = at - QPointF(crop.left, crop.top) if inside else half
        self._drag(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._crop is not None:
            self._drag(event.position())

    def _drag(self, at: QPointF) -> None:
        corner = self._pixel_at(at) - self._grip
        self.move_to(round(corner.y()), round(corner.x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or self._crop is None:
            super().keyPressEvent(event)
            return
        far = 1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else STRIDE
        self.move_to(self._crop.top + far * step[0], self._crop.left + far * step[1])

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
