"""Every key the program knows, on one sheet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.plain_text import without_mnemonic
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.own_windows import StudioDialog

SIZE = QSize(560, 640)


class ShortcutSheet(StudioDialog):
    """Keys by menu, with a search.

    Args:
        actions: (menu, action) of everything that can be done; those without a key are left out.
        parent: the window this stands beside.
    """

    def __init__(self, actions: Sequence[tuple[str, QAction]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(SIZE)
        self.words = QLineEdit(objectName="shortcuts.words")
        self.words.setPlaceholderText("Search")
        self.words.setAccessibleName("Search the shortcuts")
        self.words.setClearButtonEnabled(True)
        self.tree = QTreeWidget(objectName="shortcuts.list")
        self.tree.setAccessibleName("Shortcuts")
        self.tree.setColumnCount(2)
        self.tree.setHeaderLabels(["What it does", "Keys"])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self.words)
        layout.addWidget(self.tree, 1)
        self._fill(actions)
        self.words.textChanged.connect(self._filter)

    def _fill(self, actions: Sequence[tuple[str, QAction]]) -> None:
        groups: dict[str, QTreeWidgetItem] = {}
        known: set[tuple[str, str, str]] = set()
        for menu, action in actions:
            keys = [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()]
            name, pressed = without_mnemonic(action.text()).rstrip("…"), ", ".join(filter(None, keys))
            if not pressed or (menu, name, pressed) in known:
                continue  # parts of a page have some in common
            known.add((menu, name, pressed))
            if menu not in groups:
                group = groups[menu] = QTreeWidgetItem([menu])
                group.setFont(0, ui_font(bold=True))
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                self.tree.addTopLevelItem(group)
            groups[menu].addChild(QTreeWidgetItem([name, pressed]))
        self.tree.expandAll()

    def _filter(self, text: str) -> None:
        wanted = text.casefold().split()
        for number in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(number)
            assert group is not None
            seen = 0
            for child in map(group.child, range(group.childCount())):
                if child is None:
                    continue
                words = f"{group.text(0)} {child.text(0)} {child.text(1)}".casefold()
                fits = all(word in words for word in wanted)
                child.setHidden(not fits)
                seen += fits
            group.setHidden(not seen)
