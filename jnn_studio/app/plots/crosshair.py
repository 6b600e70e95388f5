"""A vertical line that reads every visible curve at its sample nearest to the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel

from jnn_studio.app.colors import Colors
from jnn_studio.app.plots.curve import Curve
from jnn_studio.app.plots.series import Series
from jnn_studio.app.plots.view import power_of_ten
from jnn_studio.app.theme import GRID, ui_font


@dataclass(frozen=True)
class CurveReading:
    """One curve under the crosshair."""

    label: str
    color: str
    x: float
    y: float


def read(curves: Iterable[Curve], x: float, colors: Colors) -> list[CurveReading]:
    """The sample nearest to x of each curve that has one."""
    readings = []
    for curve in curves:
        index = curve.series.nearest(x)
        if index is not None:
            at = float(curve.series.x[index]), float(curve.series.y[index])
            readings.append(CurveReading(curve.name, curve.looks(colors).name(), *at))
    return readings


class Crosshair:
    """The line, a dot on each curve and a box of values; hidden until shown at an x."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        self._line = pg.InfiniteLine(angle=90, movable=False)
        self._dots = pg.ScatterPlotItem(size=7, pen=None)
        self.readout = QLabel(plot)
        self.readout.setObjectName("crosshair")
        self.readout.setTextFormat(Qt.TextFormat.RichText)
        self.readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.readout.setFont(ui_font(0.9, digits=True))
        for item in (self._line, self._dots):
            item.setZValue(100)
            plot.getViewBox().addItem(item, ignoreBounds=True)
        self.x: float | None = None
        self.hide()

    def dress(self, colors: Colors) -> None:
        self._line.setPen(pg.mkPen(colors.muted, style=Qt.PenStyle.DotLine))
        self.readout.setStyleSheet(
            f"background: {colors.panel}; border: 1px solid {colors.border};"
            " border-radius: 6px; padding: 4px;"
        )

    def hide(self) -> None:
        self.x = None
        for part in (self._line, self._dots, self.readout):
            part.hide()

    def show(self, x_name: str, readings: Sequence[CurveReading], near: float, log: bool) -> None:
        """Read out the samples, standing at the one nearest to `near`; `log`: the axis shows log10 y."""
        if not readings:
            self.hide()
            return
        self.x = min((reading.x for reading in readings), key=lambda x: abs(x - near))
        self._line.setValue(self.x)
        spots = []
        for reading in readings:
            if np.isfinite(reading.y) and (reading.y > 0 or not log):
                y = np.log10(reading.y) if log else reading.y
                spots.append({"pos": (reading.x, y), "brush": QColor(reading.color)})
        self._dots.setData(spots)
        self.readout.setText(_table(x_name, self.x, readings))
        self.readout.adjustSize()
        for part in (self._line, self._dots, self.readout):
            part.show()
        self._place()

    def step(self, series: Series, direction: int) -> float:
        """Where a step along the curve leads: to the next sample, or a pixel on where they stand closer."""
        box = self._plot.getViewBox()
        (low, high), _ = box.viewRange()
        if self.x is None:
            return (low + high) / 2
        here = series.nearest(self.x)
        there = series.nearest(self.x + direction * (high - low) / max(box.width(), 1))
        if here is None or there is None:
            return self.x
        if there == here:
            there = min(max(here + direction, 0), len(series) - 1)
        return float(series.x[there])

    def _place(self) -> None:
        """Beside the line, on whichever side has room."""
        view = self._plot.getViewBox().sceneBoundingRect()
        at = self._plot.getViewBox().mapViewToScene(QPointF(self.x or 0.0, 0.0)).x()
        left = at + GRID * 1.5
        if left + self.readout.width() > view.right():
            left = max(at - GRID * 1.5 - self.readout.width(), 0)
        self.readout.move(round(left), round(view.top()) + GRID)


def number(value: float) -> str:
    """A value as people read it: five significant figures, powers of ten where decimals grow long."""
    if np.isnan(value):
        return "no value"
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return f"{value:.5g}" if abs(value) < 1e5 else f"{value:.0f}"
    digits, exponent = f"{value:.3e}".split("e")
    return f"{digits}·{power_of_ten(int(exponent))}"


def _table(x_name: str, x: float, readings: Sequence[CurveReading]) -> str:
    rows = [f"<tr><td></td><td>{escape(x_name)}&nbsp;&nbsp;</td><td align='right'>{x:.10g}</td></tr>"]
    for reading in readings:
        elsewhere = f" @ {reading.x:.10g}" if reading.x != x else ""
        rows.append(
            f"<tr><td style='color:{reading.color}'>●&nbsp;</td><td>{escape(reading.label)}&nbsp;&nbsp;</td>"
            f"<td align='right'><b>{number(reading.y)}</b>{elsewhere}</td></tr>"
        )
    return f"<table cellspacing='0' cellpadding='1'>{''.join(rows)}</table>"
