"""What tests of sweeps share: a tiny one, which was killed and gone on with."""

from __future__ import annotations

import os
import random
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from jnn_studio.base.errors import StudioError
from jnn_studio.sweeps.config import SweepConfig
from jnn_studio.sweeps.folder import SweepFolder
from jnn_studio.training.folder.run_folder import RunFolder

STEPS = 90


@dataclass(frozen=True)
class KilledSweep:
    """A sweep of which two processes were killed, and which then went on to its end.

    Attributes:
        before: the newest checkpoint's step of each run by id when they were, as far as it could be read.
        again: from which step each run went on afterwards, by its name.
        output: what the command said in the end.
        status: its exit code.
    """

    path: Path
    before: dict[str, int]
    again: dict[str, int]
    output: str
    status: int


@pytest.fixture(scope="session")
def killed(
    tmp_path_factory: pytest.TempPathFactory,
    command_line: Callable[..., Any],
    tiny_sweep: Callable[..., SweepConfig],
) -> KilledSweep:
    """To be read only."""
    folder = tmp_path_factory.mktemp("sweep")
    file, path = folder / "tiny.toml", folder / "killed"
    file.write_text(tiny_sweep().to_toml(), encoding="utf-8")
    process = command_line("sweep", file, "--out", path, "--workers", "2", "--set", f"schedule.steps={STEPS}")
    random.seed(7)
    target = random.randint(8, STEPS // 2)
    while max(checkpoints(path).values(), default=0) < target:
        time.sleep(0.002)
    workers = [
        child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline())
    ]
    assert len(workers) == 2
    os.kill(workers[0].pid, signal.SIGKILL)
    process.signal(signal.SIGKILL)
    process.wait()
    workers[1].wait()  # it has seen that nobody is there any more, and saved what it trained
    before = checkpoints(path)
    process = command_line("sweep", path, "--workers", "1")
    status = process.wait()
    began = re.findall(r"^(tiny, .*): training(?: from step (\d+))?$", process.stderr, re.MULTILINE)
    return KilledSweep(path, before, {name: int(step or 0) for name, step in began}, process.stdout, status)


def checkpoints(path: Path) -> dict[str, int]:
    """The newest checkpoint's step of each run by its name."""
    found: dict[str, int] = {}
    try:
        runs = SweepFolder(path).runs().values()
    except (StudioError, OSError):
        return found
    for run in runs:
        latest = RunFolder(run.path).latest_checkpoint()
        if latest is not None:
            found[run.config.name] = int(latest.stem.removeprefix("step-"))
    return found
