"""Bars around zero: how much a direction moves each factor or attribute, in every model."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip

from jnn_studio.app.theme import GRID, mix, theme, ui_font
from jnn_studio.explore.meaning.meaning import MINUS, MeaningColumn, MeaningView

BAR = 7
"""Height of a bar in pixels."""
SPOKEN = 5
"""Rows that are read out."""


@dataclass(frozen=True)
class _Lanes:
    """Where names, bars and accuracies are, left to right."""

    names: QRect
    bars: QRect
    accuracies: QRect

    def x(self, share: float) -> float:
        """Of a value in [-1, 1] of the full scale."""
        return self.bars.left() + (share + 1) / 2 * self.bars.width()


class EffectBars(QAbstractScrollArea):
    """One row for each factor or attribute, the strongest first; the axis above stays in view."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("What the direction moves")
        self.viewport().setAutoFillBackground(False)
        self.viewport().setMouseTracking(True)
        self._view = MeaningView()
        self._direction = 0
        self._order: list[int] = []
        self._scale = 1.0
        theme().changed.connect(self._repaint)

    def show_direction(self, view: MeaningView, direction: int) -> None:
        """Show what ``direction`` does in every model of ``view``."""
        self._view, self._direction = view, direction
        strength = [
            max((abs(e[label]) for e in map(self._effects, view.columns) if e), default=0.0)
            for label in range(len(view.labels))
        ]
        self._order = sorted(range(len(strength)), key=lambda label: (-strength[label], label))
        self._scale = round_up(max(strength, default=0.0))
        rows = [self.row_text(label) for label in self._order[:SPOKEN]]
        self.setAccessibleDescription(f"Direction {direction + 1}. {view.unit}. " + "; ".join(rows))
        self._measure()
        self._repaint()

    @property
    def labels(self) -> list[str]:
        """The labels in the order of the rows."""
        return [self._view.labels[label] for label in self._order]

    @property
    def scale(self) -> float:
        """The value at the end of the axis."""
        return self._scale

    def row_text(self, label: int) -> str:
        """One row in words."""
        view = self._view
        words = []
        for column in view.columns:
            effects = self._effects(column)
            if not effects:
                continue
            said = f"{column.name} {signed(effects[label])}"
            if column.accuracies is not None:
                accuracy = column.accuracies[label]
                if accuracy is None:
                    said = f"{column.name}: no readout, too few images"
                else:
                    said += f" ({view.measures[label]} {_accuracy(accuracy, view.measures[label])}"
                    unsure = column.reliable is not None and not column.reliable[label]
                    said += ", no better than chance)" if unsure else ")"
            words.append(said)
        return f"{view.labels[label]}: " + ", ".join(words)

    def sizeHint(self) -> QSize:
        return QSize(45 * GRID, 25 * GRID)

    def minimumSizeHint(self) -> QSize:
        return QSize(25 * GRID, self._axis_height() + 2 * self._row_height())

    # --- events ------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        ends: dict[int, int] = {Qt.Key.Key_Home: bar.minimum(), Qt.Key.Key_End: bar.maximum()}
        if event.key() in ends:
            bar.setValue(ends[event.key()])
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.row_at(event.pos())
            QToolTip.showText(event.globalPos(), "" if row is None else self.row_text(self._order[row]), self)
            return True
        return super().viewportEvent(event)

    def row_at(self, point: QPoint) -> int | None:
        """The row under a point of the viewport."""
        if point.y() < self._axis_height():
            return None
        row = (point.y() - self._axis_height() + self.verticalScrollBar().value()) // self._row_height()
        return row if 0 <= row < len(self._order) else None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lanes = self._lanes()
        below = self.viewport().rect().adjusted(0, self._axis_height(), 0, 0)
        self._paint_axis(painter, lanes)
        painter.setClipRect(below)
        height = self._row_height()
        top = below.top() - self.verticalScrollBar().value()
        for row, label in enumerate(self._order):
            line = QRect(0, top + row * height, self.viewport().width(), height)
            if line.intersects(below):
                self._paint_row(painter, line, lanes, label)
        painter.setClipping(False)
        if self.hasFocus():
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    # --- parts -------------------------------------------------------------------------------------

    def _effects(self, column: MeaningColumn) -> tuple[float, ...]:
        meanings = column.meanings
        return meanings[self._direction].effects if self._direction < len(meanings) else ()

    def _axis_height(self) -> int:
        return QFontMetrics(ui_font(0.92)).height() + GRID

    def _row_height(self) -> int:
        bars = max(1, len(self._view.columns)) * (BAR + 1)
        return max(bars + GRID, QFontMetrics(ui_font()).height() + GRID // 2)

    def _measure(self) -> None:
        page = max(0, self.viewport().height() - self._axis_height())
        bar = self.verticalScrollBar()
        bar.setPageStep(page)
        bar.setSingleStep(self._row_height())
        bar.setRange(0, max(0, len(self._order) * self._row_height() - page))

    def _repaint(self) -> None:
        self.viewport().update()

    def _lanes(self) -> _Lanes:
        area = self.viewport().rect().adjusted(GRID, 0, -GRID, 0)
        metrics = QFontMetrics(ui_font())
        widest = max((metrics.horizontalAdvance(name) for name in self._view.labels), default=0)
        names = min(widest + GRID, area.width() * 2 // 5)
        small = QFontMetrics(ui_font(0.92, digits=True))
        texts = [self._accuracies(label) for label in range(len(self._view.labels))]
        accuracies = max((small.horizontalAdvance(text) for text in texts), default=0)
        if accuracies:
            accuracies = min(max(accuracies, small.horizontalAdvance("Accuracy")) + GRID, area.width() // 3)
        bars = area.adjusted(names, 0, -accuracies, 0)
        return _Lanes(
            QRect(area.left(), 0, names - GRID, 0),
            bars.adjusted(GRID // 2, 0, -GRID // 2, 0),
            QRect(bars.right() + 1, 0, accuracies, 0),
        )

    def _accuracies(self, label: int) -> str:
        """Of one label in all models: "88 · 93 %" or "R² 0.61 · 0.70"."""
        given = [c.accuracies[label] for c in self._view.columns if c.accuracies is not None]
        if not given:
            return ""
        measure = self._view.measures[label]
        texts = ["–" if a is None else _accuracy(a, measure).removesuffix(" %") for a in given]
        joined = " · ".join(texts)
        return f"R² {joined}" if measure == "R²" else f"{joined} %"

    def _paint_axis(self, painter: QPainter, lanes: _Lanes) -> None:
        painter.setFont(ui_font(0.92, digits=True))
        painter.setPen(theme().color("muted"))
        line = QRect(lanes.bars.left(), 0, lanes.bars.width(), self._axis_height() - GRID // 2)
        flags = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, flags | Qt.AlignmentFlag.AlignLeft, signed(-self._scale, "g"))
        painter.drawText(line, flags | Qt.AlignmentFlag.AlignHCenter, "0")
        painter.drawText(line, flags | Qt.AlignmentFlag.AlignRight, signed(self._scale, "g"))
        if lanes.accuracies.width():
            right = QRect(lanes.accuracies.left(), 0, lanes.accuracies.width(), line.height())
            painter.drawText(right, flags | Qt.AlignmentFlag.AlignRight, "Accuracy")

    def _paint_row(self, painter: QPainter, line: QRect, lanes: _Lanes, label: int) -> None:
        colours = theme()
        view = self._view
        painter.setFont(ui_font())
        painter.setPen(colours.color("text"))
        names = QRect(lanes.names.left(), line.top(), lanes.names.width(), line.height())
        flags = Qt.AlignmentFlag.AlignVCenter
        name = painter.fontMetrics().elidedText(
            view.labels[label], Qt.TextElideMode.ElideRight, names.width()
        )
        painter.drawText(names, flags | Qt.AlignmentFlag.AlignRight, name)
        painter.setPen(QPen(colours.color("grid"), 1))
        for share in (-1, -0.5, 0.5, 1):
            x = round(lanes.x(share)) + 0.5
            painter.drawLine(QPoint(int(x), line.top()), QPoint(int(x), line.bottom() + 1))
        top = line.center().y() - len(view.columns) * (BAR + 1) // 2 + 1
        for column in view.columns:
            effects = self._effects(column)
            if effects:
                unsure = column.reliable is not None and not column.reliable[label]
                self._paint_bar(painter, lanes, top, effects[label], colours.color(column.role), unsure)
            top += BAR + 1
        painter.setPen(QPen(colours.color("muted"), 1))
        zero = round(lanes.x(0))
        painter.drawLine(QPoint(zero, line.top()), QPoint(zero, line.bottom() + 1))
        if lanes.accuracies.width():
            painter.setFont(ui_font(0.92, digits=True))
            unsure = all(c.reliable is not None and not c.reliable[label] for c in view.columns)
            painter.setPen(colours.color("muted" if unsure else "text"))
            right = QRect(lanes.accuracies.left(), line.top(), lanes.accuracies.width(), line.height())
            text = painter.fontMetrics().elidedText(
                self._accuracies(label), Qt.TextElideMode.ElideRight, right.width()
            )
            painter.drawText(right, flags | Qt.AlignmentFlag.AlignRight, text)

    def _paint_bar(
        self, painter: QPainter, lanes: _Lanes, top: int, effect: float, colour: QColor, unsure: bool
    ) -> None:
        zero, end = lanes.x(0), lanes.x(effect / self._scale)
        bar = QRectF(min(zero, end), top, abs(end - zero), BAR)
        if bar.width() < 0.5:
            return
        if unsure:
            # An outline: there is a number, but nothing to rely on.
            painter.setPen(QPen(colour, 1))
            painter.setBrush(mix(colour, theme().color("panel"), 0.15))
            painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
            return
        painter.fillRect(bar, colour)


def round_up(value: float) -> float:
    """The next of 1, 2 and 5 times a power of ten; 1 for nothing."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))


def signed(value: float, form: str = ".2f") -> str:
    """With its sign: "+0.31", "−0.20", "0.00"."""
    text = format(abs(value), form)
    if float(text) == 0:
        return text
    return f"{MINUS if value < 0 else '+'}{text}"


def _accuracy(value: float, measure: str) -> str:
    return f"{value:.2f}".replace("-", MINUS) if measure == "R²" else f"{100 * value:.0f} %"
