"""Asking for the range of a factor or attribute."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
)

from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.number_box import NumberBox
from jnn_studio.explore.collection.catalogue import Facet, Filter

AT_LEAST, AT_MOST, BETWEEN = "at least", "at most", "between"


def describe(wanted: Filter, facet: Facet | None = None) -> str:
    """A filter of ``facet`` in few characters: ``smile ≥ 0.5``, ``folder: p052``."""
    if facet is not None and facet.categories:
        return f"{wanted.name}: {category_words(facet.categories[int(wanted.low)])}"
    if facet is not None and facet.binary:
        return f"{wanted.name}: {'yes' if wanted.low > float('-inf') else 'no'}"
    low, high = f"{wanted.low:g}", f"{wanted.high:g}"
    if wanted.high == float("inf"):
        return f"{wanted.name} ≥ {low}"
    if wanted.low == float("-inf"):
        return f"{wanted.name} ≤ {high}"
    return f"{low} ≤ {wanted.name} ≤ {high}"


def category_words(name: str) -> str:
    """What to call a category, which may be that of the images in no folder."""
    return name or "none"


class FilterEditor(QFrame):
    """An operator and one or two numbers for one facet; Return adds the filter, Escape gives up."""

    asked = Signal(object)
    """Filter"""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.gallery.filter")
        self.setProperty("panel", True)
        self._name = ""
        self._title = QLabel()
        self._title.setFont(ui_font(bold=True))
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.operator = QComboBox(objectName="explore.gallery.filter.operator")
        self.operator.addItems([AT_LEAST, AT_MOST, BETWEEN])
        self.operator.setToolTip("How the image's value has to lie")
        self.operator.setAccessibleName("How the value has to lie")
        self.low = self._spin("low", "Smallest value to show")
        self.high = self._spin("high", "Largest value to show")
        self.add = QPushButton("Add", objectName="explore.gallery.filter.add")
        self.add.setToolTip("Show only images in this range")
        self.add.setAccessibleName("Add the filter")
        self.cancel = QPushButton("Cancel", objectName="explore.gallery.filter.cancel")
        self.cancel.setToolTip("Leave the images as they are")
        self.cancel.setAccessibleName("Cancel the filter")
        grid = QGridLayout(self)
        grid.setContentsMargins(GRID, GRID, GRID, GRID)
        grid.setSpacing(GRID // 2)
        grid.addWidget(self._title, 0, 0, 1, 2)
        grid.addWidget(self.operator, 1, 0, 1, 2)
        numbers = QHBoxLayout()
        numbers.setSpacing(GRID // 2)
        numbers.addWidget(self.low)
        numbers.addWidget(self.high)
        grid.addLayout(numbers, 2, 0, 1, 2)
        grid.addWidget(self.add, 3, 0)
        grid.addWidget(self.cancel, 3, 1)
        for button in (self.add, self.cancel):
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setStyleSheet("padding-left: 4px; padding-right: 4px;")
        self.operator.currentTextChanged.connect(self._show_spins)
        self.low.valueChanged.connect(lambda _: self._show_spins(self.operator.currentText()))
        self.add.clicked.connect(self._ask)
        self.cancel.clicked.connect(self.hide)
        self.hide()

    def edit(self, facet: Facet) -> None:
        """Ask for a range of ``facet``, beginning at its upper half."""
        self._name = facet.name
        self._title.setText(facet.name)
        self._title.setToolTip(facet.name)
        span = facet.high - facet.low
        decimals = 0 if span >= 50 else 2 if span >= 0.5 else 4
        with QSignalBlocker(self.low):
            for spin in (self.low, self.high):
                spin.setDecimals(decimals)
                spin.setSingleStep(max(10.0**-decimals, round(span / 20, decimals)))
                spin.setRange(facet.low, facet.high)
            self.low.setValue((facet.low + facet.high) / 2)
            self.high.setValue(facet.high)
        self._show_spins(self.operator.currentText())
        self.show()
        self.operator.setFocus()

    def _ask(self) -> None:
        operator = self.operator.currentText()
        low = self.low.value() if operator != AT_MOST else float("-inf")
        high = self.high.value() if operator != AT_LEAST else float("inf")
        self.hide()
        self.asked.emit(Filter(self._name, low, high))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._ask()
        else:
            super().keyPressEvent(event)

    def _show_spins(self, operator: str) -> None:
        self.low.setVisible(operator != AT_MOST)
        self.high.setVisible(operator != AT_LEAST)
        # At most alone may go below what "at least" was left at.
        self.high.setMinimum(self.low.value() if operator == BETWEEN else self.low.minimum())

    def _spin(self, name: str, tip: str) -> NumberBox:
        spin = NumberBox(f"explore.gallery.filter.{name}")
        spin.setToolTip(tip)
        spin.setAccessibleName(tip)
        spin.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        return spin
