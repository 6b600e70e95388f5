"""Every command by a few letters of its name, without the mouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.command_palette import CommandPalette

COMMANDS = {
    "&Open run…": ("File", "Ctrl+O"),
    "Save session": ("File", "Ctrl+S"),
    "Reset all": ("Explore", ""),
    "Reset layout": ("View", ""),
    "Dark": ("View", ""),
}


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 600)
    for text, (menu, shortcut) in COMMANDS.items():
        action = QAction(text, made)
        action.setShortcut(shortcut)
        action.setData(menu)
        made.addAction(action)
    made.show()
    return made


@pytest.fixture
def palette(window: QWidget) -> Iterator[CommandPalette]:
    made = CommandPalette(lambda: [(action.data(), action) for action in window.actions()], window)
    made.open()
    yield made
    made.close()


def listed(palette: CommandPalette) -> list[str]:
    return [palette.list.topLevelItem(i).text(0) for i in range(palette.list.topLevelItemCount())]


def test_it_lists_everything_with_menu_and_shortcut(palette: CommandPalette) -> None:
    assert sorted(listed(palette)) == ["Dark", "Open run", "Reset all", "Reset layout", "Save session"]
    row = palette.list.topLevelItem(listed(palette).index("Open run"))
    assert (row.text(1), row.text(2)) == ("File", "Ctrl+O")


@pytest.mark.parametrize(
    ("typed", "first"),
    [("dark", "Dark"), ("oru", "Open run"), ("rl", "Reset layout"), ("view res", "Reset layout")],
)
def test_a_few_letters_find_a_command(palette: CommandPalette, qtbot: QtBot, typed: str, first: str) -> None:
    qtbot.keyClicks(palette.input, typed)
    assert listed(palette)[0] == first
    assert palette.list.currentItem().text(0) == first


def test_what_does_not_match_is_not_listed(palette: CommandPalette, qtbot: QtBot) -> None:
    qtbot.keyClicks(palette.input, "xyz")
    assert listed(palette) == []
    qtbot.keyClick(palette.input, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_enter_runs_the_chosen_command_after_closing(
    palette: CommandPalette, window: QWidget, qtbot: QtBot
) -> None:
    qtbot.keyClicks(palette.input, "reset")
    qtbot.keyClick(palette.input, Qt.Key.Key_Down)
    chosen = next(action for action in window.actions() if action.text() == listed(palette)[1])
    with qtbot.waitSignal(chosen.triggered):
        qtbot.keyClick(palette.input, Qt.Key.Key_Return)
    assert not palette.isVisible()


def test_escape_runs_nothing(palette: CommandPalette, window: QWidget, qtbot: QtBot) -> None:
    ran: list[bool] = []
    for action in window.actions():
        action.triggered.connect(ran.append)
    qtbot.keyClick(palette.input, Qt.Key.Key_Escape)
    qtbot.wait(1)
    assert not palette.isVisible()
    assert ran == []


def test_commands_that_cannot_be_run_now_are_left_out(
    palette: CommandPalette, window: QWidget, qtbot: QtBot
) -> None:
    palette.close()
    window.actions()[0].setEnabled(False)
    palette.open()
    assert "Open run" not in listed(palette)


def test_it_opens_empty_each_time(palette: CommandPalette, qtbot: QtBot) -> None:
    qtbot.keyClicks(palette.input, "dark")
    palette.close()
    palette.open()
    assert palette.input.text() == ""
    assert len(listed(palette)) == len(COMMANDS)
