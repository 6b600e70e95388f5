"""A window of any size: nothing lies over anything else, and everything can be reached."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSettings
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QScrollArea,
    QSlider,
    QWidget,
)
from pytestqt.qtbot import QtBot

from jnn_studio.app.theme import theme
from jnn_studio.app.window import SMALLEST, MainWindow

CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider)
SIZES = [(640, 440), (800, 600), (960, 640), (1024, 740), (1280, 800), (1920, 1080), (2560, 1440)]


@pytest.fixture
def whole(window: MainWindow) -> MainWindow:
    """With all its pages."""
    for spec in window._specs:
        window.workspace(spec.title)
    return window


def settled(window: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    """The window has this size, and its pages are arranged for it."""
    window.resize(*size)
    window.layout().activate()
    for _ in range(3):
        qtbot.wait(20)
    assert window.size().toTuple() == size


def controls(page: QWidget) -> list[QWidget]:
    """Controls that are to be seen, or to be scrolled to; those of panels behind others are not."""
    found = [w for kind in CONTROLS for w in page.findChildren(kind) if w.isVisible() and w.width() > 1]
    behind = {dock for dock in page.findChildren(QDockWidget) if dock.x() < 0 or dock.y() < 0}
    return [
        w
        for w in found
        if not any(dock.isAncestorOf(w) for dock in behind)
        and not isinstance(w.parentWidget(), (QAbstractSpinBox, QComboBox, QLineEdit, QDockWidget))
        and not w.objectName().startswith(("qt_", "Scroll"))
    ]


def place(control: QWidget, page: QWidget) -> QRect:
    """Where it is seen within the page: what it stands in may scroll."""
    area, rect = control, QRect(control.mapTo(page, QPoint(0, 0)), control.size())
    while area is not page:
        area = area.parentWidget()
        if isinstance(area, QScrollArea):
            rect &= QRect(area.viewport().mapTo(page, QPoint(0, 0)), area.viewport().size())
    return rect


def overlapping(page: QWidget) -> list[str]:
    """Pairs of controls that lie over each other."""
    seen = [(w, place(w, page)) for w in controls(page)]
    seen = [(w, rect) for w, rect in seen if not rect.isEmpty()]
    return [
        f"{a.objectName() or type(a).__name__} over {b.objectName() or type(b).__name__}"
        for number, (a, first) in enumerate(seen)
        for b, second in seen[number + 1 :]
        if not a.isAncestorOf(b)
        and not b.isAncestorOf(a)
        # A pixel of a frame is shared by segments of one control.
        and not first.adjusted(1, 1, -1, -1).intersected(second.adjusted(1, 1, -1, -1)).isEmpty()
    ]


def outside(page: QWidget) -> list[str]:
    """Controls that nobody can reach, even by scrolling."""
    room = page.rect()
    return [
        w.objectName() or type(w).__name__
        for w in controls(page)
        if not place(w, page).isEmpty() and not room.contains(place(w, page))
    ]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_no_control_lies_over_another_or_outside_at_any_size(
    whole: MainWindow, qtbot: QtBot, mode: str
) -> None:
    window = whole
    theme().mode = mode
    found = []
    for size in SIZES:
        settled(window, qtbot, size)
        for spec in window._specs:
            window.show_workspace(spec.title)
            qtbot.wait(20)
            page = window.workspace(spec.title)
            found += [f"{spec.title} at {size}: {words}" for words in overlapping(page)]
            found += [f"{spec.title} at {size}: {words} outside" for words in outside(page)]
            room = window.room.viewport().size()
            bars = window.room.horizontalScrollBar(), window.room.verticalScrollBar()
            assert page.width() <= room.width() + bars[0].maximum()
            assert page.height() <= room.height() + bars[1].maximum()
    assert found == []


def test_panels_of_explore_become_tabs_where_there_is_no_room_and_come_apart_again(
    window: MainWindow, qtbot: QtBot
) -> None:
    explore = window.workspace("Explore")
    docks = {
        name: explore.findChild(QDockWidget, f"explore.dock.{name}")
        for name in ("directions", "singular_values", "meaning", "images", "saved_directions")
    }

    def tabs(name: str) -> set[str]:
        beside = explore.tabifiedDockWidgets(docks[name])
        return {other for other, dock in docks.items() if dock in beside}

    settled(window, qtbot, (1280, 800))
    assert tabs("directions") == set()
    assert tabs("singular_values") == {"meaning"}
    geometry = docks["directions"].geometry()
    for size, beside in (
        ((1100, 800), {"singular_values", "meaning"}),
        ((800, 600), {"singular_values", "meaning", "images", "saved_directions"}),
    ):
        settled(window, qtbot, size)
        assert tabs("directions") == beside
        assert not docks["directions"].visibleRegion().isEmpty()
    settled(window, qtbot, (1280, 800))
    assert tabs("directions") == set()
    assert tabs("images") == {"saved_directions"}
    assert abs(docks["directions"].geometry().width() - geometry.width()) <= 20


def test_a_layout_is_remembered_as_it_is_with_room(
    window: MainWindow, qtbot: QtBot, settings: QSettings
) -> None:
    settled(window, qtbot, (800, 600))
    explore = window.workspace("Explore")
    explore.save_state(settings)
    settled(window, qtbot, (1280, 800))
    explore.restore_state(settings)
    directions = explore.findChild(QDockWidget, "explore.dock.directions")
    assert explore.tabifiedDockWidgets(directions) == []


def test_it_fits_on_half_a_screen_of_1080_lines() -> None:
    assert SMALLEST.height() <= 540 - 40
    assert SMALLEST.width() <= 800
