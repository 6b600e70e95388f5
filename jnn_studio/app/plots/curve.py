"""One curve of a plot: its samples, its looks, and the item that draws it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from jnn_studio.app.colors import SHAPES, Colors
from jnn_studio.app.plots.series import Bounds, Series
from jnn_studio.app.theme import mix

Line = Literal["solid", "dash", "dot", "dash-dot", "none"]
"""How a curve's line is drawn; "none" for dots alone."""
PENS: Mapping[Line, Qt.PenStyle] = {
    "solid": Qt.PenStyle.SolidLine,
    "dash": Qt.PenStyle.DashLine,
    "dot": Qt.PenStyle.DotLine,
    "dash-dot": Qt.PenStyle.DashDotLine,
    "none": Qt.PenStyle.NoPen,
}

MAX_DOTS = 400
"""A curve drawn with more points than this shows no dots: they would touch."""

MAX_TRAVEL = 20
"""A curve that goes up and down by more view heights than this is drawn plainly, one device pixel wide: on
such a scribble a wider pen would cost a hundred times as much and show no more."""

LINE_WIDTH = 1.5
SYMBOL = 7
"""Pixels across of the mark that tells a curve from others without its colour."""
MARKS = 6
"""About so many marks are on a curve that shows no dots, as far as it is in view."""


class Curve:
    """`color` is a role of the theme; a `faint` curve stands behind the others and out of the legend."""

    def __init__(self, label: str, color: str, line: Line, dots: bool, faint: bool) -> None:
        self.label = label
        self.quantity = ""
        """What of its label it is, where the plot shows more than one thing."""
        self.listed = True
        """Whether the legend has an entry of its own for it."""
        self.color = color
        self.dots = dots
        self.faint = faint
        self.visible = True
        self.series = Series()
        self.shape = SHAPES.get(color, "o")
        self.item = pg.PlotDataItem(symbolSize=5 if self.shape in "os" else SYMBOL, symbolPen=None)
        self.marks = pg.ScatterPlotItem(size=SYMBOL, symbol=self.shape, pen=None)
        self.marks.hide()  # painted without points it ends the process
        self.items = (self.item, self.marks)
        self._line = pg.mkPen(width=1)
        self.set_line(line)

    @property
    def name(self) -> str:
        """What tells it apart where faint curves are listed too."""
        whole = f"{self.label}: {self.quantity}" if self.quantity else self.label
        return f"{whole}, raw" if self.faint else whole

    @property
    def shown(self) -> bool:
        return self.visible and len(self.series) > 0

    def drawable(self, log: bool) -> Series:
        """What can be drawn: on a log axis, the positive values alone."""
        return self.series.positive if log else self.series

    def looks(self, colors: Colors) -> QColor:
        """The colour it is drawn in: its own, or faded into the background."""
        color = QColor(colors.role(self.color))
        return mix(color, QColor(colors.plot), 0.35) if self.faint else color

    @property
    def style(self) -> Qt.PenStyle:
        """Of its line."""
        return PENS[self.line]

    def set_line(self, line: Line) -> None:
        """Draw it so from the next time on."""
        self.line = line
        self._line.setStyle(self.style)
        # Segment by segment a wide pen is several times as fast as along a path, but breaks up dashes.
        self.item.curve.setSegmentedLineMode("on" if line == "solid" else "off")

    def dress(self, colors: Colors) -> None:
        self._line.setColor(self.looks(colors))
        self.item.setPen(self._line)
        self.item.setSymbolBrush(self._line.color())
        self.marks.setBrush(self._line.color())
        for item in self.items:
            item.setZValue(0 if self.faint else 1)

    def draw(self, view: tuple[Bounds, Bounds], columns: int, log: bool, pixel: float) -> bool:
        """Hand the item what it needs for a view so many device pixels wide; False if that is nothing.

        `view`: the ranges of x and of y, log10 y on a log axis. `pixel`: device pixels in a logical one.
        """
        if not self.shown:
            self.item.setData([], [])
            self.marks.hide()
            return False
        x, y = self.drawable(log).decimate(*view[0], columns)
        if log:
            y = np.log10(y)
        finite = np.isfinite(y)
        whole = bool(finite.all())
        travel = np.nansum(np.abs(np.diff(y))) / (view[1].high - view[1].low)
        calm = bool(travel <= MAX_TRAVEL)
        self._line.setWidthF(LINE_WIDTH * pixel if calm and not self.faint else 1)
        # A lone sample has no line: it must show as a dot.
        dots = np.count_nonzero(finite) == 1 or (self.dots and len(x) <= MAX_DOTS)
        self.item.setData(
            x,
            y,
            pen=self._line,
            antialias=calm,
            connect="all" if whole else "finite",
            skipFiniteCheck=whole,
            symbol=self.shape if dots else None,
        )
        marked = not (dots or self.faint or self.line == "none")
        at = _marked(x[finite], view[0]) if marked else np.empty(0, int)
        self.marks.setVisible(len(at) > 0)
        if len(at):
            self.marks.setData(x[finite][at], y[finite][at])
        return bool(finite.any())


def _marked(x: np.ndarray, view: Bounds) -> np.ndarray:
    """Which samples bear a mark: they stay where they are while the view moves, or a curve grows."""
    step = 2.0 ** np.floor(np.log2((view.high - view.low) / MARKS))
    places = np.arange(np.ceil(view.low / step), np.floor(view.high / step) + 1) * step
    places = places[(places >= x[0]) & (places <= x[-1])] if len(x) else places[:0]
    return np.unique(np.searchsorted(x, places))


def fit(
    curves: Iterable[Curve], log: bool, floor: float | None, room: tuple[float, float]
) -> tuple[Bounds, Bounds] | None:
    """The ranges of x and y (log10 y, from `floor` up, on a log axis) of the curves shown; None: nothing.

    `room`: shares of the ranges that are left free at the ends of x and of y.
    """
    shown = [(curve.series, curve.drawable(log).bounds()) for curve in curves if curve.shown]
    held = [(series, bounds) for series, bounds in shown if bounds is not None]
    if not held:
        return None
    x = Bounds(min(series.x[0] for series, _ in held), max(series.x[-1] for series, _ in held))
    y = Bounds(min(bounds.low for _, bounds in held), max(bounds.high for _, bounds in held))
    if log:
        low = max(y.low, floor or 0.0)
        y = Bounds(float(np.log10(low)), float(np.log10(max(y.high, low))))
    return _padded(x, room[0]), _padded(y, room[1])


def _padded(bounds: Bounds, share: float) -> Bounds:
    """The range with some room at both ends; a range of no width gets some."""
    room = (bounds.high - bounds.low) * share or max(abs(bounds.low), 1.0) * 0.1
    return Bounds(bounds.low - room, bounds.high + room)
