"""What happened, where, what to do; details on request."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.theme import theme
from jnn_studio.app.widgets.message import MessageBar


@pytest.fixture
def bar(qtbot: QtBot) -> MessageBar:
    made = MessageBar()
    qtbot.addWidget(made)
    return made


def click(bar: MessageBar, qtbot: QtBot, name: str) -> None:
    qtbot.mouseClick(bar.findChild(QToolButton, f"message.{name}"), Qt.MouseButton.LeftButton)


def test_it_is_there_only_while_there_is_something_to_say(bar: MessageBar, qtbot: QtBot) -> None:
    assert not bar.isVisible()
    bar.show_info("Resumed", "The run goes on from step 4000.")
    assert bar.isVisible()
    click(bar, qtbot, "dismiss")
    assert not bar.isVisible()


def test_an_error_says_what_and_where_and_is_announced(bar: MessageBar) -> None:
    bar.show_error("Could not open the run", "metrics.jsonl is broken. Open another run.")
    assert bar.title.text() == "Could not open the run"
    assert bar.accessibleName() == "Could not open the run. metrics.jsonl is broken. Open another run."


def test_details_are_folded_away_until_asked_for(bar: MessageBar, qtbot: QtBot) -> None:
    bar.show_error("Failed", "Try again.", "Traceback …")
    assert not bar.details.isVisible()
    click(bar, qtbot, "unfold")
    assert bar.details.isVisible()
    assert bar.details.toPlainText() == "Traceback …"
    click(bar, qtbot, "unfold")
    assert not bar.details.isVisible()


def test_without_details_there_is_nothing_to_unfold(bar: MessageBar) -> None:
    bar.show_error("Failed", "Try again.", "Traceback …")
    bar.show_error("Failed otherwise", "Try again.")
    assert not bar.findChild(QToolButton, "message.unfold").isVisible()
    assert bar.details.toPlainText() == ""


def test_all_of_it_can_be_copied(bar: MessageBar, qtbot: QtBot) -> None:
    bar.show_error("Failed", "Try again.", "Traceback …")
    click(bar, qtbot, "copy")
    assert QApplication.clipboard().text() == "Failed\n\nTry again.\n\nTraceback …"


def test_markup_in_a_message_is_shown_as_it_is(bar: MessageBar) -> None:
    bar.show_error("Failed", "<b>bold</b>.toml")
    assert bar.text.textFormat() == Qt.TextFormat.PlainText
    assert bar.title.textFormat() == Qt.TextFormat.PlainText


def test_errors_and_news_differ_in_colour_in_both_themes(bar: MessageBar) -> None:
    for mode in ("dark", "light"):
        theme().mode = mode
        bar.show_error("Failed", "Try again.")
        assert theme().colors.danger in bar.styleSheet()
        bar.show_info("Done", "All is well.")
        assert theme().colors.danger not in bar.styleSheet()
    theme().mode = "system"


def test_every_button_is_named(bar: MessageBar) -> None:
    for button in bar.findChildren(QToolButton):
        assert button.toolTip()
        assert button.accessibleName()
