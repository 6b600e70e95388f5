"""The same runs, by the same names, on every page of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from jnn_studio.app.window import MainWindow
from jnn_studio.runs.annotations import Annotation
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Metrics
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Command, Commands

Tiny = Callable[..., RunConfig]


@pytest.fixture
def folder(settings: QSettings, tiny: Tiny) -> Path:
    """Two finished pairs of another η, and one that was stopped."""
    folder = Path(str(settings.value("runs_folder")))
    for name, eta in (("weak", 0.1), ("strong", 0.3)):
        for _ in start_run(tiny(name=name, penalty={"eta": eta}), folder / name, Commands()):
            pass
    commands = Commands()
    for event in start_run(tiny(name="stopped", schedule={"steps": 30}), folder / "stopped", commands):
        if isinstance(event, Metrics) and event.step == 10:
            commands.send(Command.STOP)
    return folder


@pytest.fixture
def window(qtbot: QtBot, settings: QSettings, folder: Path) -> Iterator[MainWindow]:
    window = MainWindow(settings)
    window.show()
    window.show_workspace("Runs")
    qtbot.waitUntil(lambda: len(window.workspace("Runs").model.runs) == 3)
    yield window
    window.shutdown()
    window.hide()
    window.deleteLater()


def select(window: MainWindow, *names: str) -> None:
    table = window.workspace("Runs").table
    table.clearSelection()
    flags = QItemSelectionModel.SelectionFlag
    for row in range(table.shown):
        if table.proxy.index(row, 0).data() in names:
            table.selectionModel().select(table.proxy.index(row, 0), flags.Select | flags.Rows)


def do(window: MainWindow, name: str) -> None:
    action = window.workspace("Runs").findChild(QAction, f"runs.action.{name}")
    assert action.isEnabled()
    action.trigger()


def offered(menu: QMenu) -> list[str]:
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions() if action.text()]


def shown(window: MainWindow) -> Any:
    return window.stack.currentWidget()


def test_selected_runs_stand_side_by_side_in_explore(window: MainWindow, qtbot: QtBot, folder: Path) -> None:
    select(window, "weak", "strong")
    do(window, "explore")
    desk = window.workspace("Explore").desk
    qtbot.waitUntil(lambda: len(desk.state.columns) == 3 and desk.settled)

    assert shown(window) is window.workspace("Explore")
    names = [column.name for column in desk.state.columns]
    first = names[1]
    assert names == [f"{first}, unregularised", first, "weak" if first == "strong" else "strong"]
    captions = [view.caption for view in desk.scene.columns]
    assert any("weak · η = 0.1" in caption for caption in captions)
    assert any("strong · η = 0.3" in caption for caption in captions)
    desk.undo.undo()
    assert [column.where for column in desk.state.columns] == ["unregularised", "regularised"]


def test_a_run_is_opened_and_resumed_on_the_page_for_its_kind(window: MainWindow, qtbot: QtBot) -> None:
    select(window, "weak")
    do(window, "open")
    page = window.workspace("Train").page
    assert shown(window) is window.workspace("Train")
    qtbot.waitUntil(lambda: page.status is not None and page.status.state == "finished")
    assert page.status.feed.config.name == "weak"

    window.show_workspace("Runs")
    select(window, "stopped")
    do(window, "resume")
    qtbot.waitUntil(lambda: page.status.feed.config.name == "stopped")
    qtbot.waitUntil(lambda: page.status.state == "finished")
    assert page.status.step == 30


def test_train_and_explore_offer_the_same_runs_by_the_same_names(window: MainWindow, qtbot: QtBot) -> None:
    runs = window.context.runs
    weak = next(run for run in runs.runs if run.name == "weak")
    runs.annotate(weak, Annotation(name="the good one"))
    wanted = {
        "the good one · η = 0.1 · finished",
        "strong · η = 0.3 · finished",
        "stopped · η = 0.5 · stopped",
    }
    train = window.workspace("Train").page.controls.recent.menu()
    explore = window.workspace("Explore").choices.findChild(QMenu, "explore.models.runs")
    beside = window.workspace("Explore").choices.findChild(QMenu, "explore.models.add_runs")

    for menu in (train, explore, beside):
        assert set(offered(menu)) == {*wanted, "All runs…"}
    models = window.workspace("Explore").choices.models.menu()
    assert "Runs" in offered(models)
    next(a for a in explore.actions() if a.text().startswith("the good one")).trigger()
    desk = window.workspace("Explore").desk
    where = f"{weak.path}::regularised"
    qtbot.waitUntil(lambda: where in [c.where for c in desk.state.columns] and desk.settled)
    assert window.workspace("Explore").choices.models.text() == "the good one"


def test_all_runs_are_one_step_away_from_every_list(window: MainWindow) -> None:
    window.show_workspace("Train")
    menu = window.workspace("Train").page.controls.recent.menu()
    offered(menu)
    menu.actions()[-1].trigger()
    assert shown(window) is window.workspace("Runs")


def test_a_run_that_ends_here_is_in_all_lists(
    window: MainWindow, qtbot: QtBot, tiny: Tiny, tmp_path: Path
) -> None:
    """Wherever it was put."""
    window.context.start_run(tiny(name="elsewhere"), tmp_path / "far" / "run")
    wanted = "elsewhere · η = 0.5 · finished"
    explore = window.workspace("Explore").choices.findChild(QMenu, "explore.models.runs")
    qtbot.waitUntil(lambda: wanted in offered(explore))
    assert wanted in offered(window.workspace("Train").page.controls.recent.menu())


def test_a_run_that_explore_opens_from_elsewhere_is_in_all_lists_from_then_on(
    window: MainWindow, qtbot: QtBot, tiny: Tiny, tmp_path: Path
) -> None:
    for _ in start_run(tiny(name="brought along"), tmp_path / "stick" / "run", Commands()):
        pass
    explore = window.workspace("Explore")
    window.show_workspace("Explore")
    explore.desk.open_path(tmp_path / "stick" / "run")
    wanted = "brought along · η = 0.5 · finished"
    train = window.workspace("Train").page.controls.recent.menu()
    qtbot.waitUntil(lambda: wanted in offered(train))
    assert str(tmp_path / "stick" / "run") not in offered(explore.choices.models.menu())
