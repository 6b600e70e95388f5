"""A window of any size: nothing lies over anything else, and everything can be reached."""

from __future__ import annotations

import json
import subprocess
import sys

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from benchmarks.fitting import SIZES, wrong_at
from jnn_studio.app.window import SMALLEST, MainWindow


def settled(window: MainWindow, qtbot: QtBot, size: tuple[int, int]) -> None:
    """The window has this size, and its pages are arranged for it."""
    window.resize(*size)
    window.layout().activate()
    for _ in range(3):
        qtbot.wait(20)
    assert window.size().toTuple() == size


def test_no_control_lies_over_another_or_outside_at_any_size(window: MainWindow) -> None:
    assert wrong_at(window, SIZES, ["light"]) == []
    assert wrong_at(window, SIZES[::4], ["dark"]) == []  # other colours move nothing


def test_nor_does_one_at_a_scale_between_whole_ones() -> None:
    """In a process of its own, which Qt asks for; all scales and sizes: ``python -m benchmarks.fitting``."""
    command = [sys.executable, "-m", "benchmarks.fitting", "--scales", "1.5", "--modes", "light", "--sizes"]
    ended = subprocess.run(
        [*command, "800x600", "1280x800"], capture_output=True, text=True, check=False, timeout=280
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads(ended.stdout)["scale 1.5"]
    assert found == {"device_pixel_ratio": 1.5, "sizes": 2, "wrong": []}


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
