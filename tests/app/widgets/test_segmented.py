"""One of a few, by mouse or arrow keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.segmented import SegmentedControl


@pytest.fixture
def control(qtbot: QtBot) -> SegmentedControl:
    made = SegmentedControl(
        {"a": ("First", "The first"), "b": ("Second", "The second"), "c": ("Third", "The third")},
        "choice",
        "Choice",
    )
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    return made


def test_the_first_is_chosen_at_first(control: SegmentedControl) -> None:
    assert control.current == "a"


def test_a_click_chooses_and_tells_once(control: SegmentedControl, qtbot: QtBot) -> None:
    told: list[str] = []
    control.currentChanged.connect(told.append)
    for _ in range(2):
        qtbot.mouseClick(control.findChild(QPushButton, "choice.b"), Qt.MouseButton.LeftButton)
    assert told == ["b"]
    assert control.current == "b"


def test_arrow_keys_move_the_choice(control: SegmentedControl, qtbot: QtBot) -> None:
    first = control.findChild(QPushButton, "choice.a")
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    qtbot.keyClick(first, Qt.Key.Key_Right)
    assert control.current == "b"


def test_it_can_be_set(control: SegmentedControl) -> None:
    control.current = "c"
    assert control.current == "c"
    with pytest.raises(KeyError):
        control.current = "d"


def test_each_segment_is_explained(control: SegmentedControl) -> None:
    button = control.findChild(QPushButton, "choice.b")
    assert button.toolTip() == "The second"
    assert button.accessibleName() == "Choice: Second"
