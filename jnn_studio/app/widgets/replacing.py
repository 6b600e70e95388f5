"""One widget in the place of another."""

from __future__ import annotations

from PySide6.QtWidgets import QLayout, QWidget


def put_in_place_of(layout: QLayout, old: QWidget, new: QWidget) -> None:
    """Show ``new`` where ``old`` was, which is gone at once: no two widgets may be found by one name."""
    layout.replaceWidget(old, new)
    old.hide()  # else what the layout still has to do would show it as a window of its own
    old.setParent(None)
    old.deleteLater()
    new.show()
