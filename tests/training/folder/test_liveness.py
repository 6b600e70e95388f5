"""Whether a run's process lives: told by its lock, and by what it says moving on."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jnn_studio.training.folder.liveness import STALE_SECONDS, Pulse, is_held, owner_of
from jnn_studio.training.folder.ownership import own
from jnn_studio.training.folder.run_files import RunState
from jnn_studio.training.folder.run_folder import OWNER, RunFolder

fcntl = pytest.importorskip("fcntl")
FAR = "far-away"


class Clock:
    """One that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tiny: Callable[..., object], tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "run", tiny())  # type: ignore[arg-type]


def said(step: int, ago: float = 0.0) -> RunState:
    return RunState("running", step, time.time() - ago)


def written_by(folder: RunFolder, host: str) -> None:
    (folder.path / OWNER).write_text(json.dumps({"pid": 7, "host": host}))


def test_one_that_is_held_is_alive_then_quiet_then_alive_again(folder: RunFolder) -> None:
    owner, clock = own(folder), Clock()
    pulse, first = Pulse(folder.path, clock), said(4)
    assert pulse.feel(first).life == "alive"
    clock.now += STALE_SECONDS + 3
    sign = pulse.feel(first)
    assert sign.life == "quiet"
    assert f"{os.getpid()} on {socket.gethostname()} has the run and is held up" in sign.words
    clock.now += 3600
    assert pulse.feel(first).life == "quiet"
    assert pulse.feel(said(5)).life == "alive"
    owner.release()
    assert pulse.feel(said(5)).life == "dead"


def test_one_of_this_machine_whose_lock_is_free_is_dead_whatever_it_said_last(folder: RunFolder) -> None:
    written_by(folder, socket.gethostname())
    assert Pulse(folder.path, Clock()).feel(said(4, ago=-3600)).life == "dead"


@pytest.mark.parametrize("ahead", [-3600, 0, 3600])
def test_one_elsewhere_lives_for_as_long_as_it_moves(folder: RunFolder, ahead: float) -> None:
    """Whatever its clock says: an hour behind, right, or an hour ahead."""
    written_by(folder, FAR)
    clock = Clock()
    pulse = Pulse(folder.path, clock)
    pulse.feel(said(0, ago=-ahead))
    for step in range(1, 20):
        clock.now += STALE_SECONDS - 1
        assert pulse.feel(said(step, ago=-ahead)).life == "alive"
    last = said(20, ago=-ahead)
    pulse.feel(last)
    clock.now += STALE_SECONDS + 1
    sign = pulse.feel(last)
    assert sign.life == "lost"
    assert f"7 on {FAR} has said nothing for a while" in sign.words
    assert pulse.feel(said(21, ago=-ahead)).life == "alive"


def test_at_the_first_look_an_old_word_is_old(folder: RunFolder) -> None:
    written_by(folder, FAR)
    assert Pulse(folder.path, Clock()).feel(said(4, ago=60)).life == "lost"
    assert Pulse(folder.path, Clock()).feel(said(4, ago=1)).life == "alive"


def test_a_word_from_the_future_is_as_old_as_its_file(folder: RunFolder) -> None:
    written_by(folder, FAR)
    os.utime(folder.path / "state.json", (time.time() - 60,) * 2)
    assert Pulse(folder.path, Clock()).feel(said(4, ago=-3600)).life == "lost"


def test_where_the_file_system_carries_no_locks_only_moving_on_counts(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_here(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", none_here)
    owner, clock = own(folder), Clock()
    assert is_held(folder.path) is None
    pulse, state = Pulse(folder.path, clock), said(4)
    assert pulse.feel(state).life == "alive"
    clock.now += STALE_SECONDS + 1
    assert pulse.feel(state).life == "lost"
    owner.release()


def test_looking_whether_it_is_held_does_not_keep_anybody_from_taking_it(folder: RunFolder) -> None:
    own(folder).release()
    with (folder.path / OWNER).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)  # somebody who looks, for longer than anybody does

        def let_go(seconds: float) -> None:
            fcntl.flock(file, fcntl.LOCK_UN)

        monkeypatch = pytest.MonkeyPatch()
        monkeypatch.setattr("jnn_studio.training.folder.ownership.time.sleep", let_go)
        own(folder).release()
        monkeypatch.undo()


@pytest.mark.parametrize("text", ["", "[]", "no", '{"pid": [1], "host": 3}'])
def test_an_owner_that_says_nothing_is_nobody_elsewhere(folder: RunFolder, text: str) -> None:
    (folder.path / OWNER).write_text(text)
    owner = owner_of(folder.path)
    assert owner is None or not owner.elsewhere
