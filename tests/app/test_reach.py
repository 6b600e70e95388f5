"""The whole window without a mouse, without sight, and for eyes that tell few colours."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QDockWidget,
    QFileDialog,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from jnn_studio.app.tab_order import controls_in_order, in_reading_order
from jnn_studio.app.window import MainWindow

from .reading import complaints, parts, place

ASKING = ("action_manual", "action_shortcuts", "action_about", "action_command_palette")
"""Actions that open something though their words do not end with an ellipsis."""
NOTHING = "action_report"
"""It opens nothing, and takes a while to end."""
AROUND = 40
"""Pixels around a control in which it may show that it has the focus."""


@pytest.fixture
def full(window: MainWindow, qtbot: QtBot, trained: Path) -> MainWindow:
    """With all its pages, and a run on the page of runs."""
    shutil.copytree(trained, Path(str(window.settings.value("runs_folder"))) / "tiny")
    for spec in window._specs:
        window.workspace(spec.title)
    window.show_workspace("Runs")
    runs = window.workspace("Runs")
    window.context.runs.refresh()
    qtbot.waitUntil(lambda: runs.table.shown == 1)
    runs.findChild(QTableView, "runs.table").selectAll()
    window.activateWindow()
    return window


def test_everything_on_every_page_has_a_name_of_its_own(full: MainWindow, qtbot: QtBot) -> None:
    assert [f"{part}: {words}" for part, page in parts(full, qtbot) for words in complaints(page)] == []
    assert complaints(full.rail) == []


def test_so_has_everything_in_what_the_pages_open(full: MainWindow, qtbot: QtBot) -> None:
    found, opened = [], set()
    for spec in full._specs:
        full.show_workspace(spec.title)
        qtbot.wait(50)
        for menu, action in full._all_actions():
            if not action.isEnabled() or not (action.text().endswith("…") or action.objectName() in ASKING):
                continue
            if (spec.title != "Explore" and menu != spec.title) or action.objectName() == NOTHING:
                continue  # of all pages the same
            action.trigger()
            qtbot.wait(20)
            for dialog in full.findChildren(QDialog):
                if dialog.isVisible():
                    opened.add(type(dialog).__name__)
                    if not isinstance(dialog, QFileDialog):  # Qt's or the system's own
                        found += [f"{action.text()}: {words}" for words in complaints(dialog)]
                        assert dialog.windowTitle() or dialog.accessibleName(), action.text()
                    dialog.close()
            found += [f"{action.text()}: {words}" for words in complaints(full.workspace(spec.title))]
    assert found == []
    assert {"ExportFigureDialog", "ManualDialog", "NewSweepDialog", "QMessageBox"} <= opened
    full.message.show_error("What", "happened", "details")
    full.message.ask("What", "then?", "This", lambda: None, lambda: None)
    assert complaints(full.message) == []


def press(window: QWidget, key: Qt.Key) -> None:
    """A key, for what has the focus."""
    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(QApplication.focusWidget() or window, event)


def looks(control: QWidget, window: QWidget) -> QImage:
    """The control and what is around it."""
    around = place(control, window).adjusted(-AROUND, -AROUND, AROUND, AROUND)
    return window.grab(around.intersected(window.rect())).toImage()


def test_tab_goes_through_every_page_as_one_reads_and_is_always_seen(full: MainWindow, qtbot: QtBot) -> None:
    window, found = full, []
    for part, _ in parts(window, qtbot):
        window.setFocus()
        met: list[QWidget] = []
        while True:
            press(window, Qt.Key.Key_Tab)
            control = QApplication.focusWidget()
            assert control is not None
            if control in met:
                break
            met.append(control)
            here = place(control, window)
            seen = control.viewport() if isinstance(control, QAbstractScrollArea) else control
            if seen.visibleRegion().isEmpty():
                found.append(f"{part}: {control.objectName()} has the focus where nobody sees it")
                continue
            focused = looks(control, window)
            control.clearFocus()
            if looks(control, window) == focused:
                found.append(f"{part}: {control.objectName()} does not show that it has the focus")
            control.setFocus()
            assert place(control, window) == here
        assert met[0] is control, f"{part}: from the last control Tab goes to the first"
        found += [
            f"{part}: from {a.objectName()} back to {b.objectName()}"
            for a, b in pairwise(met)
            if place(b, window).bottom() <= place(a, window).top()
            and place(b, window).right() <= place(a, window).left()
            and not window.rail.isAncestorOf(a)
        ]
        found += [f"{part}: {words}" for words in unreached(window, met)]
        press(window, Qt.Key.Key_Backtab)
        assert QApplication.focusWidget() is met[-1]
    assert found == []


def walked(window: QWidget) -> list[QWidget]:
    """What Tab meets in a window of its own, from its first control round to it again."""
    window.activateWindow()
    window.setFocus()
    met: list[QWidget] = []
    for _ in range(1000):
        press(window, Qt.Key.Key_Tab)
        control = QApplication.focusWidget()
        assert control is not None
        assert control.window() is window, "Tab stays in its window"
        if met and control is met[-1]:
            continue  # from link to link of a text
        if control in met:
            assert control is met[0]
            return met
        met.append(control)
    raise AssertionError("Tab does not come round")


def turned_back(window: QWidget, met: list[QWidget]) -> list[str]:
    """Where Tab goes up or to the left, with nothing beside it that would be its next."""
    return [
        f"{type(window).__name__}: from {a.objectName()} back to {b.objectName()}"
        for a, b in pairwise(met)
        if place(b, window).bottom() <= place(a, window).top()
        and place(b, window).right() <= place(a, window).left()
    ]


@pytest.mark.parametrize("name", ["directions", "images"])
def test_tab_goes_through_a_floating_panel_as_one_reads(window: MainWindow, qtbot: QtBot, name: str) -> None:
    dock = window.workspace("Explore").findChild(QDockWidget, f"explore.dock.{name}")
    dock.setFloating(True)
    qtbot.waitUntil(lambda: dock.isWindow() and dock.isVisible())
    dock.resize(420, 700)
    qtbot.wait(50)
    met = walked(dock)
    assert met == list(controls_in_order(dock))
    assert len(met) > 3
    assert turned_back(dock, met) == []
    assert unreached(dock, met) == []
    dock.setFloating(False)


def test_tab_goes_through_every_dialog_as_one_reads(full: MainWindow, qtbot: QtBot) -> None:
    found: list[str] = []
    opened: dict[str, int] = {}
    asked = {
        "Explore": (
            "action_preferences",
            "action_manual",
            "action_shortcuts",
            "explore.export_figure",
        ),
        "Runs": ("runs.action.note", "runs.action.sweep_new"),
    }
    for page, names in asked.items():
        full.show_workspace(page)
        actions = {action.objectName(): action for _, action in full._all_actions()}
        for name in names:
            actions[name].trigger()
            qtbot.waitUntil(lambda: any(dialog.isVisible() for dialog in full.findChildren(QDialog)))
            qtbot.wait(50)
            dialog = next(dialog for dialog in full.findChildren(QDialog) if dialog.isVisible())
            met = walked(dialog)
            opened[type(dialog).__name__] = len(met)
            found += turned_back(dialog, met) + unreached(dialog, met)
            dialog.close()
    assert found == []
    assert len(opened) == 6
    assert sum(opened.values()) > 40


def unreached(window: QWidget, met: list[QWidget]) -> list[str]:
    """Controls that a mouse can press and Tab has not met, nor the arrow keys lead to."""
    behind = {dock for dock in window.findChildren(QDockWidget) if dock.x() < 0 or dock.y() < 0}
    said = []
    for control in window.findChildren(QWidget):
        pressed = isinstance(control, QAbstractButton) and not control.objectName().startswith("qt_")
        if not (pressed or control.focusPolicy() & Qt.FocusPolicy.TabFocus) or control.focusProxy():
            continue
        if not control.isVisible() or not control.isEnabled() or control.window() is not window:
            continue
        if control in met or any(dock.isAncestorOf(control) for dock in behind):
            continue
        group = control.group() if isinstance(control, QAbstractButton) else None
        if group is None or not any(button in met for button in group.buttons()):
            said.append(f"{control.objectName() or type(control).__name__} is not reached")
    return said


def test_reading_order_is_by_bands_and_columns(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    places = {"below": (0, 90, 100, 10), "right": (60, 0, 40, 80), "left low": (0, 40, 50, 40)}
    places |= {"left high": (0, 0, 50, 30), "below all": (10, 105, 20, 20)}
    for name, rect in places.items():
        QWidget(window, objectName=name).setGeometry(QRect(*rect))
    children = window.findChildren(QWidget)
    assert [child.objectName() for child in in_reading_order(children)] == [
        *("left high", "left low", "right", "below", "below all"),
    ]


def test_a_panel_behind_another_has_no_place_in_it(window: MainWindow, qtbot: QtBot) -> None:
    explore = window.workspace("Explore")
    order = [control.objectName() for control in controls_in_order(window)]
    assert "explore.gallery.search" in order
    assert "explore.library.search" not in order
    explore.findChild(QDockWidget, "explore.dock.saved_directions").raise_()
    qtbot.waitUntil(
        lambda: "explore.library.search" in {control.objectName() for control in controls_in_order(window)}
    )
