"""Runs opened from their folders: finished, written elsewhere, killed, one beside another."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog, QSplitter, QToolButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.steering.desk import PORTION
from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.runs.annotations import Annotation
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands


def test_a_finished_run_is_opened_with_the_curves_it_was_trained_with(
    page, train: TrainWorkspace, qtbot: QtBot
) -> None:
    path = page.start()
    page.wait_for_state("finished")
    page.wait_until_logged(30)
    seen = page.curves()
    before = page.status
    train.page.open_run(path)
    qtbot.waitUntil(lambda: page.status is not before)
    page.wait_for_state("finished")
    page.wait_until_logged(30)
    shown = page.curves()
    assert shown.keys() == seen.keys()
    for name, (steps, values) in seen.items():
        assert shown[name][0] == steps
        assert np.allclose(shown[name][1], values, rtol=1e-6)
    qtbot.waitUntil(lambda: train.page.plots.previews.step == 30)
    page.wait_for_offered({"start", "explore", "open"})


def test_a_run_is_opened_through_the_dialog_and_found_again_among_the_recent_ones(
    page, train: TrainWorkspace, qtbot: QtBot, trained: Path
) -> None:
    page.click("open")
    dialog = train.findChild(QFileDialog, "train.open_dialog")
    dialog.fileSelected.emit(str(trained))
    dialog.close()
    page.wait_for_state("finished")
    assert page.text("state") == "Finished “tiny”"
    qtbot.waitUntil(lambda: bool(train.context.runs.runs))
    menu = page.button("recent").menu()
    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == ["tiny · η = 0.5 · finished", "All runs…"]
    before = page.status
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: page.status is not before)
    page.wait_for_state("finished")
    with qtbot.waitSignal(train.context.list_requested):
        menu.actions()[-1].trigger()


def test_the_recent_ones_go_by_the_names_that_were_given_them(
    page, train: TrainWorkspace, qtbot: QtBot
) -> None:
    page.start()
    page.wait_for_state("finished")
    runs = train.context.runs
    qtbot.waitUntil(lambda: [run.state for run in runs.runs] == ["finished"])
    runs.annotate(runs.runs[0], Annotation(name="the good one"))
    menu = page.button("recent").menu()
    menu.aboutToShow.emit()
    assert menu.actions()[0].text() == "the good one · η = 0.3 · finished"
    assert page.text("state") == "Finished “the good one”"


def test_what_the_form_has_else_than_the_run_on_show_is_said_and_can_be_taken(
    page, train: TrainWorkspace, qtbot: QtBot
) -> None:
    page.start(schedule__steps="20")
    page.wait_for_state("finished")
    assert page.text("unlike") == ""
    page.edit("penalty.eta_decoder").setText("0.25")
    page.edit("schedule.batch_size").setText("4")
    assert page.text("unlike") == "Unlike the form: η decoder, Batch size"
    assert "η decoder: 0.06 in the run, 0.25 in the form" in train.page.progress.unlike.toolTip()

    take = train.findChild(QToolButton, "train.take_settings")
    qtbot.mouseClick(take, Qt.MouseButton.LeftButton)
    assert train.page.form.config == page.status.feed.config
    assert page.text("unlike") == ""
    assert not take.isVisible()


def test_a_form_for_another_kind_of_run_says_so(page, train: TrainWorkspace, trained: Path) -> None:
    train.page.open_run(trained)
    page.wait_for_state("finished")
    page.choose_preset("beta-vae-quick")
    assert page.text("unlike") == "The form is for a run of another kind."


def test_the_settings_of_the_run_on_show_can_be_taken_over(
    page, train: TrainWorkspace, trained: Path
) -> None:
    train.page.open_run(trained)
    page.wait_for_state("finished")
    page.choose_preset("As the run shown: tiny")
    assert train.page.form.config == RunFolder.open(trained).config()


def test_a_run_written_by_another_process_is_followed_live(
    page, train: TrainWorkspace, qtbot: QtBot, tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.follower.POLL_SECONDS", 0.05)
    path = tmp_path / "elsewhere"
    events = start_run(tiny(name="far", schedule={"steps": 20}), path, Commands())
    for event in events:
        if isinstance(event, Metrics) and event.step == 10 and event.member == page.MEMBERS[1]:
            break
    train.page.open_run(path)
    qtbot.waitUntil(lambda: page.logged() == [5, 10])
    qtbot.waitUntil(lambda: page.text("state") == "Training “far” in another process")
    page.wait_for_offered({"start", "explore", "open"})
    for _ in events:
        pass
    page.wait_for_state("finished")
    page.wait_until_logged(20)
    qtbot.waitUntil(lambda: train.page.plots.previews.step == 20)


def test_a_run_whose_process_was_killed_is_told_and_resumed(
    page, train: TrainWorkspace, tiny, tmp_path: Path
) -> None:
    path = tmp_path / "run"
    events = start_run(tiny(name="killed", schedule={"steps": 20}), path, Commands())
    for event in events:
        if isinstance(event, Metrics) and event.step == 10 and event.member == page.MEMBERS[1]:
            break
    killed = tmp_path / "killed"
    shutil.copytree(path, killed)  # as a kill at this moment would leave it
    events.close()
    train.page.open_run(killed)
    page.wait_for_state("stopped")
    assert "ended without saying so" in page.text("notes")
    page.wait_until_logged(10)
    page.click("resume")
    page.wait_for_state("finished")
    page.wait_until_logged(20)
    assert page.logged() == [5, 10, 15, 20]


def test_another_run_can_be_looked_at_while_one_is_trained(
    page, train: TrainWorkspace, qtbot: QtBot, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.follower.POLL_SECONDS", 0.05)
    path = page.start(schedule__steps=page.ENDLESS)
    page.wait_for_step(4)
    train.page.open_run(trained)
    page.wait_for_state("finished")
    page.wait_for_offered({"explore", "open", "back"})
    page.click("back")
    qtbot.waitUntil(lambda: page.status.feed.path == path)
    page.wait_for_state("running")
    assert page.text("state") == "Training “small”"
    qtbot.waitUntil(lambda: page.logged()[:2] == [2, 4])
    page.click("stop")
    page.wait_for_state("stopped")
    page.wait_for_offered({"start", "resume", "explore", "open"})


def test_a_run_being_prepared_is_found_again_after_looking_at_another(
    page, train: TrainWorkspace, qtbot: QtBot, trained: Path
) -> None:
    path = page.start(data__count="300000")
    train.page.open_run(trained)
    page.wait_for_state("finished")
    page.click("back")
    qtbot.waitUntil(lambda: page.status.feed.path == path)
    assert page.status.here
    page.click("discard")
    page.wait_for_state("discarded")


def test_models_are_handed_to_explore(page, train: TrainWorkspace, qtbot: QtBot, trained: Path) -> None:
    train.page.open_run(trained)
    page.wait_for_state("finished")
    qtbot.waitUntil(lambda: page.button("explore").isVisible())
    with qtbot.waitSignal(train.context.explore_requested) as asked:
        page.click("explore")
    assert asked.args == [trained]


def test_a_folder_that_holds_no_run_is_refused(
    page, train: TrainWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    train.page.open_run(tmp_path)
    qtbot.waitUntil(lambda: "holds no run" in page.message())
    assert str(tmp_path) in page.message()
    assert train.page.status is None
    assert page.offered() == {"start", "open"}


def test_many_logged_values_are_shown_a_portion_at_a_time(page, train: TrainWorkspace, trained: Path) -> None:
    train.page.open_run(trained)
    page.wait_for_state("finished")
    page.wait_until_logged(60)
    many = [Metrics(61 + i, 1.0, "regularised", {"total": 1.0}) for i in range(2 * PORTION + 1)]
    before = len(page.logged())
    page.status.feed.metrics.extend(many)
    for grown in (PORTION, 2 * PORTION, 2 * PORTION + 1):
        train.context.ticked.emit()
        assert len(page.logged()) == before + grown


def test_a_hidden_page_takes_what_is_logged_and_draws_it_when_it_is_seen(page, train: TrainWorkspace) -> None:
    train.hide()
    page.fill()
    train.page.controls.run_actions["start"].trigger()
    page.wait_for_state("finished")
    page.wait_until_logged(30)
    empty = train.page.plots.loss.canvas.empty
    assert not empty.isHidden(), "nothing was drawn"
    train.show()
    assert empty.isHidden()


def test_settings_of_a_layout_come_back(train: TrainWorkspace, settings: QSettings) -> None:
    rows = train.findChild(QSplitter, "train.split.rows")
    train.page.plots.reset_layout()
    first = rows.sizes()
    rows.setSizes([400, 250])
    changed = rows.sizes()
    assert changed != first
    train.save_state(settings)
    train.reset_layout()
    assert rows.sizes() == first
    train.restore_state(settings)
    assert rows.sizes() == changed
