"""The main window: workspaces, theme, palette, and leaving while a run is under way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QLineEdit, QMessageBox, QPushButton, QTreeWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.plain_text import without_mnemonic
from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.theme import theme
from jnn_studio.app.window import MainWindow, first_size
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.events import CheckpointSaved
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.step.commands import Command


@pytest.fixture
def endless() -> RunConfig:
    return validate_config(
        {
            "name": "endless",
            "data": {"kind": "faces", "count": 64},
            "model": {"size": 16, "dct": 8, "hidden": 16, "latent": 8},
            "schedule": {"steps": 9_999_999, "batch_size": 8, "held_out": 8},
        },
        "test",
    )


@pytest.fixture
def training(window: MainWindow, endless: RunConfig, tmp_path: Path, qtbot: QtBot) -> Path:
    """A run under way; its folder."""
    path = tmp_path / "run"
    feed = window.context.start_run(endless, path)
    qtbot.waitUntil(lambda: bool(feed.metrics.take()))
    return path


@pytest.mark.parametrize(
    ("room", "size"),
    [
        ((1280, 800), (1278, 760)),
        ((1920, 1040), (1280, 800)),
        ((800, 600), (798, 560)),
        ((600, 400), (640, 440)),
    ],
)
def test_its_status_bar_is_on_the_screen_at_first(room: tuple[int, int], size: tuple[int, int]) -> None:
    assert first_size(QSize(*room)) == QSize(*size)


def test_the_status_bar_says_what_the_run_is_doing(window: MainWindow, training: Path, qtbot: QtBot) -> None:
    label = window.findChild(QLabel, "run_status")
    qtbot.waitUntil(lambda: label.text() == "endless: training")
    with qtbot.waitSignal(
        window.context.run_event, check_params_cb=lambda _, e: isinstance(e, CheckpointSaved)
    ):
        window.context.training.send(Command.CHECKPOINT)
    assert label.text() == "endless: training"
    window.context.training.send(Command.PAUSE)
    qtbot.waitUntil(lambda: label.text() == "endless: paused")


def quit_box(window: MainWindow) -> QMessageBox:
    box = window.findChild(QMessageBox, "quit_box")
    assert box is not None
    return box


def test_the_rail_and_the_keyboard_change_workspaces(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.findChild(QPushButton, "rail.train"), Qt.MouseButton.LeftButton)
    assert window.stack.currentWidget() is window.workspace("Train")
    window.findChild(QAction, "action_show_explore").trigger()
    assert window.stack.currentWidget() is window.workspace("Explore")
    assert window.findChild(QPushButton, "rail.explore").isChecked()


def test_other_pages_are_made_once_the_first_is_seen(
    settings: QSettings, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.window.OTHERS_MS", 60_000)  # not because a slow machine waited
    window = MainWindow(settings)
    made: list[int] = []
    explore = window.workspace("Explore")
    explore.panes.painted.connect(lambda _: made.append(window.stack.count()))
    window.show()
    try:
        qtbot.waitUntil(lambda: window.stack.count() == len(window._specs))
        assert made[0] == 1
    finally:
        window.shutdown()
        window.hide()
        window.deleteLater()


def test_a_file_that_stands_for_a_run_opens_it_among_all_runs(
    window: MainWindow, trained: Path, tmp_path: Path, qtbot: QtBot, drop_on: Any
) -> None:
    """As a double click on it does, or dropping it on whatever page is in front."""
    runs: Any = window.workspace("Runs")

    def shown() -> list[Path]:
        return [run.path for run in runs.table.selected]

    here = Path(shutil.copytree(trained, tmp_path / "elsewhere" / "here"))
    older = Path(shutil.copytree(trained, tmp_path / "older"))
    (older / "run.jnnrun").unlink()
    runs.bar.text.setText("nothing is called so")
    window.open_files([here / "run.jnnrun"])
    assert window.stack.currentWidget() is runs
    qtbot.waitUntil(lambda: shown() == [here])
    window.open_files([older / "config.toml"])
    qtbot.waitUntil(lambda: shown() == [older])

    for page in ("Explore", "Train", "Validate", "Denoise", "Runs"):
        window.show_workspace(page)
        front: Any = window.stack.currentWidget()
        part = front.page.form if page == "Train" else front  # where images to train on are taken
        assert drop_on(part, here / "run.jnnrun"), page
        assert window.stack.currentWidget() is runs
        qtbot.waitUntil(lambda: shown() == [here])
        runs.table.clearSelection()

    (tmp_path / "lost.jnnrun").touch()
    window.open_files([tmp_path / "lost.jnnrun"])
    assert "holds no run" in runs.message.text.text()
    window.open_files([here / "run.jnnrun", here / "models" / "regularised.safetensors"])
    explore: Any = window.workspace("Explore")
    assert window.stack.currentWidget() is explore, "beside a model it is one"
    qtbot.waitUntil(lambda: len(explore.desk.scene.state.columns) == 3)


def test_the_theme_changes_at_once_and_is_remembered(window: MainWindow, settings: QSettings) -> None:
    window.findChild(QAction, "action_theme_dark").trigger()
    assert window.palette().window().color().lightnessF() < 0.3
    assert settings.value("theme") == "dark"
    window.findChild(QAction, "action_theme_light").trigger()
    assert window.palette().window().color().lightnessF() > 0.7


def test_the_palette_finds_an_action_by_a_few_letters(window: MainWindow, qtbot: QtBot) -> None:
    window.findChild(QAction, "action_command_palette").trigger()
    palette = window._palette
    qtbot.keyClicks(palette.findChild(QLineEdit), "dark")
    found = palette.findChild(QTreeWidget)
    assert found.topLevelItem(0).text(0) == "Dark"
    qtbot.keyClick(palette.findChild(QLineEdit), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: theme().mode == "dark")
    assert not palette.isVisible()


SAME = [
    {"Open image", "Open photo", "Open in its page"},
    {"Open run", "Open a run's denoisers"},
    {"Save session", "Save picture", "Save table"},
    {"Explore these", "Explore these models", "Use on photos"},
    {"Pause", "Resume"},
    {"Start", "Start restoring"},
]
"""Words for the same thing on pages that have other things to do it with."""


def test_a_key_means_the_same_on_every_page(window: MainWindow) -> None:
    meant: dict[str, set[str]] = {}
    for _, action in window._actions_of_all_pages():
        words = without_mnemonic(action.text()).rstrip("…") or action.objectName().rpartition(".")[2]
        for key in action.shortcuts():
            meant.setdefault(key.toString(), set()).add(words)
    differing = {
        key: words for key, words in meant.items() if len(words) > 1 and not any(words <= s for s in SAME)
    }
    assert differing == {}
    plot = window.workspace("Train").page.plots.findChild(StudioPlot)
    own = {key.toString() for action in plot.actions() for key in action.shortcuts()}
    assert own & set(meant) == set(), "with the focus in a plot, a key would be ambiguous and do nothing"


def test_every_command_of_the_front_workspace_is_in_the_palette(window: MainWindow) -> None:
    texts = {action.text() for _, action in window._all_actions()}
    assert {action.text() for action in window.workspace("Explore").commands()} <= texts


def test_the_position_of_the_docks_can_be_reset(window: MainWindow) -> None:
    explore = window.workspace("Explore")
    dock = next(d for d in explore.children() if d.objectName() == "explore.dock.singular_values")
    dock.hide()
    window.findChild(QAction, "action_reset_layout").trigger()
    assert dock.isVisible()


def test_closing_while_training_asks_and_keeping_keeps(
    window: MainWindow, training: Path, qtbot: QtBot
) -> None:
    window.close()
    assert window.isVisible()
    box = quit_box(window)
    assert "endless" in box.text()
    qtbot.mouseClick(box.findChild(QPushButton, "quit_keep"), Qt.MouseButton.LeftButton)
    feed = window.context.training.feed
    assert feed is not None
    feed.metrics.take()
    qtbot.waitUntil(lambda: bool(feed.metrics.take()))


@pytest.mark.parametrize(
    ("button", "outcome"),
    [
        ("quit_stop", lambda path: RunFolder(path).state().state == "stopped"),
        ("quit_discard", lambda path: not path.exists()),
    ],
)
def test_closing_while_training_ends_the_run_as_chosen(
    window: MainWindow, training: Path, qtbot: QtBot, button: str, outcome: Callable[[Path], bool]
) -> None:
    window.close()
    qtbot.mouseClick(quit_box(window).findChild(QPushButton, button), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert outcome(training)


def test_a_run_that_cannot_be_saved_keeps_the_window_and_says_why(
    window: MainWindow, endless: RunConfig, tmp_path: Path, qtbot: QtBot
) -> None:
    window.show_workspace("Train")
    path = tmp_path / "run"
    window.context.start_run(endless, path)
    page = window.workspace("Train").page
    qtbot.waitUntil(lambda: page.status is not None and page.status.step > 0)
    shutil.rmtree(path / "checkpoints")
    (path / "checkpoints").write_text("in the way")
    window.close()
    qtbot.mouseClick(quit_box(window).findChild(QPushButton, "quit_stop"), Qt.MouseButton.LeftButton)
    label = window.findChild(QLabel, "run_status")
    qtbot.waitUntil(lambda: label.text() == "endless: not saved; the window stays open")
    assert window.isVisible()
    assert window.isEnabled()
    assert page.status.headline == "Failed “endless”"
    window.close()
    assert not window.isVisible(), "there is nothing left to be asked about"


def test_the_next_window_comes_up_as_this_one_went(
    window: MainWindow, settings: QSettings, qtbot: QtBot
) -> None:
    window.show_workspace("Train")
    window.workspace("Explore").desk.set_limit(0.07)
    window.close()
    later = MainWindow(settings)
    try:
        assert later.stack.currentWidget() is later.workspace("Train")
        assert later.workspace("Explore").desk.state.limit == 0.07
    finally:
        later.shutdown()
        later.deleteLater()
