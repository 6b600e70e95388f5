"""The drawing surface of a plot: axes, grid, legend, marker, crosshair, and the words shown when empty."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QLabel

from jnn_studio.app.colors import Colors
from jnn_studio.app.plots.crosshair import Crosshair
from jnn_studio.app.plots.legend import Legend
from jnn_studio.app.plots.view import PlotAxis, PlotViewBox
from jnn_studio.app.theme import GRID, ui_font


class Canvas(pg.PlotWidget):
    """Knows how to look; what it shows is the plot's business."""

    doubleClicked = Signal()
    focusChanged = Signal()

    def __init__(self, object_name: str) -> None:
        axes = {side: PlotAxis(side) for side in ("left", "bottom")}
        super().__init__(viewBox=PlotViewBox(), axisItems=axes, enableMenu=False)
        self.x_axis, self.y_axis = axes["bottom"], axes["left"]
        self.box = self.getViewBox()
        self.setObjectName(object_name)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)  # to a reader it would be a second plot
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # What is dropped here is the page's; a scene that takes no drops complains when they leave again.
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.hideButtons()
        item = self.getPlotItem()
        item.showGrid(x=True, y=True, alpha=1.0)
        self.legend = Legend()
        item.layout.removeItem(item.titleLabel)  # the title is the plot's own
        item.layout.addItem(self.legend, 0, 1)
        self.marker = pg.InfiniteLine(angle=90, label="", labelOpts={"position": 0.06})
        self.marker.label.anchors = [(0, 1), (1, 1)]  # beside the line, on the side that has room
        self._marked = False
        self.marker.hide()
        self.box.addItem(self.marker, ignoreBounds=True)
        self.crosshair = Crosshair(self)
        self.empty = QLabel(self)
        self.empty.setObjectName(f"{object_name}.empty")
        self.empty.setProperty("tone", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def dress(self, colors: Colors) -> None:
        self.setBackground(colors.plot)
        font = ui_font(0.9, digits=True)
        for axis in (self.x_axis, self.y_axis):
            axis.dress(colors, font)
        accent = QColor(colors.accent)
        self.marker.setPen(pg.mkPen(accent))
        self.marker.label.setColor(accent)
        self.crosshair.dress(colors)
        self.box.rbScaleBox.setPen(pg.mkPen(accent))
        accent.setAlphaF(0.15)
        self.box.rbScaleBox.setBrush(accent)

    def show_empty(self, words: str) -> None:
        """Words in place of axes and legend; none: the axes."""
        self.empty.setText(words)
        self.empty.setVisible(bool(words))
        for part in (self.x_axis, self.y_axis, self.legend):
            part.setVisible(not words)
        self.marker.setVisible(self._marked and not words)

    def show_marker(self, marked: bool) -> None:
        """A marker or none; there is none without axes."""
        self._marked = marked
        self.marker.setVisible(marked and not self.empty.text())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None:  # None: pyqtgraph's own call, before this surface is complete
            self.empty.setGeometry(self.rect().adjusted(GRID, GRID, -GRID, -GRID))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.crosshair.hide()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        self.doubleClicked.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focusChanged.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focusChanged.emit()
