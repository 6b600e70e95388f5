"""Sweeps in Runs: the front of their models, and how one is begun, stopped and gone on with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.window import MainWindow
from jnn_studio.app.workspaces.runs.sweeps.page import SweepPage
from jnn_studio.explore.columns.front_walk import Front
from jnn_studio.sweeps.config import SweepConfig
from jnn_studio.sweeps.folder import SweepFolder
from jnn_studio.training.folder.run_folder import RunFolder

from .conftest import Runs


@pytest.fixture
def sweeps(make: Callable[[], Runs], swept: Path, settings: QSettings, qtbot: QtBot) -> SweepPage:
    """The part of the page, with a sweep that is done."""
    shutil.copytree(swept, Path(str(settings.value("runs_folder"))) / "sweep")
    page = make().workspace
    page.switch.current = "sweeps"
    qtbot.waitUntil(lambda: len(page.sweeps.plot.points) == 4, timeout=20_000)
    return page.sweeps


def shown(page: SweepPage, kind: type[Any], name: str) -> Any:
    found = page.findChild(kind, name)
    assert found is not None
    return found


def test_every_model_is_a_point_and_the_slider_leads_along_the_front(sweeps: SweepPage, qtbot: QtBot) -> None:
    assert shown(sweeps, QLabel, "runs.sweeps.words").text() == "4 of 4 runs finished."
    assert not shown(sweeps, QPushButton, "runs.sweeps.start").isEnabled()
    front = sweeps.plot.front
    assert len(front) >= 2
    told: list[str] = []
    for index, point in enumerate(front):
        sweeps.slider.setValue(index)
        assert sweeps.chosen is point
        told.append(shown(sweeps, QLabel, "runs.sweeps.point").text())
    assert len(set(told)) == len(front)
    # What is below compares it with its neighbours.
    page = sweeps.window()
    qtbot.waitUntil(
        lambda: set(page.comparison.shown) == {run.path for run in sweeps.compared_runs}, timeout=20_000
    )
    assert front[-1].run in sweeps.compared_runs


def test_a_click_on_a_point_asks_for_it_beside_its_neighbours(sweeps: SweepPage, qtbot: QtBot) -> None:
    point = sweeps.plot.front[0]
    canvas = sweeps.plot.canvas
    at = canvas.mapFromScene(canvas.box.mapViewToScene(QPointF(*sweeps.plot.at(point))))
    with qtbot.waitSignal(sweeps._context.front_requested) as asked:
        qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at + QPoint(3, 2))
    front, index = asked.args
    assert isinstance(front, Front)
    assert front.models[index].where == f"{point.run.path}::{point.member.key}"
    assert [model.where for model in front.models] == [
        f"{one.run.path}::{one.member.key}" for one in sweeps.plot.front
    ]
    assert front.twin is not None
    assert "twin::unregularised" in front.twin.where


def test_another_quality_may_stand_against_the_rank(sweeps: SweepPage) -> None:
    sweeps.plot.worths.current = "tangent_energy"
    energies = [point.measured["tangent_energy"] for point in sweeps.plot.front]
    assert energies == sorted(energies)
    assert sweeps.plot.canvas.y_axis.labelText == "Tangent energy, mean of the first 10 directions"


def test_what_a_new_sweep_would_train_is_said_while_it_is_typed(sweeps: SweepPage, qtbot: QtBot) -> None:
    begun: list[SweepConfig] = []
    shown(sweeps, QPushButton, "runs.sweeps.new").click()
    dialog = shown(sweeps, QDialog, "runs.new_sweep")
    said, start = dialog.said, dialog.start
    assert said.text() == (
        "7 runs: the unregularised model once, and 6 against it. η decoder goes along, 0.2 times it."
    )
    values = dialog.findChild(QLineEdit, "runs.new_sweep.axis0.values")
    values.setText("0.1, -1, 3")
    qtbot.waitUntil(lambda: not start.isEnabled(), timeout=10_000)
    assert "penalty.eta: low (0.1) must be less than high (-1)" in said.text()
    values.setText("0.1, 1, 3")
    bases = dialog.findChild(QComboBox, "runs.new_sweep.base")
    bases.setCurrentIndex(bases.findText("beta-vae-quick"))
    setting = dialog.findChild(QComboBox, "runs.new_sweep.axis0.setting")
    setting.setCurrentIndex(setting.findData("divergence.beta"))
    dialog.findChild(QLineEdit, "runs.new_sweep.further").setText("schedule.steps=7")
    dialog.findChild(QLineEdit, "runs.new_sweep.axis0.values").setText("1, 4")
    qtbot.waitUntil(lambda: said.text() == "2 runs.", timeout=10_000)
    dialog.begun.disconnect()
    dialog.begun.connect(begun.append)
    start.click()
    (config,) = begun
    assert config.vary[0].values == (1, 4)
    assert config.run["schedule"]["steps"] == 7
    assert config.run["kind"] == "beta-vae"


def test_photographs_may_be_judged_by_a_table(sweeps: SweepPage, tmp_path: Path, qtbot: QtBot) -> None:
    shown(sweeps, QPushButton, "runs.sweeps.new").click()
    dialog = shown(sweeps, QDialog, "runs.new_sweep")
    assert not dialog.attributes.isVisibleTo(dialog), "drawn faces have no table"
    dialog.bases.setCurrentIndex(dialog.bases.findText("photos"))
    dialog.images.set_value(str(tmp_path))
    dialog.attributes.setText(str(tmp_path / "known.csv"))
    dialog.check()
    assert dialog.config is not None
    assert dialog.config.attributes == str(tmp_path / "known.csv")
    assert "known.csv" in dialog.config.to_toml()
    dialog.reject()


def test_a_sweep_is_stopped_and_kept_when_the_window_is_closed(
    settings: QSettings, tiny_sweep: Callable[..., SweepConfig], qtbot: QtBot
) -> None:
    """With real processes, as the person begins it."""
    config = tiny_sweep()
    run = dict(config.run) | {"schedule": config.run["schedule"] | {"steps": 1_000_000}}
    window = MainWindow(settings)
    window.show()
    try:
        train: Any = window.workspace("Train")
        train.vary.trigger()
        workspace: Any = window.workspace("Runs")
        page: SweepPage = workspace.sweeps
        assert page.isVisible()
        dialog = shown(page, QDialog, "runs.new_sweep")
        assert dialog.typed.run["schedule"]["steps"] == train.page.form.config.schedule.steps
        assert dialog.config is not None
        dialog.reject()
        page.controls.workers.setValue(1)
        page.begin(config.model_copy(update={"run": run}))
        context = window.context
        qtbot.waitUntil(lambda: page.view is not None and len(page.plot.points) == 1, timeout=120_000)
        assert page.view is not None
        assert page.view.under_way
        assert not page.controls.start.isEnabled()
        assert page.controls.stop.isEnabled()
        path = context.sweeping.path
        assert path is not None

        window.close()
        box = window.findChild(QMessageBox, "quit_box")
        assert box is not None
        assert "sweep" in box.text()
        with qtbot.waitSignal(window.left, timeout=120_000):
            box.findChild(QPushButton, "quit_stop").click()
    finally:
        window.shutdown()
        window.hide()
    assert context.sweeping.path is None
    (found,) = SweepFolder(path).runs().values()
    folder = RunFolder(found.path)
    assert folder.state().state == "stopped"
    assert folder.latest_checkpoint() is not None
    assert not SweepFolder(path).under_way
