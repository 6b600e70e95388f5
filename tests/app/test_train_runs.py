"""The Train page with real, tiny runs: watched, paused, kept, resumed, discarded, opened, failing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QMessageBox, QProgressBar, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.train.workspace import PORTION, TrainWorkspace
from jnn_studio.training.commands import Commands
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Metrics
from jnn_studio.training.run_folder import RunFolder
from jnn_studio.training.session import start_run

MEMBERS = ("unregularised", "regularised")
TERMS = ("total", "reconstruction", "penalty", "held_out_psnr")
SMALL = {
    "name": "small",
    "data.count": "64",
    "model.size": "16",
    "model.dct": "8",
    "model.hidden": "16",
    "model.latent": "8",
    "schedule.steps": "30",
    "schedule.batch_size": "8",
    "schedule.held_out": "8",
    "logging.metrics_every": "2",
    "logging.spectrum_every": "5",
    "logging.preview_every": "10",
    "logging.checkpoint_every": "10",
}
ENDLESS = "9999999"


@pytest.fixture
def train(qtbot: QtBot, settings: QSettings) -> Iterator[TrainWorkspace]:
    context = AppContext(settings)
    workspace = TrainWorkspace(context)
    workspace.resize(1208, 740)
    workspace.show()
    yield workspace
    context.close()
    workspace.hide()
    workspace.deleteLater()


def button(train: TrainWorkspace, name: str) -> QPushButton:
    return train.findChild(QPushButton, f"train.{name}")


def click(train: TrainWorkspace, qtbot: QtBot, name: str) -> None:
    assert button(train, name).isVisible()
    assert button(train, name).isEnabled()
    qtbot.mouseClick(button(train, name), Qt.MouseButton.LeftButton)


def offered(train: TrainWorkspace) -> set[str]:
    """The buttons that can be pressed."""
    names = ("start", "pause", "go_on", "stop", "discard", "resume", "explore", "back", "open")
    return {n for n in names if button(train, n).isVisible() and button(train, n).isEnabled()}


def text(train: TrainWorkspace, name: str) -> str:
    return train.findChild(QLabel, f"train.{name}").text()


def message(train: TrainWorkspace, part: str = "text") -> str:
    label = train.message.findChild(QLabel, f"message.{part}")
    return label.text() if label.isVisible() else ""


def start(train: TrainWorkspace, qtbot: QtBot, **changes: str) -> Path:
    """Fill in the form, press Start; the run's folder."""
    for name, value in (SMALL | {key.replace("__", "."): value for key, value in changes.items()}).items():
        train.findChild(QLineEdit, f"train.{name}").setText(value)
    click(train, qtbot, "start")
    return train.status.feed.path


def wait_for_state(train: TrainWorkspace, qtbot: QtBot, state: str) -> None:
    qtbot.waitUntil(lambda: train.status is not None and train.status.state == state, timeout=30_000)


def wait_for_step(train: TrainWorkspace, qtbot: QtBot, step: int) -> None:
    qtbot.waitUntil(lambda: train.status is not None and train.status.step >= step, timeout=30_000)


def curves(train: TrainWorkspace) -> dict[str, tuple[list[float], list[float]]]:
    """Everything on show, by plot and model: steps or indices, and values."""
    plots = train.plots
    shown = {f"{term} {key}": plots.loss.series((key, term)) for term in TERMS for key in MEMBERS}
    shown |= {f"rank {key}": plots.rank.series(key) for key in MEMBERS}
    shown |= {f"spectrum {key}": plots.spectrum.series(key) for key in MEMBERS}
    return {name: (series.x.tolist(), series.y.tolist()) for name, series in shown.items()}


def wait_for_all_logged(train: TrainWorkspace, qtbot: QtBot, last: int) -> None:
    qtbot.waitUntil(
        lambda: all(plots[-1:] == [last] for plots in (curves(train)[f"total {key}"][0] for key in MEMBERS)),
        timeout=10_000,
    )


def test_a_pair_is_trained_to_the_end_while_its_curves_grow(train: TrainWorkspace, qtbot: QtBot) -> None:
    assert offered(train) == {"start", "open"}
    path = start(train, qtbot)
    lengths = []
    while train.status.state != "finished":
        wait_for_step(train, qtbot, min(30, train.status.step + 1))
        lengths.append(len(curves(train)["total regularised"][0]) if train.status.started else 0)
        qtbot.wait(5)
    wait_for_all_logged(train, qtbot, 30)
    shown = curves(train)
    for key in MEMBERS:
        assert shown[f"total {key}"][0] == list(range(2, 31, 2))
        assert shown[f"total {key}"][1][-1] < shown[f"total {key}"][1][0]
        assert shown[f"held_out_psnr {key}"][0] == [0, 10, 20, 30]
        assert shown[f"rank {key}"][0] == [0, 5, 10, 15, 20, 25, 30]
        assert shown[f"spectrum {key}"][0] == list(range(1, 9))
        assert shown[f"spectrum {key}"][1][0] == 1
    assert lengths == sorted(lengths)
    assert train.plots.previews.step == 30
    assert text(train, "state") == "Finished “small”"
    assert text(train, "place") == str(path)
    assert text(train, "figures").startswith("step 30 of 30")
    assert train.findChild(QProgressBar, "train.bar").value() == 1000
    assert offered(train) == {"start", "explore", "open"}
    assert {file.name for file in (path / "models").iterdir()} == {f"{key}.safetensors" for key in MEMBERS}


def test_a_run_pauses_and_goes_on(train: TrainWorkspace, qtbot: QtBot) -> None:
    start(train, qtbot, schedule__steps=ENDLESS)
    wait_for_step(train, qtbot, 4)
    assert offered(train) == {"pause", "stop", "discard", "explore", "open"}
    click(train, qtbot, "pause")
    wait_for_state(train, qtbot, "paused")
    assert text(train, "state") == "Paused “small”"
    assert offered(train) == {"go_on", "stop", "discard", "explore", "open"}
    qtbot.wait(150)
    at = train.status.step
    qtbot.wait(150)
    assert train.status.step == at, "it stands still"
    click(train, qtbot, "go_on")
    wait_for_state(train, qtbot, "running")
    wait_for_step(train, qtbot, at + 2)


def test_shortcuts_do_what_the_buttons_do(train: TrainWorkspace, qtbot: QtBot) -> None:
    train.activateWindow()
    qtbot.waitActive(train)
    for name, value in (SMALL | {"schedule.steps": ENDLESS}).items():
        train.findChild(QLineEdit, f"train.{name}").setText(value)
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(train, Qt.Key.Key_Return, control)
    wait_for_state(train, qtbot, "running")
    qtbot.keyClick(train, Qt.Key.Key_P, control)
    wait_for_state(train, qtbot, "paused")
    qtbot.keyClick(train, Qt.Key.Key_P, control)
    wait_for_state(train, qtbot, "running")
    qtbot.keyClick(train, Qt.Key.Key_S, control | shift)
    wait_for_state(train, qtbot, "stopped")


def test_a_run_is_stopped_kept_and_resumed_to_the_end(train: TrainWorkspace, qtbot: QtBot) -> None:
    path = start(train, qtbot, schedule__steps="400")
    wait_for_step(train, qtbot, 4)
    click(train, qtbot, "stop")
    wait_for_state(train, qtbot, "stopped")
    stopped = train.status.step
    assert 0 < stopped < 400
    assert offered(train) == {"start", "resume", "explore", "open"}
    before = curves(train)["total regularised"]
    click(train, qtbot, "resume")
    wait_for_state(train, qtbot, "finished")
    wait_for_all_logged(train, qtbot, 400)
    steps, values = curves(train)["total regularised"]
    assert steps == list(range(2, 401, 2)), "the curve goes on where it was"
    assert values[: len(before[1])] == before[1]
    assert RunFolder.open(path).state().step == 400


def test_discarding_asks_once_and_removes_the_run(train: TrainWorkspace, qtbot: QtBot) -> None:
    path = start(train, qtbot, schedule__steps=ENDLESS)
    wait_for_step(train, qtbot, 2)
    click(train, qtbot, "discard")
    click(train, qtbot, "discard")
    questions = train.findChildren(QMessageBox, "train.confirm_discard")
    assert len(questions) == 1
    qtbot.mouseClick(questions[0].findChild(QPushButton, "train.keep_training"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not train.findChildren(QMessageBox))
    at = train.status.step
    wait_for_step(train, qtbot, at + 2)
    click(train, qtbot, "discard")
    question = train.findChild(QMessageBox, "train.confirm_discard")
    qtbot.mouseClick(question.findChild(QPushButton, "train.discard_now"), Qt.MouseButton.LeftButton)
    wait_for_state(train, qtbot, "discarded")
    assert not path.exists()
    assert text(train, "state") == "Discarded “small”"
    assert offered(train) == {"start", "open"}
    assert curves(train)["total regularised"] == ([], [])
    assert not button(train, "recent").isVisible()


def test_what_has_not_begun_is_cancelled_without_a_question(
    train: TrainWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    path = start(train, qtbot, data__count="200000")
    qtbot.waitUntil(lambda: "for “small”" in text(train, "state"), timeout=10_000)
    assert offered(train) == {"discard", "open"}
    assert 0 <= train.findChild(QProgressBar, "train.bar").value() < 1000
    click(train, qtbot, "discard")
    wait_for_state(train, qtbot, "discarded")
    assert not path.exists()


def test_a_finished_run_is_opened_with_the_curves_it_was_trained_with(
    train: TrainWorkspace, qtbot: QtBot
) -> None:
    path = start(train, qtbot)
    wait_for_state(train, qtbot, "finished")
    wait_for_all_logged(train, qtbot, 30)
    seen = curves(train)
    train.open_run(path)
    qtbot.waitUntil(lambda: train.status.feed.path == path and not train.status.here and train._follower is not None)
    wait_for_state(train, qtbot, "finished")
    wait_for_all_logged(train, qtbot, 30)
    shown = curves(train)
    assert shown.keys() == seen.keys()
    for name, (steps, values) in seen.items():
        assert shown[name][0] == steps
        assert np.allclose(shown[name][1], values, rtol=1e-6)
    qtbot.waitUntil(lambda: train.plots.previews.step == 30)
    assert offered(train) == {"start", "explore", "open"}


def test_a_run_is_opened_through_the_dialog_and_found_again_among_the_recent_ones(
    train: TrainWorkspace, qtbot: QtBot, trained: Path
) -> None:
    assert not button(train, "recent").isVisible()
    click(train, qtbot, "open")
    dialog = train.findChild(QFileDialog, "train.open_dialog")
    dialog.fileSelected.emit(str(trained))
    dialog.close()
    wait_for_state(train, qtbot, "finished")
    assert text(train, "state") == "Finished “tiny”"
    menu = button(train, "recent").menu()
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions() if action.text()] == ["run", "Clear this list"]
    before = train.status
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: train.status is not before)
    wait_for_state(train, qtbot, "finished")
    menu.actions()[-1].trigger()
    assert not button(train, "recent").isVisible()


def test_the_settings_of_the_run_on_show_can_be_taken_over(
    train: TrainWorkspace, qtbot: QtBot, trained: Path
) -> None:
    train.open_run(trained)
    wait_for_state(train, qtbot, "finished")
    box = train.form.findChild(type(train.form._preset), "train.preset")
    index = box.findText("Run on show: tiny")
    box.setCurrentIndex(index)
    box.activated.emit(index)
    assert train.form.config == RunFolder.open(trained).config()


def test_a_run_written_by_another_process_is_followed_live(
    train: TrainWorkspace, qtbot: QtBot, tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.follower.POLL_SECONDS", 0.05)
    path = tmp_path / "elsewhere"
    events = start_run(tiny(name="far", schedule={"steps": 20}), path, Commands())
    for event in events:
        if isinstance(event, Metrics) and event.step == 10 and event.member == MEMBERS[1]:
            break
    train.open_run(path)
    qtbot.waitUntil(lambda: curves(train)["total regularised"][0] == [5, 10] if train.status else False)
    assert text(train, "state") == "Training “far” in another process"
    assert offered(train) == {"start", "explore", "open"}
    for _ in events:
        pass
    wait_for_state(train, qtbot, "finished")
    wait_for_all_logged(train, qtbot, 20)
    assert train.plots.previews.step == 20


def test_a_run_whose_process_was_killed_is_told_and_resumed(
    train: TrainWorkspace, qtbot: QtBot, tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.follower.STALE_SECONDS", 0.0)
    path = tmp_path / "killed"
    events = start_run(tiny(name="killed", schedule={"steps": 20}), path, Commands())
    for event in events:
        if isinstance(event, Metrics) and event.step == 10 and event.member == MEMBERS[1]:
            break
    kept = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    events.close()  # saves a checkpoint and says so, as a killed process would not
    for file in path.rglob("*"):
        if file.is_file() and file not in kept:
            file.unlink()
    for file, content in kept.items():
        file.write_bytes(content)
    time.sleep(0.01)
    train.open_run(path)
    wait_for_state(train, qtbot, "stopped")
    assert "ended without saying so" in text(train, "notes")
    wait_for_all_logged(train, qtbot, 10)
    click(train, qtbot, "resume")
    wait_for_state(train, qtbot, "finished")
    wait_for_all_logged(train, qtbot, 20)
    assert curves(train)["total regularised"][0] == [5, 10, 15, 20]


def test_another_run_can_be_looked_at_while_one_is_trained(
    train: TrainWorkspace, qtbot: QtBot, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.follower.POLL_SECONDS", 0.05)
    path = start(train, qtbot, schedule__steps=ENDLESS)
    wait_for_step(train, qtbot, 4)
    train.open_run(trained)
    wait_for_state(train, qtbot, "finished")
    assert offered(train) == {"explore", "open", "back"}
    click(train, qtbot, "back")
    qtbot.waitUntil(lambda: train.status.feed.path == path)
    wait_for_state(train, qtbot, "running")
    assert text(train, "state") == "Training “small”"
    qtbot.waitUntil(lambda: curves(train)["total regularised"][0][:2] == [2, 4])
    click(train, qtbot, "stop")
    wait_for_state(train, qtbot, "stopped")
    assert offered(train) == {"start", "resume", "explore", "open"}


def test_models_are_handed_to_explore(train: TrainWorkspace, qtbot: QtBot, trained: Path) -> None:
    train.open_run(trained)
    wait_for_state(train, qtbot, "finished")
    qtbot.waitUntil(lambda: button(train, "explore").isVisible())
    with qtbot.waitSignal(train.context.explore_requested) as asked:
        click(train, qtbot, "explore")
    assert asked.args == [trained]


def test_a_folder_that_holds_no_run_is_refused(train: TrainWorkspace, qtbot: QtBot, tmp_path: Path) -> None:
    train.open_run(tmp_path)
    qtbot.waitUntil(lambda: "holds no run" in message(train))
    assert str(tmp_path) in message(train)
    assert train.status is None
    assert offered(train) == {"start", "open"}


def test_a_folder_without_images_says_so_and_leaves_the_form_as_it_was(
    train: TrainWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    kind = train.form.fields["data.kind"]
    kind.editor.setCurrentIndex(kind.editor.findData("folder"))
    start(train, qtbot, data__path=str(tmp_path / "empty"))
    wait_for_state(train, qtbot, "failed")
    assert "There is no image file" in message(train)
    assert message(train, "title") == "“small” failed"
    assert offered(train) == {"start", "open"}, "nothing to resume or to explore"
    assert train.form.config.data.path == tmp_path / "empty"


def test_a_learning_rate_too_high_says_at_which_step_and_in_which_term(
    train: TrainWorkspace, qtbot: QtBot
) -> None:
    start(train, qtbot, optimiser__learning_rate="1e30")
    wait_for_state(train, qtbot, "failed")
    assert "at step" in message(train)
    assert "Lower the learning rate" in message(train)
    assert "last good checkpoint" in message(train)
    assert text(train, "state") == "Failed “small”"
    assert "resume" in offered(train)


def test_a_folder_that_cannot_be_written_is_a_failure_with_foldable_details(
    train: TrainWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    start(train, qtbot, save_to=str(tmp_path / "file" / "run"))
    wait_for_state(train, qtbot, "failed")
    assert "cannot write a run" in message(train)
    details = train.message.details
    assert not details.isVisible()
    qtbot.mouseClick(train.message.findChild(QToolButton, "message.unfold"), Qt.MouseButton.LeftButton)
    assert "RunFolderError" in details.toPlainText()
    assert details.isVisible()


def test_files_that_give_no_image_are_told(train: TrainWorkspace, qtbot: QtBot, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(24):
        pixels = rng.integers(0, 255, (20, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number:02d}.png")
    (tmp_path / "broken.png").write_bytes(b"no image")
    kind = train.form.fields["data.kind"]
    kind.editor.setCurrentIndex(kind.editor.findData("folder"))
    start(train, qtbot, data__path=str(tmp_path), save_to=str(tmp_path.parent / "run"))
    wait_for_state(train, qtbot, "finished")
    assert text(train, "notes").startswith("1 of 25 files gave no image; the first is broken.png")
    assert train.findChild(QLabel, "train.notes").isVisible()


def test_many_logged_values_are_shown_a_portion_at_a_time(
    train: TrainWorkspace, qtbot: QtBot, trained: Path
) -> None:
    train.open_run(trained)
    wait_for_state(train, qtbot, "finished")
    wait_for_all_logged(train, qtbot, 60)
    many = [Metrics(61 + i, 1.0, "regularised", {"total": 1.0}) for i in range(2 * PORTION + 1)]
    before = len(curves(train)["total regularised"][0])
    train.context._timer.stop()
    train.status.feed.metrics.extend(many)
    for grown in (PORTION, 2 * PORTION, 2 * PORTION + 1):
        train.context.ticked.emit()
        assert len(curves(train)["total regularised"][0]) == before + grown


def test_a_hidden_page_takes_what_is_logged_and_draws_it_when_it_is_seen(
    train: TrainWorkspace, qtbot: QtBot
) -> None:
    train.hide()
    for name, value in SMALL.items():
        train.findChild(QLineEdit, f"train.{name}").setText(value)
    train.controls.run_actions["start"].trigger()
    wait_for_state(train, qtbot, "finished")
    wait_for_all_logged(train, qtbot, 30)
    empty = train.plots.loss.findChild(QLabel, "train.loss.empty")
    assert not empty.isHidden(), "nothing was drawn"
    train.show()
    assert empty.isHidden()


def test_closing_the_program_stops_and_keeps_the_run_and_late_events_do_no_harm(
    train: TrainWorkspace, qtbot: QtBot
) -> None:
    path = start(train, qtbot, schedule__steps=ENDLESS)
    wait_for_step(train, qtbot, 2)
    train.context.close()
    qtbot.wait(50)
    assert RunFolder.open(path).state().state == "stopped"


def test_settings_of_a_layout_come_back(train: TrainWorkspace, settings: QSettings, qtbot: QtBot) -> None:
    rows = train.plots._splitters[0]
    train.plots.reset_layout()
    first = rows.sizes()
    rows.setSizes([400, 250])
    changed = rows.sizes()
    assert changed != first
    train.save_state(settings)
    train.reset_layout()
    assert rows.sizes() == first
    train.restore_state(settings)
    assert rows.sizes() == changed
