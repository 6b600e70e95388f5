"""Originals above what each model makes of them, as training goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.app.widgets.picture_zoom import STEP, PictureZoom
from jnn_studio.training.events import Preview

TITLE = "Held-out images"
TIP = "Wheel or + and −: zoom into all images; drag or arrow keys: move; double click or F: all of them"
GAP = 4


@dataclass(frozen=True)
class _Row:
    """One row of images: whose they are, and in which colour role its name stands."""

    key: str
    name: str
    role: str
    images: np.ndarray


class Previews(QWidget):
    """A row of held-out images and one row of reconstructions for each model."""

    def __init__(self, page: str = "train") -> None:
        super().__init__()
        self.setObjectName(f"{page}.previews")
        self.setAccessibleName(TITLE)
        self.setToolTip(TIP)
        self.setMinimumSize(240, 200)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.zoom = PictureZoom(self)
        self.zoom.changed.connect(self.update)
        self._panned: QPointF | None = None
        self._rows: tuple[_Row, ...] = ()
        self._labels: dict[str, str] = {}
        self._captions: dict[str, str] = {}
        self._roles: dict[str, str] = {}
        self.step: int | None = None
        """The step of the images on show."""
        theme().changed.connect(self.update)

    def clear(self) -> None:
        """Show nothing."""
        self._rows, self.step = (), None
        self._changed()

    def add_model(self, key: str, label: str, caption: str, color: str) -> None:
        """A model by key and its colour's role; ``caption`` stands beside its name."""
        self._labels[key], self._captions[key], self._roles[key] = label, caption, color
        self._changed()

    def set_preview(self, preview: Preview) -> None:
        """Show these images."""
        rows = [_Row("", "Original", "text", preview.originals)]
        for key, images in preview.reconstructions.items():
            rows.append(_Row(key, self._labels.get(key, key), self._roles.get(key, "muted"), images))
        self._rows, self.step = tuple(rows), preview.step
        self._changed()

    def set_caption(self, key: str, caption: str) -> None:
        """A few words beside a model's name."""
        self._captions[key] = caption
        self._changed()

    def _changed(self) -> None:
        shown = "none yet" if self.step is None else f"at step {self.step:,}"
        words = ", ".join(f"{row.name} {self._captions.get(row.key, '')}".strip() for row in self._rows[1:])
        self.setAccessibleDescription(f"{shown}; {words}" if words else shown)
        self.update()

    # --- geometry --------------------------------------------------------------------------------------

    def _line(self) -> int:
        return self.fontMetrics().height() + GAP

    def _title(self) -> QRect:
        """As high as the title rows of the plots beside it."""
        side = GRID + GRID // 2
        return QRect(side, GRID, self.width() - 2 * side, 28)

    def _area(self) -> QRect:
        """Where the rows are, below the title."""
        title = self._title()
        return QRect(title.left(), title.bottom(), title.width(), self.height() - title.bottom() - GRID)

    def _shape(self) -> tuple[int, int]:
        """How many images of a row are shown, and the side of one: as fills the area best, at least 4."""
        area, available = self._area(), len(self._rows[0].images)
        high = area.height() // len(self._rows) - self._line() - GAP
        sides = {
            n: max(8, min(high, (area.width() + GAP) // n - GAP))
            for n in range(min(4, available), available + 1)
        }
        count = max(sides, key=lambda n: n * sides[n] ** 2)
        return count, sides[count]

    def _place(self, row: int, column: int) -> QRect:
        area, side = self._area(), self._shape()[1]
        top = area.top() + row * (self._line() + side + GAP) + self._line()
        return QRect(area.left() + column * (side + GAP), top, side, side)

    # --- Qt's own --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme().colors
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setBrush(QColor(colors.plot))
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(colors.accent if focused else colors.border), 2 if focused else 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        top = self._title()
        painter.setPen(QColor(colors.text))
        painter.setFont(ui_font(bold=True))
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, TITLE)
        painter.setPen(QColor(colors.muted))
        if self.step is None:
            painter.setFont(ui_font())
            painter.drawText(
                self._area(), Qt.AlignmentFlag.AlignCenter, "Originals and what each model makes of them"
            )
            return
        painter.setFont(ui_font(0.9, digits=True))
        painter.drawText(
            top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"step {self.step:,}"
        )
        count, _ = self._shape()
        for index, row in enumerate(self._rows):
            first = self._place(index, 0)
            self._paint_name(
                painter, row, QRect(first.left(), first.top() - self._line(), top.width(), self._line())
            )
            for column, image in enumerate(row.images[:count]):
                pixels = np.ascontiguousarray(image)
                height, width = pixels.shape[:2]
                picture = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
                place = QRectF(self._place(index, column))
                painter.drawImage(place, picture, self.zoom.source(width, height))

    def _paint_name(self, painter: QPainter, row: _Row, box: QRect) -> None:
        where = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(ui_font(0.92, bold=True))
        painter.setPen(theme().word_color(row.role))
        painter.drawText(box, where, row.name)
        box.setLeft(box.left() + painter.fontMetrics().horizontalAdvance(row.name) + GRID)
        painter.setFont(ui_font(0.92, digits=True))
        painter.setPen(theme().color("muted"))
        painter.drawText(box, where, self._captions.get(row.key, ""))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos()), self)
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        found = self._at(event.position().toPoint())
        if found is None:
            super().wheelEvent(event)
            return
        place = QRectF(self._place(*found))
        at = (event.position() - place.topLeft()) / place.width()
        self.zoom.zoom_by(STEP ** (event.angleDelta().y() / 120), at)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._panned = event.position() if event.button() != Qt.MouseButton.RightButton else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._panned is not None and self.step is not None:
            self.zoom.pan_by((self._panned - event.position()) / self._shape()[1])
            self._panned = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._panned = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.zoom.show_whole()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.zoom.take_key(event):
            super().keyPressEvent(event)

    def _at(self, position: QPoint) -> tuple[int, int] | None:
        """Row and column of the image at a point."""
        if self.step is None:
            return None
        for index, row in enumerate(self._rows):
            for column in range(min(len(row.images), self._shape()[0])):
                if self._place(index, column).contains(position):
                    return index, column
        return None

    def _tip(self, position: QPoint) -> str:
        found = self._at(position)
        if found is None:
            return "" if self.step is None else TIP
        index, column = found
        which, row = f"Held-out image {column + 1}", self._rows[index]
        if index == 0:
            return f"{which}, which no model has been trained on.\n{TIP}"
        quality = _psnr(row.images[column], self._rows[0].images[column])
        return f"{which} reconstructed by the {row.name.lower()} model: {quality:.1f} dB PSNR.\n{TIP}"


def _psnr(image: np.ndarray, original: np.ndarray) -> float:
    """10 log₁₀(255² / MSE) in dB of two uint8 images."""
    error = np.square(image.astype(np.float64) - original).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))
