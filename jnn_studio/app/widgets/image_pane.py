"""A picture with a title above it and a line of numbers below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QMenu, QSizePolicy, QWidget

from jnn_studio.app.file_dialogs import ask_where_to_save, file_name
from jnn_studio.app.picture_file import save_picture
from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.app.widgets.picture_zoom import STEP, PictureZoom

RADIUS = 6


class ImagePane(QWidget):
    """Shows a uint8 image as large as fits, aspect kept, in device pixels.

    Args:
        title: above the picture, after a chip in the colour of ``role``.
        role: colour role of the model the picture comes from; none for no chip.
        empty: words in place of a picture.
        corner: the picture stands in the upper left corner instead of in the middle.
        zoom: which part of the picture is shown, by wheel, keys and middle button; None: always all of it.
    """

    painted = Signal(int)
    """The picture has been painted; carries the sequence number given to `set_image`."""

    def __init__(
        self,
        title: str,
        role: str = "",
        object_name: str = "",
        empty: str = "",
        corner: bool = False,
        zoom: PictureZoom | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self._title, self._role, self._empty, self._corner = title, role, empty, corner
        self._caption = ""
        self.title_reserve = 0
        """Room at the right of the title for what is laid over it."""
        self.beside: Sequence[ImagePane] = ()
        """Panes whose titles are to be as large as this one's: where one has less room, all are smaller."""
        self.maker = ""
        """Whose picture it is, for somebody who does not see beside what it stands."""
        self._array: np.ndarray | None = None
        self._image: QImage | None = None
        self._sequence = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 96)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme().changed.connect(self.update)
        self._zoom = zoom
        self._panned: QPointF | None = None
        if zoom is not None:
            zoom.changed.connect(self.update)
        self._describe()

    def set_image(self, array: np.ndarray | None, sequence: int = 0) -> None:
        """Show (h, w, 3) colours or (h, w) greys, uint8; None for nothing."""
        self._sequence = sequence
        before = None if self._image is None else self._image.size()
        if array is None:
            self._array = self._image = None
        else:
            # QImage looks into the array's memory: it is kept as long as the image.
            self._array = np.ascontiguousarray(array, dtype=np.uint8)
            height, width = self._array.shape[:2]
            grey = self._array.ndim == 2
            kind = QImage.Format.Format_Grayscale8 if grey else QImage.Format.Format_RGB888
            self._image = QImage(self._array.data, width, height, width * (1 if grey else 3), kind)
        if self._image is not None and self._image.size() == before:
            self.update(self.picture_rect())  # the words stay
        else:
            self.update()

    def set_title(self, title: str) -> None:
        """The words above."""
        self._title = title
        self._describe()
        self.update()

    def set_role(self, role: str) -> None:
        """The colour role of the model the picture comes from; empty for no chip."""
        if role != self._role:
            self._role = role
            self.update()

    def set_caption(self, caption: str) -> None:
        """The words below."""
        if caption != self._caption:
            self._caption = caption
            self._describe()
            self.update(self._below(self.picture_rect()))

    @property
    def caption(self) -> str:
        """The words below."""
        return self._caption

    @property
    def array(self) -> np.ndarray | None:
        """The pixels in view."""
        return self._array

    def picture_rect(self) -> QRect:
        """Where the picture is, in widget coordinates."""
        line = self.fontMetrics().height()
        area = self.rect().adjusted(0, line + GRID // 2, 0, -(line + GRID // 2))
        size = QSize(1, 1) if self._image is None else self._image.size()
        fitted = size.scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        if self._corner:
            return QRect(area.topLeft(), fitted)
        right, down = area.width() - fitted.width(), area.height() - fitted.height()
        return QRect(area.topLeft() + QPoint(right // 2, down // 2), fitted)

    def sizeHint(self) -> QSize:
        return QSize(240, 280)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        target = self.picture_rect()
        if event.rect().top() < target.top():
            self._paint_title(painter, target)
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(target), RADIUS, RADIUS)
        if self._image is None:
            painter.setFont(ui_font())
            painter.fillPath(frame, theme().color("panel"))
            painter.setPen(theme().color("muted"))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(target.adjusted(GRID, GRID, -GRID, -GRID), words, self._empty)
        else:
            painter.save()
            painter.setClipPath(frame)
            if self._zoom is None or self._zoom.is_whole:
                painter.drawImage(target, self._image)
            else:
                source = self._zoom.source(self._image.width(), self._image.height())
                painter.drawImage(QRectF(target), self._image, source)
            painter.restore()
        focused = self.hasFocus()
        painter.setPen(QPen(theme().color("accent" if focused else "border"), 2 if focused else 1))
        painter.drawPath(frame)
        painter.setFont(ui_font(0.92, digits=True))
        painter.setPen(theme().color("muted"))
        below = self._below(target)
        elided = painter.fontMetrics().elidedText(self._caption, Qt.TextElideMode.ElideMiddle, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
        painter.end()
        if self._image is not None:
            self.painted.emit(self._sequence)

    def share_at(self, point: QPointF) -> QPointF:
        """The point of the picture, in shares of it, at a point of the widget."""
        seen = self._share_in_view(point)
        return seen if self._zoom is None else self._zoom.to_picture(seen)

    def _share_in_view(self, point: QPointF) -> QPointF:
        target = QRectF(self.picture_rect())
        return QPointF(
            (point.x() - target.left()) / target.width(), (point.y() - target.top()) / target.height()
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        inside = self.picture_rect().contains(event.position().toPoint())
        if self._zoom is None or self._image is None or not inside:
            super().wheelEvent(event)
            return
        self._zoom.zoom_by(STEP ** (event.angleDelta().y() / 120), self._share_in_view(event.position()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._zoom is not None and event.button() == Qt.MouseButton.MiddleButton:
            self._panned = event.position()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._zoom is None or self._panned is None:
            super().mouseMoveEvent(event)
            return
        self._zoom.pan_by(self._share_in_view(self._panned) - self._share_in_view(event.position()))
        self._panned = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._panned = None
        super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._zoom is not None:
            self._zoom.show_whole()
        super().mouseDoubleClickEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._zoom is None or not self._zoom.take_key(event):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._image is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setObjectName(f"{self.objectName()}.menu")
        menu.addAction("Copy image", self.copy)
        menu.addAction("Save image as PNG…", self._ask_save)
        menu.popup(event.globalPos())

    def copy(self) -> None:
        """Put the picture on the clipboard, in its own resolution."""
        if self._image is not None:
            QApplication.clipboard().setImage(self._image.copy())

    def save(self, path: Path) -> None:
        """Write the picture in its own resolution, as `save_picture`. Raises OSError if that fails."""
        if self._image is None:
            raise OSError(f"{path} cannot be written: there is no picture")
        save_picture(self._image, path)

    def _ask_save(self) -> None:
        ask_where_to_save(self, "image", file_name(self._title), "PNG picture", "png", self.save)

    def _title_box(self, target: QRect) -> QRect:
        """Where the words above a picture at ``target`` are, the chip before them left out."""
        line = self.fontMetrics().height()
        # Beside a small picture the words may use what is left of the widget's width.
        right = target.right() - self.title_reserve if self.title_reserve else self.width()
        left = target.left() + (10 + GRID if self._role else 0)
        return QRect(left, target.top() - line - GRID // 2, right - left, line)

    def _title_fits(self) -> bool:
        wanted = QFontMetrics(ui_font(bold=True)).horizontalAdvance(self._title)
        return wanted <= self._title_box(self.picture_rect()).width()

    def _paint_title(self, painter: QPainter, target: QRect) -> None:
        box = self._title_box(target)
        if self._role:
            chip = QRectF(target.left(), box.center().y() - 4, 10, 10)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().model_color(self._role))
            painter.drawRoundedRect(chip, 3, 3)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        alike = all(pane._title_fits() for pane in self.beside or (self,))
        painter.setFont(ui_font(1.0 if alike else 0.85, bold=True))
        painter.setPen(theme().color("text"))
        elided = painter.fontMetrics().elidedText(self._title, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)

    def _below(self, target: QRect) -> QRect:
        """Where the words below a picture at ``target`` are."""
        height = self.fontMetrics().height()
        return QRect(target.left(), target.bottom() + GRID // 2, self.width() - target.left(), height)

    def _describe(self) -> None:
        self.setAccessibleName(f"{self._title} by {self.maker}" if self.maker else self._title)
        self.setAccessibleDescription(self._caption)
