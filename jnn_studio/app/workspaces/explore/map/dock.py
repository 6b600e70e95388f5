"""The Map beside the gallery: what is chosen in one is seen in the other."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow

from jnn_studio.app.context import AppContext
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.own_windows import StudioPanel
from jnn_studio.app.workspaces.explore.gallery.panel import Gallery
from jnn_studio.app.workspaces.explore.map.panel import MapPanel
from jnn_studio.explore.collection.surveys import Surveys

WIDTH = 45 * GRID
"""At least, when it first comes; it can be dragged wider or narrower."""


class MapDock(StudioPanel):
    """Hidden at first: it takes room from the pictures.

    While it is seen, the docks below the pictures reach to the left edge of the window: the sliders need the
    room more than the images do.
    """

    def __init__(self, window: QMainWindow, context: AppContext, gallery: Gallery, surveys: Surveys) -> None:
        super().__init__("Map", window)
        self._window = window
        self._came = False
        self.setObjectName("explore.dock.map")
        self.panel = MapPanel(context, surveys)
        self.setWidget(self.panel)
        self._show = QAction("Show the &map of the images", self, objectName="explore.map.show")
        self._show.setShortcut("Ctrl+M")
        self._show.setToolTip("Where a model puts the images: choose one, cut some out, follow a walk")
        self._show.triggered.connect(self._come)
        self.toggleViewAction().toggled.connect(self._make_room)
        panel = self.panel
        panel.picked.connect(gallery.pick)
        panel.all_asked.connect(gallery.clear)
        gallery.facets_changed.connect(panel.set_facets)
        gallery.selection_changed.connect(panel.set_selection)

    def commands(self) -> list[QAction]:
        """For the menu and the palette."""
        return [self._show, *self.panel.commands()]

    def stand_beside(self, images: QDockWidget) -> None:
        """To be called while ``images`` share their place with none: else it becomes one more tab there."""
        self._window.splitDockWidget(images, self, Qt.Orientation.Horizontal)
        self.hide()

    def _make_room(self, shown: bool) -> None:
        left, bottom = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        self._window.setCorner(Qt.Corner.BottomLeftCorner, bottom if shown else left)

    def _come(self) -> None:
        self.show()
        if not self._came:
            width = max(WIDTH, self._window.width() // 4)
            self._window.resizeDocks([self], [width], Qt.Orientation.Horizontal)
        self._came = True
        self.raise_()
        self.panel.canvas.setFocus()
