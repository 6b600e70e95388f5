"""What happened, where, what to do; details on request."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.theme import theme
from jnn_studio.app.widgets import message
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


class TestOverWhatItIsAbout:
    @pytest.fixture
    def page(self, qtbot: QtBot) -> QWidget:
        made = QWidget()
        qtbot.addWidget(made)
        return made

    @pytest.fixture
    def host(self, page: QWidget) -> QLabel:
        column = QVBoxLayout(page)
        made = QLabel("pictures")
        column.addWidget(QLabel("above"))
        column.addWidget(made, 1)
        page.resize(500, 400)
        page.show()
        return made

    @pytest.fixture
    def bar(self, host: QLabel, monkeypatch: pytest.MonkeyPatch) -> MessageBar:
        monkeypatch.setattr(message, "STAYS_MS", 60)
        monkeypatch.setattr(message, "LINGERS_MS", 30)
        monkeypatch.setattr(message, "READING_MS", 0)
        made = MessageBar()
        made.lie_over(host)
        return made

    def test_nothing_is_pushed_down(self, bar: MessageBar, host: QLabel) -> None:
        before = host.geometry()
        bar.show_error("Failed", "Try again. " * 30, "Traceback …")
        bar.details.setVisible(True)
        QApplication.processEvents()
        assert host.geometry() == before
        assert before.contains(bar.geometry())
        assert bar.height() >= bar.heightForWidth(bar.width())

    def test_it_stays_within_a_page_of_another_size(self, bar: MessageBar, host: QLabel) -> None:
        bar.show_error("Failed", "Try again. " * 30)
        host.window().resize(320, 500)
        QApplication.processEvents()
        assert host.geometry().contains(bar.geometry())

    def test_a_notice_leaves_by_itself(self, bar: MessageBar, qtbot: QtBot) -> None:
        bar.show_info("Session saved", "/a/b.jnnsession")
        qtbot.waitUntil(bar.isHidden)

    def test_not_while_the_keyboard_is_in_it(self, bar: MessageBar, host: QLabel, qtbot: QtBot) -> None:
        bar.show_info("Session saved", "/a/b.jnnsession")
        host.window().activateWindow()
        button = bar.findChild(QToolButton, "message.copy")
        button.setFocus()
        qtbot.waitUntil(button.hasFocus)
        qtbot.wait(200)
        assert bar.isVisible()
        button.clearFocus()
        qtbot.waitUntil(bar.isHidden)

    def test_not_while_the_pointer_is_on_it(self, bar: MessageBar, qtbot: QtBot) -> None:
        bar.show_info("Session saved", "/a/b.jnnsession")
        bar.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
        qtbot.wait(200)
        assert bar.isVisible()
        bar.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
        qtbot.waitUntil(bar.isHidden)

    def test_errors_questions_and_what_is_to_stay_stay(self, bar: MessageBar, qtbot: QtBot) -> None:
        for show in (
            lambda: bar.show_error("Failed", "Try again."),
            lambda: bar.ask("Restore?", "It was kept.", "Restore", lambda: None, lambda: None),
            lambda: bar.show_info("Blend", "Choose an image.", stays=True),
        ):
            show()
            qtbot.wait(150)
            assert bar.isVisible()

    def test_what_is_over_is_withdrawn_and_nothing_else(self, bar: MessageBar) -> None:
        bar.show_error("Cannot open the images", "There are none.")
        bar.withdraw("Cannot open the models")
        assert bar.isVisible()
        bar.withdraw("Cannot open the models", "Cannot open the images")
        assert bar.isHidden()

    def test_a_notice_of_a_page_that_is_not_seen_waits(
        self, bar: MessageBar, host: QLabel, qtbot: QtBot
    ) -> None:
        host.window().hide()
        bar.show_info("Session saved", "/a/b.jnnsession")
        qtbot.wait(150)
        assert not bar.isHidden()
        host.window().show()
        qtbot.waitUntil(bar.isHidden)
