"""What the style sheet makes of lists and menus."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAction, QActionGroup, QImage
from PySide6.QtWidgets import QApplication, QComboBox, QMenu
from pytestqt.qtbot import QtBot

from jnn_studio.app.theme import theme


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> None:
    theme()


@pytest.mark.parametrize("count", [2, 4, 9])
def test_a_drop_down_shows_all_of_its_choices(qtbot: QtBot, count: int) -> None:
    combo = QComboBox()
    qtbot.addWidget(combo)
    combo.addItems([f"Choice {number}" for number in range(count)])
    combo.show()
    combo.showPopup()
    view = combo.view()
    last = view.visualRect(combo.model().index(count - 1, 0))

    assert view.viewport().rect().contains(last)
    assert view.viewport().height() - last.bottom() <= 2  # and nothing is left over
    combo.hidePopup()


def test_which_of_a_menus_exclusive_choices_holds_is_seen(qtbot: QtBot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    group = QActionGroup(menu)
    actions = [QAction("Choice", menu) for _ in range(2)]
    for action in actions:
        action.setCheckable(True)
        group.addAction(action)
        menu.addAction(action)
    actions[0].setChecked(True)
    menu.ensurePolished()
    menu.resize(menu.sizeHint())
    picture: QImage = menu.grab().toImage()

    checked, unchecked = (picture.copy(menu.actionGeometry(action)) for action in actions)
    assert checked != unchecked
