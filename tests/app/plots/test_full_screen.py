"""A plot alone on the screen, and back exactly where it was."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget, QGridLayout, QMainWindow, QSplitter, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.icons import IconButton
from jnn_studio.app.plots.full_screen import FullScreen
from jnn_studio.app.plots.plot import StudioPlot


def in_a_grid(window: QMainWindow, plot: QWidget, other: QWidget) -> None:
    central = QWidget()
    grid = QGridLayout(central)
    grid.addWidget(other, 0, 0)
    grid.addWidget(plot, 1, 0)
    window.setCentralWidget(central)


def in_a_splitter(window: QMainWindow, plot: QWidget, other: QWidget) -> None:
    splitter = QSplitter()
    splitter.addWidget(plot)
    splitter.addWidget(other)
    window.setCentralWidget(splitter)
    splitter.setSizes([500, 300])


def in_a_dock(window: QMainWindow, plot: QWidget, other: QWidget) -> None:
    dock = QDockWidget("Plot")
    dock.setObjectName("dock")
    dock.setWidget(plot)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.setCentralWidget(other)


@pytest.mark.parametrize("put", [in_a_grid, in_a_splitter, in_a_dock])
def test_it_is_alone_until_escape_and_stands_where_it_stood(put, qtbot: QtBot) -> None:
    window, plot, other = QMainWindow(), StudioPlot("plot", "Losses"), QWidget()
    qtbot.addWidget(window)
    plot.add_curve("u", "Loss", "regularised")
    plot.extend("u", [0, 1, 2], [3, 1, 2])
    window.resize(800, 600)
    put(window, plot, other)
    window.show()
    qtbot.wait(20)
    before, around = plot.geometry(), plot.parentWidget()
    for leave in ("escape", "button"):
        qtbot.mouseClick(plot.findChild(IconButton, "plot.full_screen_button"), Qt.MouseButton.LeftButton)
        (alone,) = window.findChildren(FullScreen)
        assert alone.isFullScreen()
        assert plot.window() is alone
        assert plot.isVisible()
        if leave == "escape":
            QTest.keyClick(plot.canvas, Qt.Key.Key_Escape)
        else:
            plot.menu.full_screen.trigger()
        qtbot.waitUntil(lambda: not window.findChildren(FullScreen))
        qtbot.waitUntil(lambda: plot.geometry() == before)
        assert plot.window() is window
        assert plot.parentWidget() is around
        assert plot.isVisible()


def test_the_window_closes_with_a_plot_that_is_alone(qtbot: QtBot) -> None:
    window, plot = QMainWindow(), StudioPlot("plot", "Losses")
    qtbot.addWidget(window)
    in_a_grid(window, plot, QWidget())
    window.show()
    plot.toggle_full_screen()
    (alone,) = window.findChildren(FullScreen)
    alone.close()
    assert plot.window() is window
