"""Taking apart what was laid out."""

from __future__ import annotations

from PySide6.QtWidgets import QLayout


def remove_widgets(layout: QLayout) -> None:
    """Delete all widgets of ``layout``; they are gone from view at once."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
