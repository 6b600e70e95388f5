"""A column for each model: the picture as attacked, the perturbation, and what the model takes it for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from jnn_studio.app.theme import GRID, theme, ui_font

AMPLIFIED = 4
"""A perturbation is shown so many times as large as it is, around grey."""
EMPTY = "Pictures, once the run has measured them"


@dataclass(frozen=True)
class Perturbed:
    """What one column shows.

    Attributes:
        role: the model's colour.
        picture, away: (channels, side, side) in levels: the picture, and by how much it was moved.
        told: what the model takes it for, with which ``share`` of its belief; ``right`` if it is.
        flip: where it goes wrong, in words.
    """

    name: str
    role: str
    picture: np.ndarray
    away: np.ndarray
    told: str
    share: float
    right: bool
    flip: str


class AttackedStrip(QWidget):
    """The columns, side by side."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setAccessibleName("Attacked pictures")
        self.setAccessibleDescription(EMPTY)
        self.setToolTip(f"First the picture as attacked, then the perturbation, {AMPLIFIED} times as large")
        self.setMinimumHeight(22 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.columns: Sequence[Perturbed] = ()
        self.truth = ""
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(90 * GRID, 30 * GRID)

    def show_pictures(self, columns: Sequence[Perturbed], truth: str) -> None:
        """Show these; ``truth`` says what the picture really is."""
        self.columns, self.truth = columns, truth
        words = "; ".join(f"{one.name}: {one.told}, {'right' if one.right else 'wrong'}" for one in columns)
        self.setAccessibleDescription(f"{truth}. {words}" if words else EMPTY)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme().colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.border)))
        painter.setBrush(QColor(colors.plot))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        inside = QRectF(self.rect()).adjusted(GRID, GRID, -GRID, -GRID)
        if not self.columns:
            painter.setPen(QColor(colors.muted))
            painter.setFont(ui_font())
            painter.drawText(inside, Qt.AlignmentFlag.AlignCenter, EMPTY)
            return
        painter.setPen(QColor(colors.text))
        painter.setFont(ui_font(0.92, bold=True))
        line = painter.fontMetrics().height()
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, self.truth)
        inside.setTop(inside.top() + line + GRID / 2)
        width = (inside.width() - GRID * (len(self.columns) - 1)) / len(self.columns)
        for place, one in enumerate(self.columns):
            box = QRectF(inside.left() + place * (width + GRID), inside.top(), width, inside.height())
            self._paint_column(painter, one, box)

    def _paint_column(self, painter: QPainter, one: Perturbed, box: QRectF) -> None:
        painter.setFont(ui_font(0.85, bold=True))
        line = painter.fontMetrics().height()
        top = QRectF(box.left(), box.top(), box.width(), line)
        painter.setPen(theme().word_color(one.role))
        self._words(painter, top, one.name)
        words = 3 * line
        gap = GRID / 2
        high = box.height() - line - words - 6
        stacked, beside = min(box.width(), (high - gap) / 2), min((box.width() - gap) / 2, high)
        side = max(8.0, stacked, beside)
        across = beside >= stacked
        left = box.left() + (box.width() - (2 * side + gap if across else side)) / 2
        above = QRectF(left, top.bottom() + 2, side, side)
        below = above.translated(side + gap, 0) if across else above.translated(0, side + gap)
        painter.drawImage(above, _image(one.picture))
        painter.drawImage(below, _image(128 + AMPLIFIED * one.away))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color("success" if one.right else "danger"), 2))
        painter.drawRect(above)
        text = QRectF(box.left(), below.bottom() + 2, box.width(), line)
        self._words(painter, text, f"{'✓' if one.right else '✗'} {one.told}")
        painter.setFont(ui_font(0.85, digits=True))
        painter.setPen(theme().color("muted"))
        self._words(painter, text.translated(0, line), f"{100 * one.share:.0f} % sure")
        self._words(painter, text.translated(0, 2 * line), one.flip)

    def _words(self, painter: QPainter, box: QRectF, text: str) -> None:
        """Words in the middle of a line, cut where there is no room."""
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, shown)


def _image(levels: np.ndarray) -> QImage:
    """(channels, side, side) in levels → a picture of its own."""
    clipped = np.clip(levels, 0, 255).astype(np.uint8).transpose(1, 2, 0)
    pixels = np.ascontiguousarray(np.broadcast_to(clipped, (*clipped.shape[:2], 3)))
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
