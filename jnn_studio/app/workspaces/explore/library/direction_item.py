"""How a saved direction looks in the library: base → moved image, its name, and where it comes from."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from jnn_studio.app.theme import GRID, mix, theme, ui_font
from jnn_studio.explore.saved.saved_direction import SavedDirection

SAVED = Qt.ItemDataRole.UserRole
"""The SavedDirection"""
PICTURES = Qt.ItemDataRole.UserRole + 1
"""Pixmaps of base and moved image"""

SIDE = 40
ARROW = 16


class DirectionDelegate(QStyledItemDelegate):
    """One row of the library."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        saved, pictures = index.data(SAVED), index.data(PICTURES)
        rect = QRect(option.rect)
        text, muted, accent = (theme().color(role) for role in ("text", "muted", "accent"))
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(accent, 2))
            painter.setBrush(mix(accent, theme().color("field"), 0.15))
            painter.drawRoundedRect(QRectF(rect).adjusted(2, 2, -2, -2), 6, 6)
        x, middle = rect.left() + GRID, rect.center().y()
        for number, picture in enumerate(pictures):
            target = QRect(x, middle - SIDE // 2, SIDE, SIDE)
            shape = QPainterPath()
            shape.addRoundedRect(QRectF(target), 5, 5)
            painter.setClipPath(shape)
            painter.drawPixmap(target, picture)
            painter.setClipping(False)
            x += SIDE
            if number == 0:
                painter.setPen(QPen(muted, 1.5))
                tip = QPointF(x + ARROW - 4, middle)
                painter.drawLine(QPointF(x + 4, middle), tip)
                painter.drawLine(tip, tip + QPointF(-3.5, -3.5))
                painter.drawLine(tip, tip + QPointF(-3.5, 3.5))
                x += ARROW
        words = QRect(x + GRID, rect.top() + 6, rect.right() - x - 2 * GRID, rect.height() - 12)
        name, model = (
            words.adjusted(0, 0, 0, -words.height() // 2),
            words.adjusted(0, words.height() // 2, 0, 0),
        )
        for line, place, font, colour in (
            (saved.name, name, ui_font(bold=True), text),
            (f"{saved.model.name} · {saved.label}", model, ui_font(0.88), muted),
        ):
            painter.setFont(font)
            painter.setPen(colour)
            elided = QFontMetrics(font).elidedText(line, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, elided)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(2 * SIDE + ARROW + 8 * GRID, SIDE + 2 * GRID)


def describe(saved: SavedDirection) -> str:
    """All that is known of a direction, a line each."""
    kinds = {
        "encoder": "left singular vector of the encoder's Jacobian",
        "decoder": "right singular vector of the decoder's Jacobian",
        "axes": "latent axis",
        "region": "right singular vector of the decoder's Jacobian in a region",
    }
    model = saved.model.name if saved.model.eta is None else f"{saved.model.name}, η = {saved.model.eta:g}"
    if saved.model.run:
        model += f", run {saved.model.run}"
    low, high = saved.amounts
    lines = (
        saved.name,
        saved.note,
        f"Direction {saved.index + 1}: {kinds[saved.kind]}, {saved.mode}",
        f"Model: {model}",
        f"Image: {saved.label}",
        f"RMS change {low:+.3f} to {high:+.3f}",
        f"Saved {saved.created.astimezone():%Y-%m-%d %H:%M}",
    )
    return "\n".join(line for line in lines if line)
