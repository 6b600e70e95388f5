"""The first singular vectors of several Jacobians, as pictures in rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QHelpEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from jnn_studio.app.colors import Colors
from jnn_studio.app.file_dialogs import ask_where_to_save
from jnn_studio.app.picture_file import save_picture
from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.app.widgets.light_picture import light_picture
from jnn_studio.labs.denoise.spectra.spectrum import CropSpectrum

TITLE = 3 * GRID
LABEL = 3 * GRID
GAP = GRID // 2
SMALLEST, LARGEST = 5 * GRID, 12 * GRID
"""Sides of a vector's picture."""


@dataclass(frozen=True)
class Strip:
    """One denoiser's vectors. ``pictures``: the right ones, then the left ones, uint8 (k, h, w, 3)."""

    title: str
    role: str
    pictures: tuple[np.ndarray, np.ndarray]
    sigma: np.ndarray


def strip_of(title: str, role: str, spectrum: CropSpectrum, most: int) -> Strip:
    """The first ``most`` vectors as pictures: grey is 0, each scaled by its own largest entry.

    The sign of a pair (u, v) is free: it is taken so that v's largest entry is positive.
    """
    right, left = spectrum.right[:most], spectrum.left[:most]
    flat = right.flatten(1)
    sign = flat.gather(1, flat.abs().argmax(1, keepdim=True)).sign().reshape(-1, 1, 1, 1)
    pictures = (_picture(sign * right), _picture(sign * left))
    return Strip(title, role, pictures, spectrum.sigma.cpu().double().numpy())


class VectorStrips(QWidget):
    """For each denoiser two rows: vᵢ, what of the crop is let through, and uᵢ, what it becomes."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setAccessibleName("Singular vectors of the Jacobians")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._strips: dict[str, Strip] = {}
        theme().changed.connect(self.update)

    @property
    def strips(self) -> Mapping[str, Strip]:
        """What is shown, by method."""
        return self._strips

    def set_strips(self, strips: Mapping[str, Strip]) -> None:
        """Show these, from top to bottom."""
        self._strips = dict(strips)
        blocks = max(1, len(strips))
        self.setMinimumHeight(GRID + blocks * (TITLE + 2 * (SMALLEST + GAP) + GAP))
        words = [
            f"{strip.title}: σ₁ = {strip.sigma[0]:.3g}" for strip in self._strips.values() if len(strip.sigma)
        ]
        self.setAccessibleDescription("; ".join(words))
        self.update()

    def tile_rect(self, block: int, row: int, index: int) -> QRectF:
        """Where a picture is: of which denoiser, 0 for v and 1 for u, and which of them."""
        side = self._side()
        top = GRID + block * (TITLE + 2 * (side + GAP) + GAP) + TITLE + row * (side + GAP)
        return QRectF(GRID + LABEL + index * (side + GAP), top, side, side)

    def sizeHint(self) -> QSize:
        return QSize(80 * GRID, 40 * GRID)

    def save(self, path: Path) -> None:
        """Write all of it, as `save_picture`. Raises OSError if that fails."""
        save_picture(light_picture(self, self._paint), path)

    # --- inside ----------------------------------------------------------------------------------------

    def _side(self) -> float:
        blocks = max(1, len(self._strips))
        room = (self.height() - GRID) / blocks - TITLE - GAP
        return max(SMALLEST, min(LARGEST, room / 2 - GAP))

    def _fitting(self) -> int:
        return max(1, int((self.width() - 2 * GRID - LABEL + GAP) / (self._side() + GAP)))

    def _paint(self, painter: QPainter, colors: Colors) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colors.border)))
        painter.setBrush(QColor(colors.plot))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        for block, strip in enumerate(self._strips.values()):
            top = self.tile_rect(block, 0, 0).top() - TITLE
            chip = QRectF(GRID + GAP, top + TITLE / 2 - 5, 10, 10)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.role(strip.role)))
            painter.drawRoundedRect(chip, 3, 3)
            painter.setPen(QColor(colors.text))
            painter.setFont(ui_font(bold=True))
            words = QRectF(chip.right() + GRID, top, self.width() - chip.right() - 2 * GRID, TITLE)
            middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            title = strip.title + (f"   σ₁ = {strip.sigma[0]:.3g}" if len(strip.sigma) else "")
            painter.drawText(words, middle, title)
            for row, name in enumerate(("vᵢ", "uᵢ")):
                first = self.tile_rect(block, row, 0)
                painter.setPen(QColor(colors.muted))
                painter.setFont(ui_font())
                label = QRectF(GRID, first.top(), LABEL, first.height())
                painter.drawText(label, Qt.AlignmentFlag.AlignCenter, name)
                for index in range(min(self._fitting(), len(strip.pictures[row]))):
                    pixels = strip.pictures[row][index]
                    height, width = pixels.shape[:2]
                    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
                    painter.drawImage(self.tile_rect(block, row, index), image)

    def _words_at(self, at: QPoint) -> str:
        for block, strip in enumerate(self._strips.values()):
            for row, kind in enumerate(("right singular vector v", "left singular vector u")):
                for index in range(min(self._fitting(), len(strip.pictures[row]))):
                    if self.tile_rect(block, row, index).contains(at):
                        sigma = strip.sigma
                        number = index + 1
                        return (
                            f"{strip.title}, {kind}, i = {number}\n"
                            f"σᵢ = {sigma[index]:.4g}, σᵢ / σ₁ = {sigma[index] / sigma[0]:.4g}\n"
                            "Grey is 0; scaled by its own largest entry"
                        )
        return (
            "vᵢ: directions of the noisy crop, the one let through most first; "
            "uᵢ: what the denoiser makes of each, σᵢ times as large"
        )

    # --- Qt's own --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter, theme().colors)
        if self.hasFocus():
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._words_at(event.pos()), self)
            return True
        return super().event(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setObjectName(f"{self.objectName()}.menu")
        copy = menu.addAction("Copy picture")
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setImage(light_picture(self, self._paint)))
        save = menu.addAction("Save picture as PNG…")
        save.triggered.connect(
            lambda: ask_where_to_save(self, "picture", "singular-vectors", "PNG picture", "png", self.save)
        )
        menu.popup(event.globalPos())


def _picture(vectors: torch.Tensor) -> np.ndarray:
    """(k, 1 or 3, h, w) → uint8 (k, h, w, 3)."""
    largest = vectors.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-30)
    shown = ((vectors / largest + 1) * 127.5).round().to(torch.uint8).movedim(1, -1).cpu().numpy()
    return np.ascontiguousarray(np.broadcast_to(shown, (*shown.shape[:-1], 3)))
