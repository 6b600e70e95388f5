"""Numbers as people type them, whatever the language of the system."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.number_box import NumberBox, WholeNumberBox, parse_number


@pytest.fixture(params=["en_US", "de_DE", "fr_CH", "ar_EG"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


@pytest.fixture
def box(qtbot: QtBot, language: str) -> NumberBox:
    made = NumberBox("box")
    made.setRange(0.0, 300.0)
    made.setDecimals(3)
    made.setKeyboardTracking(False)
    qtbot.addWidget(made)
    made.show()
    return made


def type_into(box: NumberBox | WholeNumberBox, text: str) -> None:
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("typed", "value"), [("0,25", 0.25), ("0.25", 0.25), ("1,5", 1.5), ("2.25", 2.25), (",5", 0.5), ("7", 7)]
)
def test_point_and_comma_both_begin_the_fraction(box: NumberBox, typed: str, value: float) -> None:
    type_into(box, typed)

    assert box.value() == pytest.approx(value)
    assert parse_number(box.text()) == pytest.approx(value)


@pytest.mark.parametrize(("typed", "kept"), [("1.2,5", 1.25), ("12x", 12), ("0.12345", 0.123), ("--3", 3)])
def test_a_key_that_cannot_belong_to_a_number_is_refused_as_it_is_typed(
    box: NumberBox, typed: str, kept: float
) -> None:
    type_into(box, typed)

    assert box.value() == pytest.approx(kept)


def test_a_negative_number_may_begin_with_either_minus(qtbot: QtBot, language: str) -> None:
    box = NumberBox("box")
    box.setRange(-1, 1)
    qtbot.addWidget(box)
    box.show()
    for minus in "-−":
        box.setValue(0)
        box.selectAll()
        box.lineEdit().insert(f"{minus}0,5")  # Qt's test keys know ASCII alone
        QTest.keyClick(box, Qt.Key.Key_Return)
        assert box.value() == -0.5


def test_beyond_the_range_no_digit_is_swallowed_and_the_nearest_value_is_taken(
    qtbot: QtBot, language: str
) -> None:
    box = NumberBox("box")
    box.setRange(-0.1, 0.1)
    box.setDecimals(3)
    box.setKeyboardTracking(False)
    qtbot.addWidget(box)
    box.show()
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "0.5")
    assert box.text() == "0.5"
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == 0.1


def test_what_is_left_half_typed_leaves_the_value_as_it_was(box: NumberBox) -> None:
    box.setValue(2.5)
    type_into(box, ",")

    assert box.value() == 2.5


def test_prefix_and_suffix_are_no_part_of_the_number(box: NumberBox) -> None:
    box.setPrefix("± ")
    box.setSuffix(" s")
    box.setValue(1)
    type_into(box, "0,3")

    assert box.value() == pytest.approx(0.3)
    assert box.text() == "± 0.300 s"


def test_a_whole_number_has_no_sign_inside_it(qtbot: QtBot, language: str) -> None:
    box = WholeNumberBox("box")
    box.setRange(1, 4096)
    qtbot.addWidget(box)
    box.show()
    type_into(box, "1.000")
    assert box.value() == 1000
    type_into(box, "90000")
    assert box.value() == 4096
    assert box.text() == "4096"
