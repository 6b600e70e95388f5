"""Explore's actions: what the menu, the palette, the buttons and the keys offer."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

Key = str | QKeySequence.StandardKey


class Actions:
    """Named actions of a workspace, in the order they were made."""

    def __init__(self, owner: QObject) -> None:
        self._owner = owner
        self.all: list[QAction] = []

    def __getitem__(self, name: str) -> QAction:
        return next(action for action in self.all if action.objectName() == f"explore.{name}")

    def add(
        self, name: str, text: str, triggered: Callable[[], object], *keys: Key, tip: str = ""
    ) -> QAction:
        """A new action; the first key is the one shown."""
        action = QAction(text, self._owner, objectName=f"explore.{name}")
        action.triggered.connect(lambda _=False: triggered())
        self.take(action, *keys, tip=tip)
        return action

    def take(self, action: QAction, *keys: Key, tip: str = "") -> None:
        """An action made elsewhere."""
        # The same sequence twice would be ambiguous, and do nothing.
        action.setShortcuts(list(dict.fromkeys(QKeySequence(key).toString() for key in keys)))
        if tip:
            shortcut = action.shortcut().toString()
            action.setToolTip(f"{tip} ({shortcut})" if shortcut else tip)
        self.all.append(action)
