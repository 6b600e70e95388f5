"""Asking for a name and a note in place, without a dialog in the way."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLineEdit, QPushButton, QSizePolicy

from jnn_studio.app.theme import GRID, ui_font

LONGEST_NAME = 120


class NameEditor(QFrame):
    """Return keeps what was typed, Escape gives up."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.library.editor")
        self.setProperty("panel", True)
        self._answered: Callable[[str, str], object] | None = None
        self._title = QLabel()
        self._title.setFont(ui_font(bold=True))
        self._title.setWordWrap(True)
        self.name = self._field("name", "Name", "What the direction does, such as “turns the head”")
        self.name.setMaxLength(LONGEST_NAME)
        self.note = self._field("note", "Note (optional)", "Anything worth remembering about it")
        self.note.setMaxLength(4000)
        self.keep = library_button("keep", "Save", "Keep this name and note")
        self.cancel = library_button("cancel", "Cancel", "Leave it as it was")
        grid = QGridLayout(self)
        grid.setContentsMargins(GRID, GRID, GRID, GRID)
        grid.setSpacing(GRID // 2)
        grid.addWidget(self._title, 0, 0, 1, 2)
        grid.addWidget(self.name, 1, 0, 1, 2)
        grid.addWidget(self.note, 2, 0, 1, 2)
        grid.addWidget(self.keep, 3, 0)
        grid.addWidget(self.cancel, 3, 1)
        self.name.textChanged.connect(lambda text: self.keep.setEnabled(bool(text.strip())))
        self.keep.clicked.connect(self._answer)
        self.cancel.clicked.connect(self.hide)
        self.hide()

    def ask(self, title: str, name: str, note: str, answered: Callable[[str, str], object]) -> None:
        """Ask, beginning with ``name`` and ``note``; ``answered(name, note)`` if there is an answer."""
        self._answered = answered
        self._title.setText(title)
        self.name.setText(name)
        self.note.setText(note)
        self.keep.setEnabled(bool(name.strip()))
        self.show()
        self.name.setFocus()
        self.name.selectAll()

    def _answer(self) -> None:
        if self._answered is not None and self.name.text().strip():
            self.hide()
            self._answered(self.name.text().strip(), self.note.text().strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._answer()
        else:
            super().keyPressEvent(event)

    def _field(self, name: str, placeholder: str, tip: str) -> QLineEdit:
        field = QLineEdit(objectName=f"explore.library.{name}")
        field.setPlaceholderText(placeholder)
        field.setToolTip(tip)
        field.setAccessibleName(placeholder)
        return field


def library_button(name: str, text: str, tip: str) -> QPushButton:
    """A button of the Library dock, which may be narrower than its words."""
    button = QPushButton(text, objectName=f"explore.library.{name}")
    button.setToolTip(tip)
    button.setAccessibleName(text.rstrip("…"))
    button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    button.setStyleSheet("padding-left: 4px; padding-right: 4px;")
    return button
