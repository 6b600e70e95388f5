"""Explore with nothing open: what could be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from jnn_studio.app.plain_text import without_mnemonic
from jnn_studio.app.theme import GRID, ui_font

WIDTH = 30 * GRID


class BlankPage(QWidget):
    """A button for each way to begin."""

    def __init__(self, actions: Sequence[QAction]) -> None:
        super().__init__()
        self.setObjectName("explore.blank")
        words = QLabel("Nothing is open", objectName="explore.blank.words")
        words.setFont(ui_font(1.2, bold=True))
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        column.addStretch(1)
        column.addWidget(words)
        column.addSpacing(GRID)
        for action in actions:
            text = without_mnemonic(action.text())
            button = QPushButton(text, objectName=f"explore.blank.{action.objectName().rpartition('.')[2]}")
            button.setFixedWidth(WIDTH)
            button.setToolTip(action.toolTip())
            button.setAccessibleName(text.rstrip("…"))
            button.clicked.connect(action.trigger)
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
