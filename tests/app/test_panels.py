"""Docks: a floated one stays in sight, a closed one comes back, and Reset layout is the first start's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QTabBar
from pytestqt.qtbot import QtBot

from jnn_studio.app.window import MainWindow
from jnn_studio.app.workspace import Workspace


@pytest.fixture
def start(qtbot: QtBot, settings: QSettings) -> Callable[[], object]:
    @contextmanager
    def program() -> Iterator[MainWindow]:
        window = MainWindow(settings)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        qtbot.waitUntil(lambda: window.workspace("Explore").desk.scene is not None)
        qtbot.wait(50)
        yield window
        window.close()
        window.shutdown()

    return program


def docks(window: MainWindow) -> dict[str, QDockWidget]:
    found = window.workspace("Explore").findChildren(QDockWidget)
    return {dock.objectName().removeprefix("explore.dock."): dock for dock in found}


def places(window: MainWindow) -> dict[str, object]:
    """Of those that are seen: one behind another's tab is nowhere."""
    seen = {name: dock for name, dock in docks(window).items() if not dock.visibleRegion().isEmpty()}
    return {name: dock.geometry().getRect() for name, dock in seen.items()}


def panel(workspace: Workspace, title: str) -> QAction:
    return next(action for action in workspace.panels() if action.text() == title)


def test_no_tabs_stand_where_no_panel_is(start, qtbot: QtBot) -> None:
    with start() as window:
        explore = window.workspace("Explore")

        def tabs() -> list[str]:
            return [bar.tabText(0) for bar in explore.findChildren(QTabBar) if bar.isVisible()]

        qtbot.waitUntil(lambda: sorted(tabs()) == ["Images", "Singular values"])
        window._reset_layout()
        qtbot.waitUntil(lambda: sorted(tabs()) == ["Images", "Singular values"])


def test_the_map_stands_beside_the_images_and_gives_its_room_back(start, qtbot: QtBot) -> None:
    with start() as window:
        first = places(window)
        assert docks(window)["map"].isHidden()
        panel(window.workspace("Explore"), "Map").trigger()
        qtbot.waitUntil(lambda: docks(window)["map"].isVisible())
        beside = places(window)
        assert beside["map"][0] > beside["images"][0] + beside["images"][2] - 1
        assert beside["map"][1] + beside["map"][3] < beside["directions"][1] + 1
        assert beside["directions"][0] == 0, "the sliders have the whole width"
        window._reset_layout()
        qtbot.waitUntil(lambda: places(window) == first)


def test_reset_layout_is_the_layout_of_the_first_start(start, qtbot: QtBot) -> None:
    with start() as window:
        first = places(window)
        docks(window)["images"].setFloating(True)
        docks(window)["directions"].close()
        window._reset_layout()
        qtbot.waitUntil(lambda: places(window) == first)
        docks(window)["images"].setFloating(True)
    with start() as window:
        window._reset_layout()
        qtbot.waitUntil(lambda: places(window) == first)


def test_a_panel_floated_before_stands_above_the_window_after_the_next_start(start, qtbot: QtBot) -> None:
    with start() as window:
        docks(window)["images"].setFloating(True)
    with start() as window:
        floated = docks(window)["images"]
        assert floated.isFloating()
        assert floated.isVisible()
        assert floated.windowHandle().transientParent() is window.windowHandle()


def test_a_closed_panel_is_shown_again_from_the_menu_and_the_palette(start) -> None:
    with start() as window:
        dock = docks(window)["singular_values"]
        dock.close()
        assert ("Panels", "Singular values") in [(menu, a.text()) for menu, a in window._all_actions()]
        panel(window.workspace("Explore"), "Singular values").trigger()
        assert dock.isVisible()
