"""The label that is cut where there is no room: it keeps its words and says less of them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.eliding_label import ElidingLabel

WORDS = "a folder far down: photographs/of/last/summer/by/the/sea"


def made(qtbot: QtBot, width: int, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> ElidingLabel:
    label = ElidingLabel(WORDS, "place", mode)
    qtbot.addWidget(label)
    label.resize(width, 24)
    label.show()
    return label


def test_where_there_is_room_all_of_it_is_read(qtbot: QtBot) -> None:
    label = made(qtbot, 2000)
    assert label.shown() == label.text() == WORDS


def test_where_there_is_none_it_is_cut_and_keeps_its_words(qtbot: QtBot) -> None:
    label = made(qtbot, 100)
    assert label.text() == WORDS
    assert label.shown().startswith("a folder")
    assert label.shown().endswith("…")
    assert label.fontMetrics().horizontalAdvance(label.shown()) <= 100


def test_it_can_be_cut_in_the_middle(qtbot: QtBot) -> None:
    shown = made(qtbot, 160, Qt.TextElideMode.ElideMiddle).shown()
    assert shown.startswith("a fo")
    assert shown.endswith("sea")
    assert "…" in shown


def test_it_may_be_narrow_and_would_rather_be_wide(qtbot: QtBot) -> None:
    label = made(qtbot, 100)
    assert label.minimumSizeHint().width() < 24
    assert label.sizeHint().width() >= label.fontMetrics().horizontalAdvance(WORDS)


def test_it_asks_for_room_only_if_its_width_depends_on_its_words(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    row = QHBoxLayout(box)
    label = ElidingLabel("short")
    row.addWidget(label)
    row.addStretch(1)
    box.resize(600, 40)
    box.show()
    narrow = label.width()
    label.setText(WORDS)
    qtbot.waitUntil(lambda: label.width() > narrow)
    label.setFixedWidth(80)
    qtbot.waitUntil(lambda: label.width() == 80)
    label.setText("short")
    assert label.width() == 80
    assert label.text() == label.accessibleName() == "short"


def test_it_looks_as_a_label_does(qtbot: QtBot) -> None:
    """Colours of a style sheet included."""
    plain = QLabel(WORDS)
    qtbot.addWidget(plain)
    label = made(qtbot, 2000)
    for widget in (plain, label):
        widget.setStyleSheet("color: #a02020; background: white")
        widget.resize(2000, 24)
    assert label.grab().toImage() == plain.grab().toImage()
