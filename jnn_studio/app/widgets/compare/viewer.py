"""All pictures side by side, or two of them in one place: split, or by turns."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID, theme
from jnn_studio.app.widgets.compare.entry import Entry
from jnn_studio.app.widgets.compare.picture_pane import PicturePane
from jnn_studio.app.widgets.compare.shared_view import SharedView
from jnn_studio.app.widgets.compare.split_pane import SplitPane
from jnn_studio.app.widgets.compare.view_pane import ViewPane

BLINK_MS = 700
SIDE_BY_SIDE, SPLIT, BLINK = "side-by-side", "split", "blink"
WORDS = 80
"""Height that a pane's words take, about."""


class Viewer(QWidget):
    """Shows entries by key.

    Signals:
        save_asked: (key) a picture is wanted as a file.
        keys_changed: other entries are there than before.
        resized: the room for a picture has changed.
    """

    save_asked = Signal(str)
    keys_changed = Signal()
    resized = Signal()

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.view = SharedView(self)
        self.entries: dict[str, Entry] = {}
        self.panes: dict[str, PicturePane] = {}
        self._pair = ("", "")
        self._mode = SIDE_BY_SIDE
        self._second = False
        self.split = SplitPane(self.view, f"{object_name}.split")
        self.blink = PicturePane(self.view, f"{object_name}.blink")
        self.split.resized.connect(self.resized)
        self.blink.resized.connect(self.resized)
        self.blink.save_asked.connect(lambda: self.save_asked.emit(self._pair[self._second]))
        self._all = QWidget()
        self._grid = QGridLayout(self._all)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GRID)
        self._stack = QStackedWidget()
        for page in (self._all, self.split, self.blink):
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self._turns = QTimer(self, interval=BLINK_MS)
        self._turns.timeout.connect(self.turn)

    def show_entries(self, entries: Mapping[str, Entry]) -> None:
        """Show these, in this order."""
        changed = list(entries) != list(self.entries)
        self.entries = dict(entries)
        largest = next((entry.levels for entry in entries.values() if entry.levels), ())
        before = self.view.size
        if largest:
            height, width = largest[0].shape[:2]
            self.view.set_size(width, height)
        if changed:
            self._make()
        elif self.view.size != before:
            self._arrange()
        for key, entry in entries.items():
            self.panes[key].show_entry(entry)
        if changed:
            self.keys_changed.emit()
        self._show_pair()

    @property
    def mode(self) -> str:
        """One of `SIDE_BY_SIDE`, `SPLIT`, `BLINK`."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        self._mode = mode
        self._stack.setCurrentIndex((SIDE_BY_SIDE, SPLIT, BLINK).index(mode))
        self._run_turns()

    @property
    def pair(self) -> tuple[str, str]:
        """The keys of the two that are compared."""
        return self._pair

    @pair.setter
    def pair(self, pair: tuple[str, str]) -> None:
        self._pair = pair
        self._show_pair()

    @property
    def pane(self) -> ViewPane:
        """One that can be seen now: that with the keyboard, or the first."""
        if self._mode == SPLIT:
            return self.split
        if self._mode == BLINK:
            return self.blink
        panes = list(self.panes.values())
        return next((pane for pane in panes if pane.hasFocus()), panes[0] if panes else self.blink)

    def turn(self) -> None:
        """Show the other one of the pair."""
        self._second = not self._second
        self._show_pair()

    def turn_by_hand(self) -> None:
        """From now on only when asked, until blinking is chosen anew."""
        self._turns.stop()
        self.turn()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self._mode == BLINK:
            self.turn_by_hand()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run_turns()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._turns.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _run_turns(self) -> None:
        if self._mode == BLINK and self.isVisible() and theme().moves:
            self._turns.start()
        else:
            self._turns.stop()

    def _show_pair(self) -> None:
        entries = [self.entries.get(key, Entry("")) for key in self._pair]
        self.split.show_entries(*entries)
        self.blink.show_entry(entries[self._second])

    def _make(self) -> None:
        """Panes for the entries there are now; one for the same key stays, with its focus."""
        for key in [key for key in self.panes if key not in self.entries]:
            pane = self.panes.pop(key)
            self._grid.removeWidget(pane)
            pane.hide()
            pane.deleteLater()
        for key in self.entries:
            if key not in self.panes:
                pane = PicturePane(self.view, f"{self.objectName()}.{key}")
                pane.resized.connect(self.resized)
                pane.save_asked.connect(lambda key=key: self.save_asked.emit(key))
                self.panes[key] = pane
        self.panes = {key: self.panes[key] for key in self.entries}
        self._arrange()

    def _arrange(self) -> None:
        """As many columns as let the pictures be largest."""
        columns = self._columns()
        for pane in self.panes.values():
            self._grid.removeWidget(pane)
        before: QWidget | None = None
        for index, pane in enumerate(self.panes.values()):
            self._grid.addWidget(pane, index // columns, index % columns)
            if before is not None:
                QWidget.setTabOrder(before, pane)
            before = pane
        rows = math.ceil(len(self.panes) / columns)
        for index in range(max(self._grid.columnCount(), columns)):
            self._grid.setColumnStretch(index, int(index < columns))
        for index in range(max(self._grid.rowCount(), rows)):
            self._grid.setRowStretch(index, int(index < rows))

    def _columns(self) -> int:
        count = len(self.panes)
        size = self.view.size

        def scale(columns: int) -> float:
            rows = math.ceil(count / columns)
            width = self.width() / columns - GRID
            height = self.height() / rows - GRID - WORDS
            return min(width / size.width(), height / size.height())

        return max(range(1, count + 1), key=scale, default=1)
