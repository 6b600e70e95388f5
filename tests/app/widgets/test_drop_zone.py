"""What can be dropped is told while it hovers, and what cannot, why."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.theme import theme
from jnn_studio.app.widgets.drop_zone import DropOffer, DropVeil, DropZone


class Page(QWidget):
    """Takes pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[str] = []
        self.refused: list[str] = []
        QVBoxLayout(self).addWidget(QLabel("something"))
        self.resize(400, 300)
        DropZone(self, self.offer, self.take, self.refused.append)

    def offer(self, mime: QMimeData) -> DropOffer:
        if mime.urls()[0].fileName().endswith(".png"):
            return DropOffer("Open this picture")
        return DropOffer("This is no picture", good=False)

    def take(self, mime: QMimeData) -> None:
        self.taken.append(mime.urls()[0].fileName())

    def enter(self, mime: QMimeData) -> QDragEnterEvent:
        event = QDragEnterEvent(QPoint(20, 20), *how(mime))
        event.setAccepted(False)
        QApplication.sendEvent(self, event)
        return event

    @property
    def veil(self) -> DropVeil | None:
        found = self.findChild(DropVeil)
        return found if found is not None and found.isVisible() else None


def how(mime: QMimeData) -> tuple[Qt.DropAction, QMimeData, Qt.MouseButton, Qt.KeyboardModifier]:
    return Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def file(name: str) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(Path("/tmp") / name))])
    return mime


@pytest.fixture
def page(qtbot: QtBot) -> Page:
    page = Page()
    qtbot.addWidget(page)
    page.show()
    return page


@pytest.mark.parametrize(
    ("name", "words", "role"),
    [("a.png", "Open this picture", "accent"), ("a.txt", "This is no picture", "danger")],
)
def test_it_is_told_while_it_hovers_and_forgotten_when_it_leaves(
    page: Page, name: str, words: str, role: str
) -> None:
    page.enter(file(name))
    veil = page.veil
    assert veil is not None
    assert veil.accessibleName() == words
    assert veil.geometry() == page.rect()
    assert page.childAt(200, 150) is not veil  # what lies below stays what is dropped on
    picture = page.grab().toImage()
    edge = {picture.pixelColor(3, y).name() for y in range(100, 200)}
    assert theme().color(role).name() in edge
    QApplication.sendEvent(page, QDragLeaveEvent())
    assert page.veil is None
    assert page.taken == []


def test_what_is_offered_is_taken_and_what_is_not_is_refused(page: Page) -> None:
    for name in ("a.png", "a.txt"):
        mime = file(name)
        event = page.enter(mime)
        assert event.isAccepted()  # else nobody would tell when it leaves
        assert (event.dropAction() == Qt.DropAction.IgnoreAction) == (name == "a.txt")
        QApplication.sendEvent(page, QDropEvent(QPointF(20, 20), *how(mime)))
        assert page.veil is None
    assert page.taken == ["a.png"]
    assert page.refused == ["This is no picture"]


def test_words_dragged_from_a_field_are_no_concern_of_it(page: Page) -> None:
    mime = QMimeData()
    mime.setText("words")
    assert not page.enter(mime).isAccepted()
    assert page.veil is None
