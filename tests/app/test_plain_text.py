"""Names are text wherever they stand."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.theme import theme

NAME = '<h1>BIG</h1><img src="/usr/share/pixmaps/x.png">'


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> None:
    theme()


def test_a_label_shows_a_name_as_it_is(qtbot: QtBot) -> None:
    label = QLabel(NAME)
    qtbot.addWidget(label)
    label.show()

    assert label.textFormat() == Qt.TextFormat.PlainText


def test_a_label_that_says_it_is_rich_stays_so(qtbot: QtBot) -> None:
    label = QLabel("<b>0.5</b>")
    label.setTextFormat(Qt.TextFormat.RichText)
    qtbot.addWidget(label)
    label.show()

    assert label.textFormat() == Qt.TextFormat.RichText


def test_a_tooltip_shows_a_name_as_it_is(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    QToolTip.showText(QPoint(5, 5), NAME, widget)

    tips = [w for w in QApplication.topLevelWidgets() if w.inherits("QTipLabel")]
    assert [tip.text() for tip in tips if isinstance(tip, QLabel)] == [NAME]
    assert all(tip.textFormat() == Qt.TextFormat.PlainText for tip in tips if isinstance(tip, QLabel))
    QToolTip.hideText()
    for tip in tips:
        tip.deleteLater()
    qtbot.wait(1)


def test_a_box_shows_a_name_as_it_is(qtbot: QtBot) -> None:
    box = QMessageBox()
    qtbot.addWidget(box)
    box.setText(f"“{NAME}” is still training.")
    box.setInformativeText(NAME)
    box.open()

    labels = [label for label in box.findChildren(QLabel) if NAME in label.text()]
    assert len(labels) == 2
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
