"""Every action of the program by name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID

ACTION_ROLE = Qt.ItemDataRole.UserRole


class CommandPalette(QDialog):
    """Type a few letters of an action, press Enter.

    Args:
        actions: called whenever the palette opens; disabled actions are left out.
    """

    def __init__(self, actions: Callable[[], list[QAction]], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("command_palette")
        self.setAccessibleName("Command palette")
        self._actions = actions
        self.input = QLineEdit(objectName="command_palette.input")
        self.input.setPlaceholderText("Type a command")
        self.input.setAccessibleName("Command")
        self.input.setClearButtonEnabled(True)
        self.list = QTreeWidget(objectName="command_palette.list")
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, self.list.header().ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, self.list.header().ResizeMode.ResizeToContents)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.input)
        column.addWidget(self.list)
        self.resize(520, 400)
        self.input.textChanged.connect(self._filter)
        self.input.returnPressed.connect(self._run)
        self.input.installEventFilter(self)
        self.list.itemClicked.connect(lambda *_: self._run())

    def open(self) -> None:
        """Show the palette at the top of its window, empty."""
        parent = self.parentWidget().window()
        top = parent.mapToGlobal(parent.rect().topLeft())
        self.move(top.x() + (parent.width() - self.width()) // 2, top.y() + parent.height() // 8)
        self.input.clear()
        self._filter("")
        super().open()
        self.input.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in keys:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        self.list.clear()
        ranked = []
        for action in self._actions():
            name = action.text().replace("&", "").rstrip("…")
            score = _score(text.casefold(), name.casefold())
            if action.isEnabled() and score is not None:
                ranked.append((score, name, action))
        for _, name, action in sorted(ranked, key=lambda entry: entry[:2]):
            shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QTreeWidgetItem([name, shortcut])
            item.setData(0, ACTION_ROLE, action)
            item.setForeground(1, self.palette().placeholderText())
            self.list.addTopLevelItem(item)
        self.list.setCurrentItem(self.list.topLevelItem(0))

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            action = item.data(0, ACTION_ROLE)
            self.accept()
            # The palette is gone before the action shows anything of its own.
            QTimer.singleShot(0, action, action.trigger)


def _score(wanted: str, name: str) -> int | None:
    """The span of ``name`` that holds the letters of ``wanted`` in order, lower being better, or None."""
    if wanted in name:
        return name.index(wanted) - 1000
    position = start = -1
    for letter in wanted.replace(" ", ""):
        position = name.find(letter, position + 1)
        if position < 0:
            return None
        start = position if start < 0 else start
    return position - start
