"""A few quiet lines below something, saying how it stands."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


def note(object_name: str, lines: int) -> QLabel:
    """Words with room for so many lines whatever they say, so that nothing around them moves."""
    label = QLabel(objectName=object_name)
    label.setWordWrap(True)
    label.setProperty("tone", "muted")
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    label.setMinimumHeight(lines * label.fontMetrics().lineSpacing())
    return label
