"""The page Runs on its own, and runs to show on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QTableWidget
from pytestqt.qtbot import QtBot

from benchmarks.many_runs import make_runs
from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.runs.workspace import RunsWorkspace

STEPS = 100


class Runs:
    """The page as a person works it."""

    def __init__(self, workspace: RunsWorkspace, qtbot: QtBot) -> None:
        self.workspace, self._qtbot = workspace, qtbot
        self.table = workspace.table

    def column(self, key: str) -> list[str]:
        """What a column shows, from top to bottom."""
        proxy, number = self.table.proxy, self.workspace.model.column_of(key)
        return [str(proxy.index(row, number).data()) for row in range(proxy.rowCount())]

    @property
    def names(self) -> list[str]:
        return self.column("name")

    def wait_for(self, names: list[str]) -> None:
        """These runs are shown, in any order."""
        self._qtbot.waitUntil(lambda: sorted(self.names) == sorted(names))

    def select(self, *names: str) -> None:
        """Select runs by name, and wait until they have been read."""
        self.table.clearSelection()
        flags = QItemSelectionModel.SelectionFlag
        for name in names:
            index = self.table.proxy.index(self.names.index(name), 0)
            self.table.selectionModel().select(index, flags.Select | flags.Rows)
        wanted = {run.path for run in self.table.selected}
        self._qtbot.waitUntil(lambda: set(self.workspace.comparison.shown) == wanted)

    def action(self, name: str) -> QAction:
        found = self.workspace.findChild(QAction, f"runs.action.{name}")
        assert found is not None
        return found

    def possible(self) -> set[str]:
        """Which actions on runs can be done."""
        names = {a.objectName().rpartition(".")[2] for a in self.workspace.commands() if a.isEnabled()}
        return {name for name in names if not name.startswith("sweep_")} - {"refresh", "folder"}

    def edit(self, key: str, name: str) -> QLineEdit:
        """The box in which the name or the tags of a run are typed."""
        index = self.table.proxy.index(self.names.index(name), self.workspace.model.column_of(key))
        self.table.setCurrentIndex(index)
        self.table.edit(index)
        editor = self.table.findChild(QLineEdit)
        assert editor is not None
        return editor

    def type(self, key: str, name: str, text: str) -> None:
        """Give a run another name or tags in the table, key by key."""
        editor = self.edit(key, name)
        editor.selectAll()
        self._qtbot.keyClicks(editor, text)
        self._qtbot.keyClick(editor, Qt.Key.Key_Return)
        self._qtbot.waitUntil(lambda: self.table.findChild(QLineEdit) is None)

    def compared(self) -> dict[str, list[str]]:
        """The table of settings side by side, as it is shown."""
        table = self.workspace.findChild(QTableWidget, "runs.settings.table")
        assert table is not None
        return {
            table.item(row, 0).text(): [
                table.item(row, column).text() for column in range(1, table.columnCount())
            ]
            for row in range(table.rowCount())
        }


@pytest.fixture
def drawn(settings: QSettings) -> Callable[[int], list[Path]]:
    """So many runs where new ones go: nothing was trained."""
    folder = Path(str(settings.value("runs_folder")))
    return lambda count: make_runs(folder, count, STEPS)


@pytest.fixture
def make(qtbot: QtBot, settings: QSettings) -> Iterator[Callable[[], Runs]]:
    """Opens the page."""
    made: list[tuple[AppContext, RunsWorkspace]] = []

    def open_page() -> Runs:
        context = AppContext(settings)
        workspace = RunsWorkspace(context)
        made.append((context, workspace))
        workspace.restore_state(settings)
        workspace.resize(1208, 740)
        workspace.show()
        qtbot.waitUntil(lambda: context.runs.complete)
        return Runs(workspace, qtbot)

    yield open_page
    for context, workspace in made:
        context.close()
        workspace.hide()
        workspace.deleteLater()


@pytest.fixture
def page(make: Callable[[], Runs], drawn: Callable[[int], list[Path]]) -> Runs:
    """With ten runs."""
    drawn(10)
    return make()
