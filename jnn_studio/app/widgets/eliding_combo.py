"""A choice whose words are cut with an ellipsis where there is no room for all of them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QStyle, QStyleOptionComboBox, QStylePainter


class ElidingCombo(QComboBox):
    """As wide as its place; the whole of the words is in the tooltip, after what the choice is about."""

    def __init__(self, object_name: str, tip: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setAccessibleName(tip)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._tip = tip
        self.currentTextChanged.connect(self.describe)
        self.describe()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self).width()
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room - 4
        )
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def describe(self) -> None:
        """Say in the tooltip what is chosen; to be called after it was changed with signals blocked."""
        words = self.currentText()
        self.setToolTip(f"{self._tip}\n{words}" if words else self._tip)
