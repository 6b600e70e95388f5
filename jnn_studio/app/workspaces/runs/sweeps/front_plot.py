"""Effective rank against what a model is worth: a point is a model, and a line joins those nothing beats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor

from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.theme import theme, ui_font
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.base.text import printable
from jnn_studio.sweeps.points import WORTHS, SweepPoint, SweepView, front
from jnn_studio.training.words import PSNR

REACH = 16
"""Pixels from a point within which a click means it."""
DOT, RING = 9, 17
LABELLED = 24
"""Points that are named; more would stand on each other."""
EMPTY = "Every model of the sweep is a point here, once it has a rank and a PSNR"


class FrontPlot(StudioPlot):
    """Shows one sweep; live, as it is handed newer views.

    Signals:
        picked: (key) somebody clicked a point.
        worthChanged: another quality stands against the rank.
    """

    picked = Signal(str)
    worthChanged = Signal()

    def __init__(self) -> None:
        super().__init__("runs.front", "Front")
        self.room = (0.04, 0.12)  # for what stands at the points
        self.set_labels(x="Effective rank, directions", y=WORTHS[PSNR][1])
        self.set_empty_text(EMPTY)
        self.add_curve("front", "Front", "regularised", dots=True)
        self.add_curve("others", "Other models", "muted", style="none", dots=True)
        self.add_curve("twin", "Unregularised", "unregularised", style="none", dots=True)
        self.add_curve("young", "Still training", "accent", style="none", dots=True)
        for curve in self._curves.values():
            curve.item.setSymbolSize(DOT)
        self._labels: list[pg.TextItem] = []
        self.points: tuple[SweepPoint, ...] = ()
        """Those that are drawn."""
        self.front: tuple[SweepPoint, ...] = ()
        self._chosen = ""
        self._ring = pg.ScatterPlotItem(size=RING, brush=None)
        self._ring.setZValue(5)
        self.canvas.box.addItem(self._ring, ignoreBounds=True)
        self.worths = SegmentedControl(
            {key: (title, f"{axis} against the effective rank") for key, (title, axis) in WORTHS.items()},
            "runs.front.worth",
            "Quality",
        )
        self.worths.currentChanged.connect(self._worth_chosen)
        self.header.insertWidget(2, self.worths)
        self._view: SweepView | None = None
        self.canvas.scene().sigMouseClicked.connect(self._clicked)
        theme().changed.connect(self._redressed)

    @property
    def worth(self) -> str:
        """What stands against the rank."""
        return self.worths.current

    def show_view(self, view: SweepView | None) -> None:
        """Draw a sweep as it is now."""
        other = view is None or self._view is None or view.path != self._view.path
        self._view = view
        there = () if view is None else view.worths
        for key in WORTHS:
            self.worths.set_enabled(key, key in there or key == PSNR)
        if self.worth not in there and there:
            self.worths.current = there[0]
        points = () if view is None else view.points
        worth = self.worth
        self.points = tuple(p for p in points if p.rank is not None and p.worth(worth) is not None)
        self.front = front(self.points, worth)
        on_front = {point.key for point in self.front}
        groups: dict[str, list[SweepPoint]] = {
            "front": list(self.front),
            "others": [],
            "twin": [],
            "young": [],
        }
        for point in self.points:
            if point.run.under_way:
                groups["young"].append(point)
            elif point.twin:
                groups["twin"].append(point)
            elif point.key not in on_front:
                groups["others"].append(point)
        for key, members in groups.items():
            xy = sorted((point.rank or 0.0, point.worth(worth) or 0.0) for point in members)
            self.set_data(key, [x for x, _ in xy], [y for _, y in xy])
            self.set_visible(key, key in ("front", "twin") or bool(members))
        if other:
            self.autoscale()
        self._label_points()
        self._show_chosen()
        self.refresh()

    def choose(self, key: str) -> None:
        """Mark a point."""
        self._chosen = key
        self._show_chosen()

    def at(self, point: SweepPoint) -> tuple[float, float]:
        """Where a point is, on the axes."""
        y = point.worth(self.worth) or 0.0
        return point.rank or 0.0, float(np.log10(y)) if self.log and y > 0 else y

    def _label_points(self) -> None:
        """What varies, in small figures below each point, while there are few."""
        for label in self._labels:
            self.canvas.box.removeItem(label)
        self._labels = []
        for point in self.points if len(self.points) <= LABELLED else ():
            words = ", ".join(point.values.values())
            label = pg.TextItem(printable(words), color=theme().colors.muted, anchor=(0.5, -0.3))
            label.setFont(ui_font(0.85, digits=True))
            label.setPos(*self.at(point))
            self.canvas.box.addItem(label, ignoreBounds=True)
            self._labels.append(label)

    def _redressed(self) -> None:
        self._label_points()
        self._show_chosen()

    def _show_chosen(self) -> None:
        chosen = next((point for point in self.points if point.key == self._chosen), None)
        self._ring.setPen(pg.mkPen(QColor(theme().colors.accent), width=2))
        self._ring.setData([] if chosen is None else [{"pos": self.at(chosen)}])

    def _worth_chosen(self) -> None:
        self.set_labels(y=WORTHS[self.worth][1])
        self.show_view(self._view)
        self.autoscale()
        self.worthChanged.emit()

    def _clicked(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not event.double():
            found = nearest(self.points, event.scenePos(), self)
            if found is not None:
                self.picked.emit(found.key)


def nearest(points: Sequence[SweepPoint], position: QPointF, plot: FrontPlot) -> SweepPoint | None:
    """The point that a click on the scene means, if one is near enough."""
    box = plot.canvas.box

    def distance(point: SweepPoint) -> float:
        at = box.mapViewToScene(QPointF(*plot.at(point)))
        return float(np.hypot(at.x() - position.x(), at.y() - position.y()))

    found = min(points, key=distance, default=None)
    return found if found is not None and distance(found) <= REACH else None
