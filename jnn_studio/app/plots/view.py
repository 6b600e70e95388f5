"""The axes and the mouse handling of a plot."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter

from jnn_studio.app.colors import Colors
from jnn_studio.app.theme import mix

NARROW_SPACE = "\u202f"

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class PlotAxis(pg.AxisItem):
    """An axis that writes 200 000 rather than 2e+05 and, if told so, ticks at whole numbers only."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation, maxTickLength=0)
        self.integers = False
        self._back = QColor()
        self.enableAutoSIPrefix(False)

    def dress(self, colors: Colors, font: QFont) -> None:
        self._back = QColor(colors.plot)
        self.setPen(pg.mkPen(colors.border))
        self.setTickPen(pg.mkPen(colors.grid))
        self.setTextPen(pg.mkPen(colors.muted))
        self.setTickFont(font)
        self.label.setFont(font)
        self.setLabel(self.labelText, color=colors.text)

    def setLabel(self, *names: Any, **options: Any) -> None:
        """Name the axis; pyqtgraph leaves a name of another length where the last one began."""
        super().setLabel(*names, **options)
        self.resizeEvent()

    def labelString(self) -> str:
        """The name as HTML, which is what pyqtgraph draws."""
        name: str = self.labelText
        self.labelText: str = escape(name)
        try:
            return str(super().labelString())
        finally:
            self.labelText = name

    def generateDrawSpecs(self, painter: QPainter) -> tuple[Any, Any, Any] | None:
        """Grid lines fade where they stand close; make that an opaque colour, which draws far faster."""
        specs = super().generateDrawSpecs(painter)
        if specs is None:
            return None
        axis, ticks, texts = specs
        lines = [
            (pg.mkPen(mix(pen.color(), self._back, pen.color().alphaF())), *ends) for pen, *ends in ticks
        ]
        return axis, lines, texts

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        levels = super().tickSpacing(low, high, size)
        if not self.integers:
            return levels
        return [level for level in levels if level[0] >= 1] or [(1, 0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.logMode or spacing < 1 or not values or max(map(abs, values)) < 10_000:
            return super().tickStrings(values, scale, spacing)
        return [f"{value * scale:,.0f}".replace(",", NARROW_SPACE) for value in values]

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Powers of ten in one manner along the axis: as 10ⁿ where any of them is long as a decimal.

        Between decades only 2 and 5 are named, unless there is less than a decade to see.
        """
        if all(-3 <= exponent <= 4 for exponent in self.range):
            texts = [f"{10**value:.1g}" if value < 0 else f"{10**value:.0f}" for value in values]
        else:
            texts = [_decade(value) for value in values]
        if self.range[1] - self.range[0] < 0.75:
            return texts
        return [text if _digit(value) in (1, 2, 5) else "" for text, value in zip(texts, values, strict=True)]


def power_of_ten(exponent: int) -> str:
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def _decade(exponent: float) -> str:
    """Ten to an exponent that lies on a tick: a digit times a power of ten."""
    decade, digit = int(np.floor(exponent + 1e-9)), _digit(exponent)
    return power_of_ten(decade) if digit == 1 else f"{digit}·{power_of_ten(decade)}"


def _digit(exponent: float) -> int:
    """The leading digit of ten to an exponent that lies on a tick."""
    return round(10 ** (exponent - np.floor(exponent + 1e-9)))


class PlotViewBox(pg.ViewBox):
    """Left drag zooms to a box; middle drag, or Shift with the left button, pans; the wheel zooms."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.disableAutoRange()
        self.setZValue(1)  # over the axes, which draw the grid

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.ignore()
            return
        panning = event.button() == Qt.MouseButton.MiddleButton or (
            event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        )
        self.setMouseMode(self.PanMode if panning else self.RectMode)
        super().mouseDragEvent(event, axis)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys belong to the plot around this view."""
        event.ignore()
