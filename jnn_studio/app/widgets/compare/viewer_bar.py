"""How the pictures are looked at: beside each other or two in one place, zoom, loupe."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.compare.viewer import BLINK, SIDE_BY_SIDE, SPLIT, Viewer
from jnn_studio.app.widgets.segmented import SegmentedControl

_MODES = {
    SIDE_BY_SIDE: ("Side by side", "All pictures, with the same zoom and place (S)"),
    SPLIT: ("Split", "Two pictures either side of a line that can be dragged (P)"),
    BLINK: ("Blink", "Two pictures by turns in the same place (K); Space turns by hand"),
}


class ViewerBar(QWidget):
    """The viewer's controls; `actions_` are the same for menu and keys.

    Signals:
        mode_changed: (mode).
    """

    mode_changed = Signal(str)

    def __init__(self, viewer: Viewer, page: str) -> None:
        super().__init__()
        self.setObjectName(f"{page}.viewer_bar")
        self._viewer = viewer
        self._page = page
        self.modes = SegmentedControl(_MODES, f"{page}.mode", "How pictures are compared")
        self.first = self._chooser("first", "The picture at the left, or the first one")
        self.second = self._chooser("second", "The picture at the right, or the second one")
        self.swap = IconButton("swap", "Exchange the two pictures (X)", f"{page}.swap")
        self.out = IconButton("minus", "Zoom out (− or Ctrl+−)", f"{page}.zoom_out")
        self.scale = QLabel(objectName=f"{page}.scale")
        self.scale.setFont(ui_font(digits=True))
        self.scale.setFixedWidth(self.scale.fontMetrics().horizontalAdvance("4000 % "))
        self.scale.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.scale.setToolTip("Pixels of the screen per pixel of the picture")
        self.into = IconButton("plus", "Zoom in (+ or Ctrl++)", f"{page}.zoom_in")
        self.fit = IconButton("fit", "Show all of the picture (F)", f"{page}.fit")
        self.actual = IconButton(
            "actual", "One pixel of the picture on one of the screen (Z)", f"{page}.actual"
        )
        self.loupe = IconButton(
            "loupe", "A loupe over every picture, where the mouse is (U)", f"{page}.loupe"
        )
        self.loupe.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        what: tuple[QWidget, ...] = (self.modes, self.first, self.swap, self.second)
        how: tuple[QWidget, ...] = (self.out, self.scale, self.into, self.fit, self.actual, self.loupe)
        for part in what:
            row.addWidget(part)
        row.addSpacing(GRID)
        for part in how:
            row.addWidget(part)
        self.modes.currentChanged.connect(self._choose_mode)
        self.first.activated.connect(self._choose_pair)
        self.second.activated.connect(self._choose_pair)
        self.swap.clicked.connect(self._swap)
        self.out.clicked.connect(lambda: viewer.pane.zoom(-1))
        self.into.clicked.connect(lambda: viewer.pane.zoom(1))
        self.fit.clicked.connect(viewer.view.fit)
        self.actual.clicked.connect(lambda: viewer.pane.show_actual_size())
        self.loupe.toggled.connect(viewer.view.set_loupe)
        viewer.view.changed.connect(self._show_scale)
        viewer.resized.connect(self._show_scale)
        viewer.keys_changed.connect(self._offer)
        self.actions_ = self._make_actions()
        self._offer_actions(False)
        self._choose_mode(SIDE_BY_SIDE)

    def prefer(self, first: str, second: str) -> None:
        """Compare these two if they are there."""
        for box, key in ((self.first, first), (self.second, second)):
            if box.findData(key) >= 0:
                box.setCurrentIndex(box.findData(key))
        self._choose_pair()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._offer_actions(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._offer_actions(False)

    def _offer_actions(self, offered: bool) -> None:
        """Several pages have such a bar: only that on show is in the menus, and its keys are awake."""
        for action in self.actions_:
            action.setVisible(offered)

    def _chooser(self, name: str, tip: str) -> QComboBox:
        box = QComboBox(objectName=f"{self._page}.{name}")
        box.setToolTip(tip)
        box.setAccessibleName(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        return box

    def _make_actions(self) -> list[QAction]:
        viewer = self._viewer
        found = []

        def add(name: str, text: str, call: object, *keys: str) -> None:
            action = QAction(text, self, objectName=f"{self._page}.action.{name}")
            action.triggered.connect(call)
            action.setShortcuts([QKeySequence(key) for key in keys])
            found.append(action)

        for mode, key in ((SIDE_BY_SIDE, "S"), (SPLIT, "P"), (BLINK, "K")):
            add(mode, _MODES[mode][0], lambda _=False, mode=mode: setattr(self.modes, "current", mode), key)
        add("turn", "Show the other picture", viewer.turn_by_hand)
        add("swap", "Exchange the two pictures", self._swap, "X")
        add("zoom_in", "Zoom in", lambda: viewer.pane.zoom(1), "Ctrl++", "Ctrl+=")
        add("zoom_out", "Zoom out", lambda: viewer.pane.zoom(-1), "Ctrl+-")
        add("fit", "Show all of the picture", viewer.view.fit, "F", "Ctrl+0")
        add("actual", "Actual size", lambda: viewer.pane.show_actual_size(), "Z")
        add("loupe", "Loupe", self.loupe.toggle, "U")
        return found

    def _choose_mode(self, mode: str) -> None:
        self._viewer.mode = mode
        for part in (self.first, self.second, self.swap):
            part.setVisible(mode != SIDE_BY_SIDE)
        self._show_scale()
        self.mode_changed.emit(mode)

    def _choose_pair(self) -> None:
        self._viewer.pair = (str(self.first.currentData()), str(self.second.currentData()))

    def _swap(self) -> None:
        first, second = self.first.currentIndex(), self.second.currentIndex()
        self.first.setCurrentIndex(second)
        self.second.setCurrentIndex(first)
        self._choose_pair()

    def _offer(self) -> None:
        """The pictures there are now; those that were chosen stay so."""
        for box in (self.first, self.second):
            chosen = box.currentData()
            with QSignalBlocker(box):
                box.clear()
                for key, entry in self._viewer.entries.items():
                    box.addItem(entry.title.split(",")[0], key)
                box.setCurrentIndex(max(box.findData(chosen), 0))
        if self.first.currentIndex() == self.second.currentIndex() and self.first.count() > 1:
            self.second.setCurrentIndex(
                self.first.currentIndex() + 1 if self.first.currentIndex() == 0 else 0
            )
        self._choose_pair()

    def _show_scale(self) -> None:
        pane = self._viewer.pane
        percent = 100 * self._viewer.view.scale_in(pane.area.size()) * self.devicePixelRatioF()
        known = any(entry.levels for entry in self._viewer.entries.values())
        self.scale.setText(f"{percent:.0f} %" if known else "")
