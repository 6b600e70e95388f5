"""The folders that runs live in: where new ones go, and where else Runs looks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.file_dialogs import ask_folder
from jnn_studio.app.preferences_dialog.rows import PreferenceRows
from jnn_studio.app.theme import GRID
from jnn_studio.base.text import printable

LIST_HEIGHT = 9 * GRID


class RunsFolders(QWidget):
    """The same list as that of *Runs ▸ Folders*; nothing on the disk is moved."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self.list = QListWidget(objectName="preferences.runs_folders")
        self.list.setFixedHeight(LIST_HEIGHT)
        self.list.setSpacing(2)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(lambda *_: self._show_buttons())
        self.add = self._button("add", "Add…", "Look for runs in another folder too")
        self.add.clicked.connect(self._ask)
        self.remove = self._button(
            "remove", "Remove", "Look there no more; the folder and its runs stay as they are"
        )
        self.remove.clicked.connect(self._remove)
        self.use = self._button(
            "use",
            "New runs go here",
            "Have runs that begin in the window from now on go into this folder; on the command line "
            "--out says where each goes",
        )
        self.use.clicked.connect(self._use)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for button in (self.add, self.remove, self.use):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(GRID // 2)
        column.addWidget(self.list)
        column.addLayout(buttons)
        rows = PreferenceRows("Runs", context.preferences)
        rows.add("Folders", self.list, "Where Runs and the command line look for runs", layout=column)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(rows)
        context.preferences.changed.connect(lambda *_: self.refresh())

    def refresh(self) -> None:
        """Show what is there now."""
        self._context.runs.folders(self._fill)

    @property
    def chosen(self) -> Path | None:
        """The folder that is marked in the list."""
        item = self.list.currentItem()
        return None if item is None else Path(str(item.data(Qt.ItemDataRole.UserRole)))

    def _fill(self, named: tuple[Path, ...]) -> None:
        chosen, own = self.chosen, self._context.runs_folder
        self.list.clear()
        for folder in (own, *named):
            words = printable(str(folder))
            item = QListWidgetItem(f"{words}  (new runs go here)" if folder == own else words)
            item.setData(Qt.ItemDataRole.UserRole, str(folder))
            item.setToolTip(words)
            self.list.addItem(item)
            if folder == chosen:
                self.list.setCurrentItem(item)
        self._show_buttons()

    def _show_buttons(self) -> None:
        other = self.chosen is not None and self.chosen != self._context.runs_folder
        self.remove.setEnabled(other)
        self.use.setEnabled(other)

    def _ask(self) -> None:
        start = self._context.runs_folder
        ask_folder(
            self,
            "Look for runs in a folder",
            self._add,
            start if start.is_dir() else None,
            object_name="preferences.folder_dialog",
        )

    def _add(self, folder: Path) -> None:
        self._context.runs.name_folder(folder)
        self.refresh()

    def _remove(self) -> None:
        if (folder := self.chosen) is not None:
            self._context.runs.forget_folder(folder)
            self.refresh()

    def _use(self) -> None:
        """Both are named: runs of the former folder stay in the list, and commands find those of the new."""
        if (folder := self.chosen) is not None:
            for known in (self._context.runs_folder, folder):
                self._context.runs.name_folder(known)
            self._context.preferences.change(runs_folder=folder)

    def _button(self, name: str, words: str, tip: str) -> QPushButton:
        button = QPushButton(words, objectName=f"preferences.runs_folders.{name}")
        button.setAutoDefault(False)
        button.setToolTip(tip)
        button.setAccessibleName(words)
        return button
