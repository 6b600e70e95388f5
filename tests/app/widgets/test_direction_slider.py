"""A signed amount: dragged, stepped, typed, reset, played."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.direction_slider import LEAST_SLIDER, DirectionSlider
from jnn_studio.app.widgets.eliding_label import ElidingLabel


@pytest.fixture
def slider(qtbot: QtBot) -> DirectionSlider:
    made = DirectionSlider("u₁", "direction.1")
    made.set_range(0.2)
    made.resize(600, 40)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    return made


def heard(slider: DirectionSlider) -> list[float]:
    values: list[float] = []
    slider.valueChanged.connect(values.append)
    return values


def wheel(widget: QWidget) -> None:
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_the_ends_are_the_limit_and_the_middle_is_zero(slider: DirectionSlider, qtbot: QtBot) -> None:
    width, y = slider.slider.width(), slider.slider.height() // 2
    places = {0: -0.2, width // 2: 0, width - 1: 0.2}
    for x, value in places.items():
        qtbot.mouseClick(slider.slider, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
        assert slider.value() == pytest.approx(value, abs=0.001)


def test_dragging_follows_the_pointer(slider: DirectionSlider, qtbot: QtBot) -> None:
    values = heard(slider)
    middle = slider.slider.rect().center()
    qtbot.mousePress(slider.slider, Qt.MouseButton.LeftButton, pos=middle)
    for x in range(10, 100, 10):
        qtbot.mouseMove(slider.slider, middle + QPoint(x, 0))
    qtbot.mouseRelease(slider.slider, Qt.MouseButton.LeftButton, pos=middle + QPoint(90, 0))
    assert values == sorted(values)
    assert slider.value() == values[-1] > 0


def test_a_typed_value_is_kept_exactly(slider: DirectionSlider, qtbot: QtBot) -> None:
    values = heard(slider)
    slider.spin.selectAll()
    qtbot.keyClicks(slider.spin, slider.spin.locale().toString(0.123, "f", 3))
    assert values == []
    qtbot.keyClick(slider.spin, Qt.Key.Key_Return)
    assert values == [0.123]
    assert slider.value() == 0.123


@pytest.mark.parametrize(
    ("typed", "value"), [("0.5", 0.1), ("-0.5", -0.1), ("0,07", 0.07), ("12", 0.1), ("0.050", 0.05)]
)
def test_no_digit_that_is_typed_is_swallowed(
    slider: DirectionSlider, qtbot: QtBot, typed: str, value: float
) -> None:
    slider.set_range(0.1)
    slider.spin.setFocus()
    slider.spin.selectAll()
    for key in typed:
        qtbot.keyClicks(slider.spin, key)
    assert slider.spin.text() == typed
    qtbot.keyClick(slider.spin, Qt.Key.Key_Return)
    assert slider.value() == pytest.approx(value)
    assert float(slider.spin.text()) == pytest.approx(value)


def test_a_value_beyond_the_range_is_brought_back_with_a_word(slider: DirectionSlider, qtbot: QtBot) -> None:
    slider.set_range(0.1)
    slider.spin.setFocus()
    slider.spin.selectAll()
    qtbot.keyClicks(slider.spin, "0.5")
    qtbot.keyClick(slider.spin, Qt.Key.Key_Return)
    assert QToolTip.text() == "From \N{MINUS SIGN}0.1 to 0.1"
    QToolTip.hideText()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Qt.Key.Key_Right, 0.002),
        (Qt.Key.Key_Left, -0.002),
        (Qt.Key.Key_PageUp, 0.02),
        (Qt.Key.Key_PageDown, -0.02),
        (Qt.Key.Key_End, 0.2),
    ],
)
def test_keys_step_it(slider: DirectionSlider, qtbot: QtBot, key: Qt.Key, value: float) -> None:
    qtbot.keyClick(slider.slider, key)
    assert slider.value() == pytest.approx(value)


def test_everything_that_resets_it_resets_it(slider: DirectionSlider, qtbot: QtBot) -> None:
    for reset in (
        lambda: qtbot.keyClick(slider.slider, Qt.Key.Key_Home),
        lambda: qtbot.keyClick(slider.slider, Qt.Key.Key_0),
        lambda: qtbot.mouseDClick(slider.slider, Qt.MouseButton.LeftButton),
        lambda: qtbot.mouseClick(slider.reset_button, Qt.MouseButton.LeftButton),
    ):
        slider.set_value(0.1)
        reset()
        assert slider.value() == 0


def test_values_beyond_the_range_stop_at_its_end(slider: DirectionSlider) -> None:
    slider.set_value(9)
    assert slider.value() == 0.2
    values = heard(slider)
    slider.set_range(0.05)
    assert values == [0.05]


def test_a_value_can_be_set_in_silence(slider: DirectionSlider) -> None:
    values = heard(slider)
    slider.set_value(0.1, emit=False)
    slider.set_value(0.1)
    assert values == []
    assert slider.spin.value() == 0.1


def test_playing_sweeps_from_where_it_is_until_grabbed(slider: DirectionSlider, qtbot: QtBot) -> None:
    slider.set_value(0.1)
    values = heard(slider)
    qtbot.mouseClick(slider.play_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(values) > 5)
    assert 0.1 < values[0] < 0.12
    assert all(abs(value) <= 0.2 for value in values)
    qtbot.mousePress(slider.slider, Qt.MouseButton.LeftButton, pos=slider.slider.rect().center())
    assert not slider.play_button.isChecked()
    assert slider.value() == pytest.approx(0, abs=0.002)


def test_hiding_stops_playing(slider: DirectionSlider) -> None:
    slider.play_button.click()
    slider.hide()
    assert not slider.play_button.isChecked()


def test_the_wheel_turns_it_only_where_the_focus_is(slider: DirectionSlider, qtbot: QtBot) -> None:
    slider.reset_button.setFocus()
    qtbot.waitUntil(slider.reset_button.hasFocus)
    for control in (slider.slider, slider.spin):
        wheel(control)
        assert slider.value() == 0
    slider.slider.setFocus()
    wheel(slider.slider)
    assert slider.value() > 0


def test_every_part_is_named_and_explained(slider: DirectionSlider) -> None:
    for part in (slider.slider, slider.spin, slider.reset_button, slider.play_button):
        assert part.objectName().startswith("direction.1.")
        assert part.toolTip()
        assert part.accessibleName()
        assert part.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_note_is_plain_words_in_colours(slider: DirectionSlider) -> None:
    slider.set_note([("σ <3>", "muted"), ("1.7", "regularised")])
    assert "σ &lt;3&gt;" in slider._note.text()


def test_words_beside_it_leave_a_slider_that_can_be_moved_with_care(
    slider: DirectionSlider, qtbot: QtBot
) -> None:
    room = slider.room_for_meaning(600)
    assert room > 100
    slider.resize(600, 30)
    slider.set_meaning("mixed: −face width + head tilt …", "muted", room)
    words = slider.findChild(ElidingLabel, f"{slider.objectName()}.meaning")
    qtbot.waitUntil(lambda: words.isVisibleTo(slider) and words.width() == room)
    qtbot.waitUntil(lambda: slider.slider.width() >= LEAST_SLIDER)
    assert words.toolTip() == words.text(), "all of it, where it is cut"
    slider.set_meaning("mostly smile", "muted", 0)
    assert not words.isVisibleTo(slider)
    assert slider.room_for_meaning(300) < 0
