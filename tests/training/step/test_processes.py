"""Training in processes of their own, which are killed, stopped and starved."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from jnn_studio.cli.output import STOPPED
from jnn_studio.training.config import RunConfig
from jnn_studio.training.folder.run_folder import RunFolder

Tiny = Callable[..., RunConfig]


def written(config: RunConfig, folder: Path) -> Path:
    path = folder / "tiny.toml"
    path.write_text(config.to_toml(), encoding="utf-8")
    return path


def wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(0.005)


def test_a_run_killed_again_and_again_is_the_run_of_one_piece(
    tiny: Tiny, tmp_path: Path, command_line: Callable[..., Any], outcome: Callable[[Path], Any]
) -> None:
    steps = 400
    logging = {"metrics_every": 4, "spectrum_every": 3, "preview_every": 10, "checkpoint_every": 7}
    config = written(tiny(schedule={"steps": steps}, logging=logging), tmp_path)
    path, whole = tmp_path / "killed", tmp_path / "whole"
    uninterrupted = command_line("train", "--config", config, "--out", whole)

    def run() -> Any:
        if (path / "config.toml").exists():
            return command_line("train", "--resume", path)
        return command_line("train", "--config", config, "--out", path)

    random.seed(0)
    killed_at = []
    for early in 5 * [True] + 8 * [False]:
        process = run()
        if early:  # while it is set up, resumed, or not long after
            time.sleep(random.uniform(0.0, 0.1))
        else:
            target = min(logged_step(path) + random.randint(1, 12), steps - 60)
            while logged_step(path) < target:
                time.sleep(0.001)
            time.sleep(random.uniform(0.0, 0.02))
        process.signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        killed_at.append(logged_step(path))
    last = run()

    assert last.wait() == 0, last.stderr
    assert uninterrupted.wait() == 0
    assert len(set(killed_at)) >= 3
    assert max(killed_at) < steps
    outcome(path).assert_same(outcome(whole))
    assert RunFolder(path).state().state == "finished"
    assert not [file for file in path.rglob("*") if file.name.startswith(".")]


def logged_step(path: Path) -> int:
    """How far the log has got, with whatever the kill left of its last line."""
    steps = [0]
    if (path / "metrics.jsonl").exists():
        for line in (path / "metrics.jsonl").read_text().splitlines():
            try:
                steps.append(json.loads(line)["step"])
            except ValueError:
                break
    return steps[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_run_and_keeps_it(
    tiny: Tiny, tmp_path: Path, command_line: Callable[..., Any], number: int
) -> None:
    config = written(tiny(schedule={"steps": 100_000}), tmp_path)
    path = tmp_path / "run"
    process = command_line("train", "--config", config, "--out", path)
    wait_for(path / "checkpoints" / "step-0000006.safetensors")

    process.signal(number)

    assert process.wait() == STOPPED
    folder = RunFolder(path)
    state = folder.state()
    assert state.state == "stopped"
    assert folder.latest_checkpoint() == folder.checkpoint_path(state.step)
    assert f"stopped at step {state.step}" in process.stdout
    assert "stopping after this step and saving; once more to end at once" in process.stderr
    assert sorted(file.stem for file in (path / "models").iterdir()) == ["regularised", "unregularised"]


def test_a_run_that_is_to_outlive_its_terminal_does(
    tiny: Tiny, tmp_path: Path, command_line: Callable[..., Any]
) -> None:
    """As ``nohup`` starts it, with SIGHUP ignored."""
    config = written(tiny(), tmp_path)
    path = tmp_path / "run"
    process = command_line("train", "--config", config, "--out", path, ignored=["SIGHUP"])
    wait_for(path / "checkpoints" / "latest")
    process.signal(signal.SIGHUP)

    assert process.wait() == 0
    assert RunFolder(path).state().state == "finished"


def test_both_signals_at_once_stop_it_once(
    tiny: Tiny, tmp_path: Path, command_line: Callable[..., Any]
) -> None:
    config = written(tiny(schedule={"steps": 100_000}), tmp_path)
    path = tmp_path / "run"
    process = command_line("train", "--config", config, "--out", path)
    wait_for(path / "checkpoints" / "latest")
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
        process.signal(number)

    assert process.wait() == STOPPED
    assert RunFolder(path).state().state == "stopped"


def test_a_disk_that_is_full_is_said_without_a_traceback(
    tiny: Tiny, tmp_path: Path, command_line: Callable[..., Any]
) -> None:
    """A limit on the size of files stands for it: logs fit, checkpoints do not."""
    path = tmp_path / "run"
    config = written(tiny(), tmp_path)
    process = command_line("train", "--config", config, "--out", path, limits={"FSIZE": 20_000})

    assert process.wait() == 1
    assert "Cannot write the run: " in process.stderr
    assert "Free some space" in process.stderr
    assert "Traceback" not in process.stderr
    assert "\n" not in process.stderr.strip()
    assert RunFolder(path).state().state == "failed"
    assert RunFolder(path).latest_checkpoint() is None

    assert command_line("train", "--resume", path).wait() == 0


def test_a_disk_that_fills_up_later_leaves_the_last_checkpoint(
    tiny: Tiny, tmp_path: Path, command_line: Callable[..., Any], outcome: Callable[[Path], Any]
) -> None:
    path, whole = tmp_path / "run", tmp_path / "whole"
    # Of so small a model the log becomes the largest file: forty steps or so fit.
    small = {"size": 16, "dct": 2, "hidden": 4, "latent": 2}
    config = written(tiny(model=small, logging={"metrics_every": 1}, schedule={"steps": 60}), tmp_path)
    process = command_line("train", "--config", config, "--out", path, limits={"FSIZE": 12_000})
    uninterrupted = command_line("train", "--config", config, "--out", whole)

    assert process.wait() == 1
    assert "Cannot write the run: " in process.stderr
    folder = RunFolder(path)
    checkpoint = folder.latest_checkpoint()
    assert checkpoint is not None
    assert checkpoint > folder.checkpoint_path(0)
    with safe_open(checkpoint, framework="pt") as file:
        assert all(torch.isfinite(file.get_tensor(key)).all() for key in file.keys())  # noqa: SIM118

    assert command_line("train", "--resume", path).wait() == 0
    assert uninterrupted.wait() == 0
    outcome(path).assert_same(outcome(whole))


def test_a_model_larger_than_memory_says_what_to_reduce(
    tiny: Tiny, tmp_path: Path, command_line: Callable[..., Any]
) -> None:
    config = written(tiny(model={"hidden": 1_000_000, "latent": 1000}), tmp_path)
    process = command_line("train", "--config", config, "--out", tmp_path / "run", limits={"AS": 300 * 2**20})

    assert process.wait() == 1
    assert process.stderr.strip() == (
        "Out of memory before the first step. Reduce model.hidden (now 1000000) or model.size (now 16)."
    )
    assert RunFolder(tmp_path / "run").state().state == "failed"
