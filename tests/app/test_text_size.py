"""Larger text: the window still fits, and what does not fit scrolls. Less motion."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from jnn_studio.app.plain_text import without_mnemonic
from jnn_studio.app.preferences_applied import moves
from jnn_studio.app.theme import theme
from jnn_studio.app.widgets.compare.viewer import BLINK, Viewer
from jnn_studio.app.window import MainWindow

from .reading import parts

EMPTY_VIEWER = ".scale"
"""Its figure is out of range as long as there is no picture."""


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    theme().size_text(1.0)
    theme().moves = True


@pytest.fixture
def settings(settings: QSettings) -> QSettings:
    settings.setValue("text_size", "150")
    settings.setValue("motion", "reduced")
    return settings


@pytest.fixture
def size_before() -> float:
    """In points, of the system's text."""
    return QApplication.font().pointSizeF()


def cut(page: QWidget) -> Iterator[str]:
    """Words that do not fit into what shows them."""
    for widget in page.findChildren(QWidget):
        if widget.visibleRegion().isEmpty() or widget.objectName().endswith(EMPTY_VIEWER):
            continue
        words, metrics = "", widget.fontMetrics()
        if isinstance(widget, QPushButton | QToolButton | QCheckBox):
            words = without_mnemonic(widget.text())
        elif isinstance(widget, QAbstractSpinBox):
            words = widget.text()
        elif type(widget) is QLabel and widget.text():
            wanted = widget.sizeHint()
            if widget.wordWrap():
                wanted.setWidth(0)
                wanted.setHeight(widget.heightForWidth(widget.width()))
            if wanted.width() > widget.width() + 1 or wanted.height() > widget.height() + 1:
                yield f"{widget.objectName()} “{widget.text()[:40]}” in {widget.size().toTuple()}"
        if metrics.horizontalAdvance(words) > widget.width() or (
            words and metrics.height() > widget.height()
        ):
            yield f"{widget.objectName()} “{words}” in {widget.size().toTuple()}"
        if isinstance(widget, QComboBox | QLineEdit) and metrics.height() > widget.height():
            yield f"{widget.objectName()} is {widget.height()} high"


def test_nothing_is_cut_at_150_percent(size_before: float, window: MainWindow, qtbot: QtBot) -> None:
    assert QApplication.font().pointSizeF() == pytest.approx(1.5 * size_before)
    window.resize(1280, 800)
    found = []
    for part, page in parts(window, qtbot):
        found += [f"{part}: {words}" for words in cut(page)]
        room, bars = window.room.viewport().size(), window.room.horizontalScrollBar()
        assert page.width() <= room.width() + bars.maximum()
    assert found == []
    assert max(b.fontMetrics().horizontalAdvance(b.text()) for b in window.rail._buttons.values()) < 108


def test_panels_become_tabs_sooner_where_text_is_large(window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    explore = window.workspace("Explore")
    qtbot.waitUntil(lambda: explore._folded == 2)


def test_less_motion(window: MainWindow, qtbot: QtBot) -> None:
    assert not any(window.workspace(spec.title).isAnimated() for spec in window._specs)
    viewer = window.workspace("Denoise").findChild(Viewer, "denoise.photo.viewer")
    window.show_workspace("Denoise")
    viewer.mode = BLINK
    assert not viewer._turns.isActive()
    theme().moves = True
    viewer._run_turns()
    assert viewer._turns.isActive()


def test_what_the_system_says_of_motion_counts_where_it_says_something() -> None:
    assert moves("full")
    assert not moves("reduced")
    assert moves("system")  # here Qt does not tell
