"""What Qt does not tell a screen reader by itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel


def label_for_readers(combo: QComboBox) -> None:
    """Say what a drop-down list is, beside what is chosen in it.

    On Linux a reader is told the chosen words as its name, and takes what the list is from the label that
    stands beside it: where a page has none that is seen, it gets one that is not.
    """
    name, parent = combo.accessibleName(), combo.parentWidget()
    if (line := combo.lineEdit()) is not None and not line.accessibleName():
        line.setAccessibleName(name)
    if not name or parent is None:
        return
    labels = parent.findChildren(QLabel, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if not any(label.buddy() is combo for label in labels):
        label = QLabel(name, parent)
        label.setBuddy(combo)
        label.hide()
