"""The bar above the table: what is looked for, and in which folders."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.file_dialogs import ask_folder
from jnn_studio.app.plain_text import literal
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.base.text import counted, printable
from jnn_studio.runs.choosing import RunFilter
from jnn_studio.runs.summary import RunSummary

TYPING_MS = 150
"""From the last key to looking for what was typed."""
_ANY = ""


class RunsBar(QWidget):
    """Words, a state, a kind; the folders.

    Signals:
        asked: (RunFilter) something else is looked for.
    """

    asked = Signal(object)

    def __init__(self, context: AppContext, columns: QMenu) -> None:
        super().__init__()
        self.setObjectName("runs.bar")
        self._context = context
        self.text = QLineEdit(objectName="runs.search")
        self.text.setPlaceholderText("Search runs")
        self.text.setAccessibleName("Search runs")
        self.text.setToolTip(
            "Words in name, kind, data, η, state, tags, note or id; all of them must be there"
        )
        self.text.setClearButtonEnabled(True)
        self.text.setMinimumWidth(26 * GRID)
        self.state = self._choice("runs.state", "State", "Show only runs in this state", "Every state")
        self.kind = self._choice("runs.kind", "Kind", "Show only runs of this kind", "Every kind")
        self.count = QLabel(objectName="runs.count")
        self.count.setFont(ui_font(digits=True))
        self.count.setProperty("tone", "muted")
        self.columns = QPushButton("&Columns", objectName="runs.columns_button")
        self.columns.setToolTip("Choose what the table shows of each run")
        self.columns.setAccessibleName("Columns")
        self.columns.setMenu(columns)
        self.folders = QPushButton("&Folders", objectName="runs.folders")
        self.folders.setToolTip("Where runs are looked for")
        self.folders.setAccessibleName("Folders")
        self._folder_menu = QMenu(self.folders)
        self._folder_menu.setToolTipsVisible(True)
        self._folder_menu.aboutToShow.connect(self._open_folders)
        self.folders.setMenu(self._folder_menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.text, 1)
        for part in (self.state, self.kind):
            row.addWidget(part)
        row.addWidget(self.count)
        row.addStretch(1)
        for button in (self.columns, self.folders):
            row.addWidget(button)
        self._soon = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._soon.timeout.connect(self._ask)
        self.text.textChanged.connect(lambda _: self._soon.start())
        self.text.returnPressed.connect(self._ask)
        for box in (self.state, self.kind):
            box.currentIndexChanged.connect(lambda _: self._ask())

    @property
    def filter(self) -> RunFilter:
        """What is looked for."""
        state, kind = self.state.currentData(), self.kind.currentData()
        return RunFilter(self.text.text(), (state,) if state else (), (kind,) if kind else ())

    def clear(self) -> None:
        """Look for everything."""
        with QSignalBlocker(self.text), QSignalBlocker(self.state), QSignalBlocker(self.kind):
            self.text.clear()
            self.state.setCurrentIndex(0)
            self.kind.setCurrentIndex(0)
        self._ask()

    def offer(self, runs: Sequence[RunSummary]) -> None:
        """Offer the states and kinds that there are."""
        _fill(self.state, sorted({run.state_word for run in runs}))
        _fill(self.kind, sorted({run.kind for run in runs if run.kind}))

    def show_count(self, shown: int, there: int, complete: bool) -> None:
        """How many runs are shown, of how many."""
        words = counted(there, "run") if shown == there else f"{shown:,} of {counted(there, 'run')}"
        self.count.setText(words if complete else f"{words} so far…")

    def _ask(self) -> None:
        self._soon.stop()
        self.asked.emit(self.filter)

    def _choice(self, name: str, words: str, tip: str, every: str) -> QComboBox:
        box = QComboBox(objectName=name)
        box.setAccessibleName(words)
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.addItem(every, _ANY)
        return box

    # --- folders ------------------------------------------------------------------------------------------

    def ask_folder(self) -> None:
        """Have a folder chosen in which runs are to be looked for."""
        start = self._context.runs_folder
        ask_folder(
            self,
            "Look for runs in a folder",
            self._context.runs.name_folder,
            start if start.is_dir() else None,
            object_name="runs.folder_dialog",
        )

    def _open_folders(self) -> None:
        self._fill_folders(())
        self._context.runs.folders(self._fill_folders)

    def _fill_folders(self, named: tuple[Path, ...]) -> None:
        menu = self._folder_menu
        menu.clear()
        own = menu.addAction(literal(str(self._context.runs_folder)))
        own.setToolTip("New runs go here unless you say otherwise")
        own.setEnabled(False)
        for folder in named:
            inner = menu.addMenu(literal(str(folder)))
            forget = inner.addAction("Look here no more", partial(self._context.runs.forget_folder, folder))
            forget.setToolTip(f"Runs in {printable(str(folder))} leave the list; the folder stays as it is")
        menu.addSeparator()
        menu.addAction("Add a folder…", self.ask_folder)


def _fill(box: QComboBox, values: Sequence[str]) -> None:
    """Offer these after the first, and keep what is chosen."""
    known = [box.itemData(index) for index in range(1, box.count())]
    if known == list(values):
        return
    chosen = box.currentData()
    with QSignalBlocker(box):
        while box.count() > 1:
            box.removeItem(1)
        for value in dict.fromkeys((*values, *((chosen,) if chosen else ()))):
            box.addItem(value, value)
        box.setCurrentIndex(max(0, box.findData(chosen)))
