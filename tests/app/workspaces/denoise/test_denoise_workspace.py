"""Parts of Denoise behind one switch; what was chosen is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.denoise.models_bar import remark
from jnn_studio.app.workspaces.denoise.workspace import DenoiseWorkspace
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.denoisers.methods import DenoisersError, open_denoisers
from jnn_studio.labs.denoise.denoisers.models_choice import ModelsChoice
from jnn_studio.training.config import validate_as
from jnn_studio.training.step.commands import Command

from .photos import drop, open_all, wait_for_noisy, wait_for_results


@pytest.fixture
def denoise(context: AppContext, without_bm3d: None) -> Iterator[DenoiseWorkspace]:
    made = DenoiseWorkspace(context)
    made.resize(1208, 740)
    yield made
    made.hide()
    made.deleteLater()


def test_trained_denoisers_are_taken_to_the_photograph(
    qtbot: QtBot, denoise: DenoiseWorkspace, weights: Path
) -> None:
    denoise.switch.current = "train"
    denoise.show()
    denoise.train.explore_wanted.emit(weights)
    assert denoise.photo.isVisible()
    qtbot.waitUntil(lambda: denoise.desk.choice == ModelsChoice(path=weights))
    wait_for_results(qtbot, denoise.desk)


def test_of_a_run_under_way_they_are_taken_as_they_are_now_with_their_step(
    qtbot: QtBot, denoise: DenoiseWorkspace, context: AppContext, tmp_path: Path
) -> None:
    """Its checkpoints are far apart: the one it begins with has learnt nothing."""
    settings = {
        "kind": "denoise",
        "data": {"kind": "dead-leaves", "count": 24},
        "model": {"widths": [2, 3, 4, 4]},
        "methods": ["penalised"],
        "schedule": {"steps": 100_000, "batch_size": 4, "held_out": 8, "crop": 16, "device": "cpu"},
        "logging": {"metrics_every": 1, "checkpoint_every": 100_000},
    }
    path = tmp_path / "run"
    log = path / "metrics.jsonl"
    context.start_run(validate_as(DenoiseConfig, settings, "run"), path)
    denoise.show()
    qtbot.waitUntil(lambda: log.is_file() and log.read_bytes().count(b'"total"') >= 3, timeout=60_000)
    with pytest.raises(DenoisersError, match="has learnt nothing yet"):
        open_denoisers(path)
    denoise.train.explore_wanted.emit(path)
    qtbot.waitUntil(lambda: denoise.desk.choice == ModelsChoice(path=path), timeout=30_000)
    step = int(denoise.desk.models["penalised"].info["step"])
    assert step >= 3
    assert f"for {step:,} steps" in remark(denoise.desk)[0]
    context.training.send(Command.STOP)
    qtbot.waitUntil(lambda: context.training.feed is None, timeout=60_000)


def test_everything_chosen_is_remembered(
    qtbot: QtBot,
    denoise: DenoiseWorkspace,
    context: AppContext,
    settings: QSettings,
    photo: Path,
    weights: Path,
) -> None:
    denoise.desk.set_sigma(0.8)
    open_all(qtbot, denoise.desk, photo, weights)
    denoise.photo.viewer_bar.modes.current = "split"
    denoise.restore.form.fill({"problem.task": "motion", "problem.noise": "0.2"})
    denoise.save_state(settings)
    other = DenoiseWorkspace(context)
    other.restore_state(settings)
    other.show()
    wait_for_noisy(qtbot, other.desk, photo)
    assert other.desk.sigma == 0.8
    assert other.photo.viewer.mode == "split"
    assert other.restore.form.config == denoise.restore.form.config
    assert other.restore.form.config.problem.task == "motion"
    qtbot.waitUntil(lambda: other.desk.choice == ModelsChoice(path=weights))
    wait_for_results(qtbot, other.desk)
    other.hide()
    other.deleteLater()


@pytest.mark.parametrize("page", ["photo", "why", "restore"])
def test_a_photograph_can_be_dropped_wherever_one_is_looked_at(
    qtbot: QtBot, denoise: DenoiseWorkspace, photo: Path, page: str
) -> None:
    denoise.switch.current = page
    denoise.show()
    drop(getattr(denoise, page), photo)
    wait_for_noisy(qtbot, denoise.desk, photo)


def test_keys_of_a_viewer_belong_to_the_page_on_show(denoise: DenoiseWorkspace) -> None:
    denoise.show()
    for page in ("restore", "photo", "why"):
        denoise.switch.current = page
        awake = [action for action in denoise.commands() if action.isEnabled() and action.isVisible()]
        keys = [key.toString() for action in awake for key in action.shortcuts()]
        assert ("S" in keys) == (page != "why")
        assert page == "restore" or "Ctrl+Shift+Return" not in keys
        assert ("Ctrl+S" in keys) == (page != "why")
        assert len(keys) == len(set(keys))


def test_nothing_is_cut_in_the_smallest_window(denoise: DenoiseWorkspace) -> None:
    assert denoise.minimumSizeHint().width() <= 1208
    assert denoise.minimumSizeHint().height() <= 740
