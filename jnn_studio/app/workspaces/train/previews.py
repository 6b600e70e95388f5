"""Originals above what each model makes of them, as training goes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.training.events import Preview

TITLE = "Held-out images and their reconstructions"
GAP = 4


@dataclass(frozen=True)
class _Row:
    """One row of images: whose they are, and in which colour role its name stands."""

    name: str
    role: str
    images: np.ndarray


class Previews(QWidget):
    """A row of held-out images and one row of reconstructions for each model."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("train.previews")
        self.setAccessibleName(TITLE)
        self.setMinimumSize(360, 168)
        self._rows: tuple[_Row, ...] = ()
        self._labels: dict[str, str] = {}
        self._captions: dict[str, str] = {}
        self.step: int | None = None
        """The step of the images on show."""
        theme().changed.connect(self.update)

    def set_models(self, labels: dict[str, str]) -> None:
        """Names of the models by key; their keys are their colour roles. Shows no images yet."""
        self._labels, self._rows, self.step, self._captions = labels, (), None, {}
        self._changed()

    def set_preview(self, preview: Preview) -> None:
        """Show these images."""
        rows = [_Row("Original", "text", preview.originals)]
        for key, images in preview.reconstructions.items():
            rows.append(_Row(self._labels.get(key, key), key, images))
        self._rows, self.step = tuple(rows), preview.step
        self._changed()

    def set_caption(self, key: str, caption: str) -> None:
        """A few words under a model's name."""
        self._captions[key] = caption
        self._changed()

    def _changed(self) -> None:
        shown = "none yet" if self.step is None else f"at step {self.step:,}"
        words = ", ".join(f"{row.name} {self._captions.get(row.role, '')}".strip() for row in self._rows[1:])
        self.setAccessibleDescription(f"{shown}; {words}" if words else shown)
        self.update()

    # --- geometry --------------------------------------------------------------------------------------

    def _area(self) -> QRect:
        """Where the rows are, below the title."""
        top = GRID + self.fontMetrics().height() + GRID
        return self.rect().adjusted(GRID + GRID // 2, top, -GRID - GRID // 2, -GRID)

    def _names_width(self) -> int:
        metrics = self.fontMetrics()
        words = [*(row.name for row in self._rows), *self._captions.values()]
        return round(1.08 * max(map(metrics.horizontalAdvance, words), default=0)) + 2 * GRID

    def _cell(self) -> int:
        """Side of one image."""
        area, count = self._area(), len(self._rows[0].images)
        wide = (area.width() - self._names_width()) // count - GAP
        high = (area.height() + GAP) // len(self._rows) - GAP
        return max(8, min(wide, high))

    def _place(self, row: int, column: int) -> QRect:
        area, cell = self._area(), self._cell()
        left = area.left() + self._names_width() + column * (cell + GAP)
        return QRect(left, area.top() + row * (cell + GAP), cell, cell)

    # --- Qt's own --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme().colors
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setBrush(QColor(colors.plot))
        painter.setPen(QPen(QColor(colors.border), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        top = QRect(GRID + GRID // 2, GRID, self.width() - 3 * GRID, self.fontMetrics().height())
        painter.setPen(QColor(colors.text))
        painter.setFont(ui_font(bold=True))
        painter.drawText(top, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, TITLE)
        painter.setFont(ui_font(0.9, digits=True))
        painter.setPen(QColor(colors.muted))
        if self.step is None:
            painter.drawText(self._area(), Qt.AlignmentFlag.AlignCenter, "They appear when training begins")
            return
        painter.drawText(
            top, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"step {self.step:,}"
        )
        for index, row in enumerate(self._rows):
            self._paint_name(painter, row, self._place(index, 0))
            for column, image in enumerate(row.images):
                pixels = np.ascontiguousarray(image)
                height, width = pixels.shape[:2]
                picture = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
                painter.drawImage(self._place(index, column), picture)

    def _paint_name(self, painter: QPainter, row: _Row, first: QRect) -> None:
        left = self._area().left()
        box = QRect(left, first.top(), first.left() - left - GRID, first.height())
        caption = self._captions.get(row.role, "")
        line = self.fontMetrics().height()
        above = QRect(box.left(), box.center().y() - (line if caption else line // 2), box.width(), line)
        painter.setFont(ui_font(bold=True))
        painter.setPen(theme().color(row.role))
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, row.name)
        painter.setFont(ui_font(0.9, digits=True))
        painter.setPen(theme().color("muted"))
        painter.drawText(
            above.translated(0, line), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, caption
        )

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos()), self)
            return True
        return super().event(event)

    def _tip(self, position: QPoint) -> str:
        if self.step is None:
            return ""
        for index, row in enumerate(self._rows):
            for column, image in enumerate(row.images):
                if self._place(index, column).contains(position):
                    which = f"Held-out image {column + 1}"
                    if index == 0:
                        return f"{which}, which no model has been trained on"
                    quality = _psnr(image, self._rows[0].images[column])
                    return f"{which} reconstructed by the {row.name.lower()} model: {quality:.1f} dB PSNR"
        return ""


def _psnr(image: np.ndarray, original: np.ndarray) -> float:
    """10 log₁₀(255² / MSE) in dB of two uint8 images."""
    error = np.square(image.astype(np.float64) - original).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))
