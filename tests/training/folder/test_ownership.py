"""One process trains a run at a time."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jnn_studio.base.atomic import write_text
from jnn_studio.cli.output import STOPPED
from jnn_studio.training.config import RunConfig
from jnn_studio.training.folder.ownership import RunInUseError, own
from jnn_studio.training.folder.run_folder import OWNER, RunFolder
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands

Tiny = Callable[..., RunConfig]


def steps(path: Path) -> list[tuple[int, str]]:
    lines = (path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        (record["step"], record["model"]) for record in map(json.loads, lines) if "total" in record["terms"]
    ]


def test_a_run_that_another_process_trains_is_not_resumed(
    long_run: tuple[Path, Any], command_line: Callable[..., Any]
) -> None:
    path, process = long_run
    second = command_line("train", "--resume", path)

    assert second.wait() == 1
    assert f"the run in {path} is being trained by another process ({process.pid} on" in second.stderr
    assert RunFolder(path).state().state == "running"
    process.signal(signal.SIGTERM)
    assert process.wait() == STOPPED
    assert RunFolder(path).state().state == "stopped"
    assert len(steps(path)) == len(set(steps(path)))  # no step was trained twice


def test_nor_while_that_process_is_held_and_shows_no_sign_of_life(
    long_run: tuple[Path, Any], command_line: Callable[..., Any]
) -> None:
    path, process = long_run
    process.signal(signal.SIGSTOP)
    state = json.loads((path / "state.json").read_text())
    (path / "state.json").write_text(json.dumps(state | {"heartbeat": time.time() - 3600}))

    assert command_line("train", "--resume", path).wait() == 1
    process.signal(signal.SIGCONT)
    process.signal(signal.SIGTERM)
    assert process.wait() == STOPPED


def test_a_killed_process_leaves_the_run_to_the_next_at_once(
    long_run: tuple[Path, Any], command_line: Callable[..., Any]
) -> None:
    path, process = long_run
    process.signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    second = command_line("train", "--resume", path)
    wait_for_pid(path, second.pid)
    second.signal(signal.SIGTERM)

    assert second.wait() == STOPPED, second.stderr + second.stdout


def wait_for_pid(path: Path, pid: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        text = (path / OWNER).read_text()
        if text and json.loads(text)["pid"] == pid and RunFolder(path).state().state == "running":
            return
        time.sleep(0.01)
    pytest.fail("the second process did not take the run")


def test_the_same_process_trains_it_once_too(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    events = start_run(tiny(schedule={"steps": 1_000_000}), tmp_path / "run", commands)
    next(events)

    with pytest.raises(RunInUseError, match=f"being trained by another process \\({os.getpid()} on "):
        resume_run(tmp_path / "run", Commands())
    commands.send(Command.STOP)
    assert list(events)[-1].state == "stopped"  # type: ignore[union-attr]
    commands = Commands()
    resumed = resume_run(tmp_path / "run", commands)
    commands.send(Command.STOP)
    list(resumed)


def test_a_run_that_another_machine_shows_to_be_alive_is_left_to_it(tiny: Tiny, tmp_path: Path) -> None:
    """Where the file system carries no locks: nobody here holds one."""
    folder = RunFolder.create(tmp_path / "run", tiny())
    said = {"pid": 7, "host": f"not-{socket.gethostname()}", "since": 0}
    (folder.path / OWNER).write_text(json.dumps(said))
    folder.set_state("running", 5)

    with pytest.raises(RunInUseError, match=f"7 on not-{socket.gethostname()}"):
        own(folder)
    folder.set_state("stopped", 5)
    own(folder).release()


def test_a_machine_whose_clock_is_an_hour_ahead_does_not_keep_a_dead_run(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jnn_studio.training.folder.ownership._LISTENING_SECONDS", 0.5)
    folder = RunFolder.create(tmp_path / "run", tiny())
    (folder.path / OWNER).write_text(json.dumps({"pid": 7, "host": f"not-{socket.gethostname()}"}))
    said = {"state": "running", "step": 5, "heartbeat": time.time() + 3600, "reason": ""}
    (folder.path / "state.json").write_text(json.dumps(said))
    own(folder).release()


def test_but_one_that_moves_on_is_left_to_it(tiny: Tiny, tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny())
    (folder.path / OWNER).write_text(json.dumps({"pid": 7, "host": f"not-{socket.gethostname()}"}))
    ending = threading.Event()

    def beat() -> None:
        step = 0
        while not ending.wait(0.05):
            step += 1
            said = {"state": "running", "step": step, "heartbeat": time.time() + 3600, "reason": ""}
            write_text(folder.path / "state.json", json.dumps(said))

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        while folder.state().step == 0:
            time.sleep(0.01)
        with pytest.raises(RunInUseError):
            own(folder)
    finally:
        ending.set()
        beating.join()


def test_the_owner_says_which_run_it_has(long_run: tuple[Path, Any]) -> None:
    path, process = long_run
    said = json.loads((path / OWNER).read_text())

    assert said["id"] == RunFolder(path).config_and_identity()[1].id
    assert (said["pid"], said["host"]) == (process.pid, socket.gethostname())
    process.signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"pid": "\\u001b[2J"}', "[" * 3000])
def test_whatever_the_file_holds_the_lock_decides(tiny: Tiny, tmp_path: Path, text: str) -> None:
    folder = RunFolder.create(tmp_path / "run", tiny())
    (folder.path / OWNER).write_text(text)
    first = own(folder)

    with pytest.raises(RunInUseError) as caught:
        own(folder)
    assert "\x1b" not in str(caught.value)
    first.release()
    own(folder).release()


def test_a_discarded_run_leaves_nothing(tiny: Tiny, tmp_path: Path) -> None:
    commands = Commands()
    commands.send(Command.DISCARD)
    events = list(start_run(tiny(), tmp_path / "run", commands))

    assert events[-1].state == "discarded"  # type: ignore[union-attr]
    assert not (tmp_path / "run").exists()
