"""What a run folder holds reaches the feed, whatever kind of run it is."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from jnn_studio.app.engine.feed import Rare, RunFeed
from jnn_studio.app.engine.follower import RunFollower
from jnn_studio.base.atomic import write_text
from jnn_studio.cli.output import STOPPED
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.events import Arrays, Metrics, Preview, Spectrum, Started, StateChanged
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.trainer import HEARTBEAT_SECONDS


def test_arrays_and_previews_of_any_kind_of_run_are_followed(qtbot: QtBot, tmp_path: Path) -> None:
    config = validate_config({"kind": "beta-vae", "name": "far"}, "here")
    folder = RunFolder.create(tmp_path / "run", config)
    folder.set_state("running", 4)
    images = np.zeros((2, 4, 6, 3), np.uint8)
    for step in (0, 4):
        folder.save_arrays(Arrays(step, {"beta_vae": {"field": np.full((3, 5), step, np.float32)}}))
        folder.save_preview(Preview(step, images, {"beta_vae": images}))
        folder.log_spectrum(Spectrum(step, "beta_vae", np.ones(3, np.float32), 3.0), 0)
    told: list[Rare] = []
    feed = RunFeed(folder.path, config, lambda _, event: told.append(event))
    follower = RunFollower(feed)
    seen: list[Arrays] = []

    def arrived(step: int) -> bool:
        arrays = feed.arrays.take()
        seen.extend([arrays] if arrays is not None else [])
        return bool(seen) and seen[-1].step == step

    try:
        qtbot.waitUntil(lambda: arrived(4))
        np.testing.assert_array_equal(seen[-1].values["beta_vae"]["field"], np.full((3, 5), 4.0))
        folder.save_arrays(Arrays(8, {"beta_vae": {"field": np.full((3, 5), 8.0)}}))
        qtbot.waitUntil(lambda: arrived(8))
        folder.set_state("finished", 8)
        qtbot.waitUntil(lambda: not follower.alive)
    finally:
        follower.close()
    assert [arrays.step for arrays in seen] == [4, 8]  # each of them once
    preview = feed.preview.take()
    assert preview is not None
    assert preview.reconstructions["beta_vae"].shape == images.shape
    assert {spectrum.member for spectrum in feed.spectra.take()} == {"beta_vae"}
    started, *_, last = told
    assert isinstance(started, Started)
    assert [member.label for member in started.members] == ["β-VAE"]
    assert isinstance(last, StateChanged)
    assert last.state == "finished"


def test_only_the_newest_arrays_wait_for_the_window(tmp_path: Path) -> None:
    config = validate_config({"kind": "beta-vae"}, "here")
    feed = RunFeed(tmp_path, config, lambda *_: None)
    for step in (1, 2, 3):
        feed.put(Arrays(step, {}))

    newest = feed.arrays.take()
    assert newest is not None
    assert newest.step == 3
    assert feed.arrays.take() is None


MALFORMED: dict[str, bytes] = {
    "metrics.jsonl": b'[]\n{"a":1}\n' + b"[" * 5000 + b"\n" + b'{"step": ' + b"9" * 10_000 + b"}\n\xff\n",
    "spectra.npy": b"\x93NUMPY\x01\x00\xff\xff" + b"[" * 65_535,
    "previews/step-0000100.png": (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xc3P\x00\x00\xc3P\x08\x02\x00\x00\x00\x17\xa5\x01\xfd"
    ),
    "arrays/step-0000100.npz": b"PK\x05\x06" + bytes(18),
    "state.json": b"[" * 5000,
    "checkpoints/latest": b"\xff\xfe",
}


@pytest.mark.parametrize("name", [*MALFORMED, "all of them"])
def test_whatever_a_folder_holds_the_page_shows_what_can_be_read_and_says_what_cannot(
    qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    config = validate_config({"kind": "beta-vae", "name": "far"}, "here")
    folder = RunFolder.create(tmp_path / "run", config)
    images = np.zeros((2, 4, 6, 3), np.uint8)
    folder.log(Metrics(4, 1.0, "beta_vae", {"total": 1.0}))
    folder.log_spectrum(Spectrum(4, "beta_vae", np.ones(3, np.float32), 3.0), 0)
    folder.save_preview(Preview(4, images, {"beta_vae": images}))
    folder.set_state("stopped", 4)
    for damaged in MALFORMED if name == "all of them" else [name]:
        (folder.path / damaged).parent.mkdir(exist_ok=True)
        before = (folder.path / damaged).read_bytes() if damaged == "metrics.jsonl" else b""
        (folder.path / damaged).write_bytes(before + MALFORMED[damaged])
    told: list[Rare] = []
    feed = RunFeed(folder.path, config, lambda _, event: told.append(event))

    follower = RunFollower(feed)
    qtbot.waitUntil(lambda: isinstance(told[-1:] and told[-1], StateChanged))
    follower.close()

    assert isinstance(told[0], Started)
    last = told[-1]
    assert isinstance(last, StateChanged)
    assert last.state == "stopped"
    said = [*(note for event in told if isinstance(event, Started) for note in event.notes), last.reason]
    for damaged in MALFORMED if name == "all of them" else [name]:
        if damaged not in ("checkpoints/latest", "arrays/step-0000100.npz"):
            assert any(damaged in note for note in said), (damaged, said)
    assert [m.step for m in feed.metrics.take()] == [4]
    preview = feed.preview.take()
    assert preview is not None
    assert preview.step == 4


def test_a_folder_that_is_deleted_is_said_to_be_gone(qtbot: QtBot, tmp_path: Path) -> None:
    config = validate_config({"kind": "beta-vae"}, "here")
    folder = RunFolder.create(tmp_path / "run", config)
    folder.set_state("running", 4)
    told: list[Rare] = []
    follower = RunFollower(RunFeed(folder.path, config, lambda _, event: told.append(event)))
    qtbot.waitUntil(lambda: len(told) > 1)
    shutil.rmtree(folder.path)
    qtbot.waitUntil(lambda: not follower.alive)

    last = told[-1]
    assert isinstance(last, StateChanged)
    assert last.state == "failed"
    assert f"the run's folder {folder.path} is gone" in last.reason


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], list[Rare]]]:
    """What a follower of a run tells; it looks often, and takes two seconds of silence for long."""
    monkeypatch.setattr("jnn_studio.app.engine.follower.POLL_SECONDS", 0.05)
    monkeypatch.setattr("jnn_studio.training.folder.liveness.STALE_SECONDS", 2 * HEARTBEAT_SECONDS)
    followers: list[RunFollower] = []

    def follow(path: Path) -> list[Rare]:
        told: list[Rare] = []
        feed = RunFeed(path, RunFolder(path).config(), lambda _, event: told.append(event))
        followers.append(RunFollower(feed))
        return told

    yield follow
    for follower in followers:
        follower.close()


def last_state(told: list[Rare]) -> tuple[str, str]:
    states = [event for event in told if isinstance(event, StateChanged)]
    return (states[-1].state, states[-1].reason) if states else ("", "")


def test_a_trainer_that_is_held_up_is_quiet_and_followed_again(
    qtbot: QtBot, long_run: tuple[Path, Any], watched: Callable[[Path], list[Rare]]
) -> None:
    path, process = long_run
    told = watched(path)
    qtbot.waitUntil(lambda: last_state(told) == ("running", ""))

    process.signal(signal.SIGSTOP)
    qtbot.waitUntil(lambda: "held up" in last_state(told)[1])
    state, reason = last_state(told)
    assert state == "running"
    assert f"{process.pid} on {socket.gethostname()}" in reason

    process.signal(signal.SIGCONT)
    qtbot.waitUntil(lambda: last_state(told) == ("running", ""))
    process.signal(signal.SIGTERM)
    qtbot.waitUntil(lambda: last_state(told)[0] == "stopped")
    assert process.wait() == STOPPED


def test_one_that_is_killed_is_dead_whatever_its_clock_said_and_followed_again_once_resumed(
    qtbot: QtBot,
    long_run: tuple[Path, Any],
    watched: Callable[[Path], list[Rare]],
    command_line: Callable[..., Any],
) -> None:
    path, process = long_run
    process.signal(signal.SIGKILL)
    process.wait()
    said = json.loads((path / "state.json").read_text())
    (path / "state.json").write_text(json.dumps(said | {"heartbeat": time.time() + 3600}))
    told = watched(path)
    qtbot.waitUntil(lambda: last_state(told)[0] == "stopped")
    assert "ended without saying so" in last_state(told)[1]

    second = command_line("train", "--resume", path)
    qtbot.waitUntil(lambda: last_state(told) == ("running", ""))
    second.signal(signal.SIGTERM)
    assert second.wait() == STOPPED


def test_one_elsewhere_whose_clock_is_ahead_is_not_believed_for_long(
    qtbot: QtBot, tmp_path: Path, watched: Callable[[Path], list[Rare]]
) -> None:
    """Its lock cannot be seen: what counts is that it moves."""
    folder = RunFolder.create(tmp_path / "run", validate_config({"kind": "beta-vae"}, "here"))
    (folder.path / "owner").write_text(json.dumps({"pid": 7, "host": "far"}))
    ahead = {"state": "running", "step": 4, "heartbeat": time.time() + 3600, "reason": ""}
    write_text(folder.path / "state.json", json.dumps(ahead))
    told = watched(folder.path)
    qtbot.waitUntil(lambda: last_state(told)[0] == "stopped")
    assert "7 on far has said nothing" in last_state(told)[1]

    write_text(folder.path / "state.json", json.dumps(ahead | {"step": 8}))
    qtbot.waitUntil(lambda: last_state(told) == ("running", ""))


def test_even_a_bug_in_reading_is_told(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = validate_config({"kind": "beta-vae"}, "here")
    folder = RunFolder.create(tmp_path / "run", config)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr(RunFolder, "latest_preview", broken)
    told: list[Rare] = []
    follower = RunFollower(RunFeed(folder.path, config, lambda _, event: told.append(event)))
    qtbot.waitUntil(lambda: not follower.alive)

    last = told[-1]
    assert isinstance(last, StateChanged)
    assert (last.state, "odd" in last.reason) == ("failed", True)
    assert "ZeroDivisionError" in last.details
