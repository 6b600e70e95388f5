"""Rows that show a preference and change it, each as it stands in the store."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QComboBox,
    QGridLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.preferences import PreferenceStore
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.fields import Combo
from jnn_studio.app.widgets.number_box import WholeNumberBox

LABELS = 17 * GRID
"""The width of what stands before a row, the same in every group."""


class PreferenceRows(QWidget):
    """A group of preferences under a heading. A row's control is called ``preferences.FIELD``."""

    def __init__(self, title: str, store: PreferenceStore) -> None:
        super().__init__()
        self._store = store
        heading = QLabel(title)
        heading.setFont(ui_font(bold=True))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(GRID)
        self._grid.setVerticalSpacing(GRID)
        self._grid.setColumnMinimumWidth(0, LABELS)
        self._grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(heading)
        column.addLayout(self._grid)

    def add(
        self, label: str, control: QWidget, tip: str, note: str = "", layout: QBoxLayout | None = None
    ) -> None:
        """A control with its name before it, in ``layout`` if given, and a word of what to know below it."""
        words = QLabel(label)
        words.setBuddy(control)
        for part in (words, control):
            part.setToolTip(tip)
        if not control.accessibleName():
            control.setAccessibleName(label)
        row = self._grid.rowCount()
        tall = isinstance(control, QAbstractItemView)
        align = Qt.AlignmentFlag.AlignTop if tall else Qt.AlignmentFlag.AlignVCenter
        self._grid.addWidget(words, row, 0, align)
        if layout is None:
            self._grid.addWidget(control, row, 1, Qt.AlignmentFlag.AlignLeft)
        else:
            self._grid.addLayout(layout, row, 1)
        if note:
            below = QLabel(note)
            below.setProperty("tone", "muted")
            below.setWordWrap(True)
            self._grid.addWidget(below, row + 1, 1)

    def choice(
        self, field: str, label: str, tip: str, options: Mapping[str, str], note: str = ""
    ) -> QComboBox:
        """One of several, by value."""
        box = Combo()
        box.setObjectName(f"preferences.{field}")
        for value, words in options.items():
            box.addItem(words, value)

        def show() -> None:
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(getattr(self._store.now, field)))

        box.activated.connect(lambda _: self._store.change(**{field: box.currentData()}))
        self._store.changed.connect(show)
        show()
        self.add(label, box, tip, note)
        return box

    def whole_number(
        self, field: str, label: str, tip: str, most: int, at_zero: str, note: str = ""
    ) -> WholeNumberBox:
        """A whole number; 0 is shown in words."""
        box = WholeNumberBox(f"preferences.{field}")
        box.setRange(0, most)
        box.setSpecialValueText(at_zero)
        box.setKeyboardTracking(False)

        def show() -> None:
            with QSignalBlocker(box):
                box.setValue(getattr(self._store.now, field))

        box.valueChanged.connect(lambda value: self._store.change(**{field: value}))
        self._store.changed.connect(show)
        show()
        self.add(label, box, tip, note)
        return box
