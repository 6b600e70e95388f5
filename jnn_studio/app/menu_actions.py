"""What can be done by the menus of a menu bar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from jnn_studio.app.plain_text import without_mnemonic


def actions_under(tops: Sequence[QAction]) -> list[tuple[str, QAction]]:
    """Every action of these menus and the menus in them, with the name of its own menu."""
    found: list[tuple[str, QAction]] = []

    def collect(menu: QMenu) -> None:
        for action in menu.actions():
            submenu = action.menu()
            if isinstance(submenu, QMenu):
                collect(submenu)
            elif not action.isSeparator():
                found.append((without_mnemonic(menu.title()), action))

    for top in tops:
        submenu = top.menu()
        if isinstance(submenu, QMenu):
            collect(submenu)
    return found
