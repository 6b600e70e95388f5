"""A button that turns up under the pointer is not pressed by the second click of two."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets import kept_places
from jnn_studio.app.widgets.kept_places import KeptPlaces

Row = tuple[QPushButton, QPushButton, list[str]]


@pytest.fixture
def row(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def buttons(row: QWidget) -> Row:
    """ "Resume", which gives way to "Stop" at once."""
    pressed: list[str] = []
    layout = QHBoxLayout(row)
    places = KeptPlaces(row)
    resume, stop = QPushButton("Resume"), QPushButton("Stop")
    for button in (resume, stop):
        layout.addWidget(button)
        button.installEventFilter(places)

    def swap() -> None:
        pressed.append("resume")
        resume.hide()
        stop.show()

    resume.clicked.connect(swap)
    stop.clicked.connect(lambda: pressed.append("stop"))
    stop.hide()
    row.resize(200, 40)
    row.show()
    return resume, stop, pressed


def click(qtbot: QtBot, row: QWidget, at: QPoint, how: Callable[..., None] | None = None) -> None:
    """Where the pointer is, whatever is there now."""
    there = row.childAt(at)
    (how or qtbot.mouseClick)(there, Qt.MouseButton.LeftButton, pos=there.mapFrom(row, at))


def test_a_double_click_presses_one_button(qtbot: QtBot, row: QWidget, buttons: Row) -> None:
    at = buttons[0].geometry().center()
    click(qtbot, row, at)
    qtbot.waitUntil(lambda: row.childAt(at) is buttons[1])
    click(qtbot, row, at, qtbot.mouseDClick)
    assert buttons[2] == ["resume"]


def test_after_a_moment_it_can_be_pressed(
    qtbot: QtBot, row: QWidget, buttons: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_places, "PAUSE_SECONDS", 0.2)
    at = buttons[0].geometry().center()
    click(qtbot, row, at)
    qtbot.waitUntil(lambda: row.childAt(at) is buttons[1])
    qtbot.wait(250)
    click(qtbot, row, at)
    assert buttons[2] == ["resume", "stop"]


def test_elsewhere_and_by_the_keyboard_at_once(qtbot: QtBot, row: QWidget, buttons: Row) -> None:
    click(qtbot, row, QPoint(buttons[0].x() + 3, buttons[0].geometry().center().y()))
    qtbot.waitUntil(lambda: buttons[1].isVisible())
    qtbot.mouseClick(buttons[1], Qt.MouseButton.LeftButton, pos=QPoint(buttons[1].width() - 3, 10))
    qtbot.keyClick(buttons[1], Qt.Key.Key_Space)
    assert buttons[2] == ["resume", "stop", "stop"]
