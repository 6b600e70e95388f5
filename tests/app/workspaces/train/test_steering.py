"""Steering a real, tiny run from the Train page: start, pause, keep, resume, discard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets import kept_places
from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder


def test_a_pair_is_trained_to_the_end_while_its_curves_grow(
    page, train: TrainWorkspace, qtbot: QtBot
) -> None:
    assert page.offered() == {"start", "open"}
    path = page.start()
    lengths: list[int] = []
    while page.status.state != "finished":
        page.wait_for_step(min(30, page.status.step + 1))
        lengths.append(len(page.logged()))
        qtbot.wait(5)
    page.wait_until_logged(30)
    shown = page.curves()
    for key in page.MEMBERS:
        assert shown[f"total {key}"][0] == list(range(2, 31, 2))
        assert shown[f"total {key}"][1][-1] < shown[f"total {key}"][1][0]
        assert shown[f"held_out_psnr {key}"][0] == [0, 10, 20, 30]
        assert shown[f"rank {key}"][0] == [0, 5, 10, 15, 20, 25, 30]
        assert shown[f"spectrum {key}"][0] == list(range(1, 9))
        assert shown[f"spectrum {key}"][1][0] == 1
    assert lengths == sorted(lengths)
    assert train.page.plots.previews.step == 30
    assert page.text("state") == "Finished “small”"
    assert page.text("place") == str(path)
    assert page.text("figures").startswith("step 30 of 30")
    assert train.findChild(QProgressBar, "train.bar").value() == 1000
    page.wait_for_offered({"start", "explore", "open"})
    assert {file.name for file in (path / "models").iterdir()} == {
        f"{key}.safetensors" for key in page.MEMBERS
    }


def test_a_run_that_is_shown_as_finished_shows_all_that_it_logged(page, train: TrainWorkspace) -> None:
    # However late the next tick of the clock that drains its feed.
    train.context.ticked.disconnect()
    page.start()
    page.wait_for_state("finished")
    shown = page.curves()
    for key in page.MEMBERS:
        assert shown[f"total {key}"][0] == list(range(2, 31, 2))
        assert shown[f"rank {key}"][0] == [0, 5, 10, 15, 20, 25, 30]
    assert train.page.plots.previews.step == 30


def test_a_run_pauses_and_goes_on(page, qtbot: QtBot) -> None:
    page.start(schedule__steps=page.ENDLESS)
    page.wait_for_step(4)
    page.wait_for_offered({"pause", "stop", "discard", "explore", "open"})
    page.click("pause")
    page.wait_for_state("paused")
    assert page.text("state") == "Paused “small”"
    page.wait_for_offered({"go_on", "stop", "discard", "explore", "open"})
    at = page.status.step
    qtbot.wait(150)
    assert page.status.step == at, "it stands still"
    page.click("go_on")
    page.wait_for_state("running")
    page.wait_for_step(at + 2)


def test_shortcuts_do_what_the_buttons_do(page, train: TrainWorkspace, qtbot: QtBot) -> None:
    train.activateWindow()
    qtbot.waitActive(train)
    page.fill(schedule__steps=page.ENDLESS)
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(train, Qt.Key.Key_Return, control)
    page.wait_for_state("running")
    qtbot.keyClick(train, Qt.Key.Key_P, control)
    page.wait_for_state("paused")
    qtbot.keyClick(train, Qt.Key.Key_P, control)
    page.wait_for_state("running")
    qtbot.keyClick(train, Qt.Key.Key_S, control | shift)
    page.wait_for_state("stopped")


def test_a_run_is_stopped_kept_and_resumed_to_the_end(page) -> None:
    with page.held_at(4):
        path = page.start(schedule__steps="200")
        page.wait_for_step(4)
        page.click("stop")
    page.wait_for_state("stopped")
    stopped = page.status.step
    assert 0 < stopped < 200
    page.wait_for_offered({"start", "resume", "explore", "open"})
    before = page.curves()["total regularised"]
    page.click("resume")
    page.wait_for_state("finished")
    page.wait_until_logged(200)
    steps, values = page.curves()["total regularised"]
    assert steps == list(range(2, 201, 2)), "the curve goes on where it was"
    assert values[: len(before[1])] == before[1]
    assert RunFolder.open(path).state().step == 200


@pytest.mark.parametrize(("first", "runs_on"), [("resume", "running"), ("pause", "paused")])
def test_a_double_click_does_one_thing(
    page, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, first: str, runs_on: str
) -> None:
    """Resume gives way to Stop and keep, and Pause to Resume, under the pointer."""
    page.start(schedule__steps=page.ENDLESS)
    page.wait_for_step(4)
    if first == "resume":
        page.click("stop")
        page.wait_for_offered({"start", "resume", "explore", "open"})
    controls = page.workspace.page.controls
    button = page.button(first)
    at = button.mapTo(controls, button.rect().center())
    page.click(first)
    monkeypatch.setattr(kept_places, "PAUSE_SECONDS", 30.0)
    qtbot.waitUntil(lambda: controls.childAt(at) is not button)
    under = controls.childAt(at)
    for _ in range(20):
        under = controls.childAt(at)
        qtbot.mouseDClick(under, Qt.MouseButton.LeftButton, pos=under.mapFrom(controls, at))
        qtbot.wait(20)
    page.wait_for_state(runs_on)
    assert page.status.asked == ""


def test_what_was_not_drawn_yet_is_drawn_when_the_run_is_resumed(page, qtbot: QtBot) -> None:
    with page.held_at(4):
        page.start(schedule__steps="200", logging__preview_every="1000")
        page.wait_for_step(4)
        page.click("stop")
    page.wait_for_state("stopped")
    page.wait_for_offered({"start", "resume", "explore", "open"})
    last = page.status.step
    page.status.feed.metrics.put(Metrics(last, 1.0, page.MEMBERS[1], {"held_out_psnr": 12.5}))
    page.click("resume")
    page.wait_for_step(last + 2)

    def drawn() -> list[tuple[float, float]]:
        return list(zip(*page.curves()[f"held_out_psnr {page.MEMBERS[1]}"], strict=True))

    qtbot.waitUntil(lambda: (last, 12.5) in drawn())


def test_discarding_asks_once_and_removes_the_run(page, train: TrainWorkspace, qtbot: QtBot) -> None:
    path = page.start(schedule__steps=page.ENDLESS)
    page.wait_for_step(2)
    page.click("discard")
    page.click("discard")
    questions = train.findChildren(QMessageBox, "train.confirm_discard")
    assert len(questions) == 1
    qtbot.mouseClick(questions[0].findChild(QPushButton, "train.keep_training"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not train.findChildren(QMessageBox))
    at = page.status.step
    page.wait_for_step(at + 2)
    page.click("discard")
    question = train.findChild(QMessageBox, "train.confirm_discard")
    qtbot.mouseClick(question.findChild(QPushButton, "train.discard_now"), Qt.MouseButton.LeftButton)
    page.wait_for_state("discarded")
    assert not path.exists()
    assert page.text("state") == "Discarded “small”"
    assert page.offered() == {"start", "open"}
    assert page.curves()["total regularised"] == ([], [])
    qtbot.waitUntil(lambda: train.context.runs.complete and not train.context.runs.runs)


def test_what_has_not_begun_is_cancelled_without_a_question(
    page, train: TrainWorkspace, qtbot: QtBot
) -> None:
    path = page.start(data__count="200000")
    qtbot.waitUntil(lambda: "for “small”" in page.text("state"))
    assert page.offered() == {"discard", "open"}
    assert 0 <= train.findChild(QProgressBar, "train.bar").value() < 1000
    page.click("discard")
    page.wait_for_state("discarded")
    assert not path.exists()


def test_closing_the_program_stops_and_keeps_the_run_and_late_events_do_no_harm(
    page, train: TrainWorkspace, qtbot: QtBot
) -> None:
    path = page.start(schedule__steps=page.ENDLESS)
    page.wait_for_step(2)
    train.context.close()
    qtbot.wait(50)
    assert RunFolder.open(path).state().state == "stopped"
