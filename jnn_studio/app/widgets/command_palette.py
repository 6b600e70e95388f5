"""Every action of the program by name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QDialog, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from jnn_studio.app.plain_text import without_mnemonic
from jnn_studio.app.theme import GRID, theme

ACTION_ROLE = Qt.ItemDataRole.UserRole
ROW = 28


class CommandPalette(QDialog):
    """Type a few letters of an action, press Enter.

    Args:
        actions: called whenever the palette opens: (menu, action); disabled actions are left out.
    """

    def __init__(self, actions: Callable[[], list[tuple[str, QAction]]], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("command_palette")
        self.setAccessibleName("Command palette")
        self._actions, self._over = actions, parent
        self.input = QLineEdit(objectName="command_palette.input")
        self.input.setPlaceholderText("Type a command")
        self.input.setAccessibleName("Command")
        self.input.setClearButtonEnabled(True)
        self.list = QTreeWidget(objectName="command_palette.list")
        self.list.setAccessibleName("Commands found")
        self.list.setColumnCount(3)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, self.list.header().ResizeMode.Stretch)
        for column in (1, 2):
            self.list.header().setSectionResizeMode(column, self.list.header().ResizeMode.ResizeToContents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self.input)
        layout.addWidget(self.list)
        self.resize(560, 400)
        self.input.textChanged.connect(self._filter)
        self.input.returnPressed.connect(self._run)
        self.input.installEventFilter(self)
        self.list.itemClicked.connect(lambda *_: self._run())

    def open(self) -> None:
        """Show the palette at the top of its window, empty."""
        parent = self._over.window()
        top = parent.mapToGlobal(parent.rect().topLeft())
        self.move(top.x() + (parent.width() - self.width()) // 2, top.y() + parent.height() // 8)
        self.input.clear()
        self._filter("")
        super().open()
        self.input.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("panel"))
        painter.setPen(QPen(theme().color("muted"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in keys:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        self.list.clear()
        ranked = []
        for menu, action in self._actions():
            name = without_mnemonic(action.text()).rstrip("…")
            scores = [_score(text.casefold(), words.casefold()) for words in (name, f"{menu} {name}")]
            known = [score for score in scores if score is not None]
            if action.isEnabled() and known:
                ranked.append((min(known), name, menu, action))
        for _, name, menu, action in sorted(ranked, key=lambda entry: entry[:3]):
            shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QTreeWidgetItem([name, menu, shortcut])
            item.setData(0, ACTION_ROLE, action)
            item.setSizeHint(0, QSize(0, ROW))
            for column in (1, 2):
                item.setForeground(column, self.palette().placeholderText())
            self.list.addTopLevelItem(item)
        first = self.list.topLevelItem(0)
        if first is not None:
            self.list.setCurrentItem(first)

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
