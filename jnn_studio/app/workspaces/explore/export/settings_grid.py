"""Settings of an export, one below the other."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.number_box import NumberBox, WholeNumberBox


class SettingsGrid(QWidget):
    """Names on the left, editors on the right. ``name`` begins the names of the widgets made here.

    Signals:
        changed: a value is another one.
    """

    changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(f"{name}.settings")
        self._name = name
        self._grid = QGridLayout(self)
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(GRID)
        self._grid.setColumnStretch(1, 1)
        self._grid.setContentsMargins(0, 0, 0, 0)

    def add_note(self, note: QLabel) -> None:
        """Words below the editors."""
        self._grid.addWidget(note, self._grid.rowCount(), 1)

    def add_row(self, label: str, widget: QWidget, tip: str, layout: QHBoxLayout | None = None) -> None:
        """A setting with its name before it."""
        words = QLabel(label)
        words.setBuddy(widget)
        words.setToolTip(tip)
        widget.setToolTip(tip)
        if not widget.accessibleName():
            seen = widget.text() if isinstance(widget, QAbstractButton) else ""
            widget.setAccessibleName(f"{label}: {seen}" if seen else label)
        row = self._grid.rowCount()
        self._grid.addWidget(words, row, 0)
        if layout is not None:
            self._grid.addLayout(layout, row, 1)
        elif isinstance(widget, QComboBox | QLineEdit):
            self._grid.addWidget(widget, row, 1)
        else:
            self._grid.addWidget(widget, row, 1, Qt.AlignmentFlag.AlignLeft)

    def spin(
        self, key: str, low: int, high: int, value: int, suffix: str = "", step: int = 1
    ) -> WholeNumberBox:
        """A whole number."""
        box = WholeNumberBox(f"{self._name}.{key}")
        box.setRange(low, high)
        box.setSingleStep(step)
        box.setValue(value)
        box.setSuffix(suffix)
        box.setMinimumWidth(14 * GRID)
        box.valueChanged.connect(self.changed)
        return box

    def number(self, key: str, low: float, high: float, value: float, step: float, digits: int) -> NumberBox:
        """Any number."""
        box = NumberBox(f"{self._name}.{key}")
        box.setRange(low, high)
        box.setDecimals(digits)
        box.setSingleStep(step)
        box.setValue(value)
        box.setMinimumWidth(14 * GRID)
        box.valueChanged.connect(self.changed)
        return box

    def choice(self, key: str, options: Mapping[str, str]) -> QComboBox:
        """One of several."""
        box = QComboBox(objectName=f"{self._name}.{key}")
        for value, words in options.items():
            box.addItem(words, value)
        box.currentIndexChanged.connect(self.changed)
        return box

    def tick(self, key: str, words: str, on: bool) -> QCheckBox:
        """Yes or no."""
        box = QCheckBox(words, objectName=f"{self._name}.{key}")
        box.setChecked(on)
        box.toggled.connect(self.changed)
        return box
