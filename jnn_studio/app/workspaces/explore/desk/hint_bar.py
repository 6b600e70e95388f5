"""A quiet sentence above the pictures, with one thing to do about it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel


class HintBar(QWidget):
    """One line; gone once it is closed or no longer true.

    Signals:
        asked: the button was pressed.
        closed: it is not wanted.
    """

    asked = Signal()
    closed = Signal()

    def __init__(self, object_name: str, tip: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.words = ElidingLabel(object_name=f"{object_name}.words")
        self.words.setFont(ui_font(0.92, digits=True))
        self.words.setProperty("tone", "muted")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.button = QPushButton(objectName=f"{object_name}.choice")
        self.button.setToolTip(tip)
        self.button.clicked.connect(self.asked)
        close = IconButton("close", "Close the hint", f"{object_name}.close")
        close.clicked.connect(self._close)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, GRID // 2, GRID, 0)
        row.setSpacing(GRID)
        row.addWidget(self.words, 1)
        row.addWidget(self.button)
        row.addWidget(close)
        self.hide()

    def show_words(self, words: str, choice: str) -> None:
        """Say this from now on, and offer that; nothing: say nothing."""
        self.button.setText(choice)
        self.button.setAccessibleName(choice)
        self.words.setText(words)
        self.words.setToolTip(words)
        self.setVisible(bool(words))

    def _close(self) -> None:
        self.hide()
        self.closed.emit()
