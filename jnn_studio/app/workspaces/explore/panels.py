"""Where Explore's panels lie around the pictures, and which of them give way in a small window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QTabWidget, QWidget

from jnn_studio.app.widgets.own_windows import StudioPanel
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.explore.map.dock import MapDock

NO_TWO_BELOW, NO_TWO_BESIDE = 1120, 910
"""Widths below which two panels have no room beside each other below the pictures, and none beside them."""

LEFT, BELOW = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea


class Panels:
    """Images, the map and saved directions at the left; directions, spectra and meaning below."""

    def __init__(
        self,
        page: Workspace,
        images: QWidget,
        images_map: MapDock,
        library: QWidget,
        directions: QWidget,
        spectrum: QWidget,
        meaning: QWidget,
    ) -> None:
        self._page = page
        first = self._dock("Images", images, LEFT)
        images_map.stand_beside(first)
        self.library = self._dock("Saved directions", library, LEFT)
        page.tabifyDockWidget(first, self.library)
        first.raise_()
        sliders = self._dock("Directions", directions, BELOW)
        values = self._dock("Singular values", spectrum, BELOW)
        page.splitDockWidget(sliders, values, Qt.Orientation.Horizontal)
        self.meaning = self._dock("Meaning", meaning, BELOW)
        page.tabifyDockWidget(values, self.meaning)
        values.raise_()
        page.fold_below(
            (NO_TWO_BELOW, (sliders, values, self.meaning)),
            (NO_TWO_BESIDE, (sliders, first, self.library)),
        )
        page.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        page.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
        page.resizeDocks([sliders, values], [580, 420], Qt.Orientation.Horizontal)
        page.resizeDocks([sliders], [336], Qt.Orientation.Vertical)

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = StudioPanel(title, self._page)
        dock.setObjectName(f"explore.dock.{title.lower().replace(' ', '_')}")
        dock.setWidget(widget)
        self._page.addDockWidget(area, dock)
        return dock
