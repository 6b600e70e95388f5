"""Training processes killed at any moment and gone on with: the run must be the one nobody killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.attack.forked import fork, one_thread, wait_for
from benchmarks.attack.outcome import Outcome, read_outcome
from benchmarks.attack.report import Budget, Report, scratch_folder
from benchmarks.attack.tiny_runs import tiny_runs
from jnn_studio.base.atomic import leftovers
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import StateChanged
from jnn_studio.training.folder.run_folder import RunFolder, is_run
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Commands

LONGEST = 60.0
_MOST_KILLS = 3
_FILE_EVENTS = {
    "open",
    "os.chmod",
    "os.listdir",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.scandir",
    "os.truncate",
}


@dataclass(frozen=True)
class _Whole:
    """The run that nobody kills: what it leaves, how long it takes, and how often it turns to a file."""

    config: RunConfig
    outcome: Outcome
    seconds: float
    operations: int


def attack(budget: Budget) -> Report:
    """A case is a run with one to three kills, counted each; until ``count`` kills have been."""
    report = Report("kills", budget, ("lost",))
    one_thread()
    with scratch_folder() as scratch:
        wholes = [_whole(config, scratch / kind) for kind, config in tiny_runs().items()]
        by_kind = dict.fromkeys((whole.config.kind for whole in wholes), 0)
        number = budget.first
        while report.tried < budget.count:
            whole = wholes[number % len(wholes)]
            kills, lost = _case(whole, random.Random(f"{budget.seed} {number}"), scratch / f"case-{number}")
            report.tried += kills
            by_kind[whole.config.kind] += kills
            if lost:
                report.found("lost", number, f"{whole.config.kind}: {lost[0]}", lost[1])
            number += 1
        report.figures["by kind"] = by_kind
    return report


def _whole(config: RunConfig, folder: Path) -> _Whole:
    folder.mkdir()
    began = time.monotonic()
    count = folder / "operations"

    def train() -> int:
        operations = FileOperations(folder / "run")
        code = _train(config, folder / "run")
        count.write_text(str(operations.count))
        return code

    code = wait_for(fork(train, folder / "said"), LONGEST)
    if code != 0:
        raise RuntimeError(f"a whole run ended with {code}: {(folder / 'said').read_text()}")
    return _Whole(config, read_outcome(folder / "run"), time.monotonic() - began, int(count.read_text()))


def _case(whole: _Whole, draw: random.Random, folder: Path) -> tuple[int, tuple[str, str] | None]:
    """How often the run was killed, and what was lost."""
    folder.mkdir()
    run, said = folder / "run", folder / "said"
    kills, ways = 0, []
    for _ in range(draw.randint(1, _MOST_KILLS)):
        share = draw.random()
        if draw.random() < 2 / 3:
            at = 1 + int(share * whole.operations)
            ways.append(f"at file operation {at}")
            code = wait_for(fork(partial(_train, whole.config, run, at), said), LONGEST)
        else:
            ways.append(f"after {share:.3f} of its time")
            child = fork(partial(_train, whole.config, run), said)
            code = wait_for(child, share * whole.seconds, signal.SIGKILL)
        if code != -signal.SIGKILL:
            break  # it had ended before
        kills += 1
    how = "killed " + ", ".join(ways)
    if code in (0, -signal.SIGKILL):
        code = wait_for(fork(partial(_train, whole.config, run), said), LONGEST)
    if code != 0:
        return kills, (f"{how}: going on ended with {code}", said.read_text(errors="replace"))
    try:
        read_outcome(run).assert_same(whole.outcome)
        assert RunFolder(run).state().state == "finished", "it does not say that it is finished"
        assert not leftovers(run), "temporary files are left"
        assert not said.read_text(), "something was complained of"
    except (AssertionError, OSError, ValueError) as error:
        return kills, (f"{how}: {error}", said.read_text(errors="replace"))
    shutil.rmtree(folder)
    return kills, None


def _train(config: RunConfig, run: Path, killed_at: int = 0) -> int:
    """Start the run, or go on with what there is; 0 once it is finished, also if it was."""
    if killed_at:
        FileOperations(run, killed_at)
    if is_run(run) and RunFolder.open(run).state().state == "finished":
        return 0
    events = resume_run(run, Commands()) if is_run(run) else start_run(config, run, Commands())
    last = None
    for event in events:
        if isinstance(event, StateChanged):
            last = event
    if last is None or last.state != "finished":
        sys.stderr.write(f"{last}\n")
        return 1
    return 0


class FileOperations:
    """Counts what this process does to the files of a folder, and kills it before the n-th."""

    def __init__(self, folder: Path, killed_at: int = 0) -> None:
        self.count = 0
        self._folder, self._killed_at = str(folder), killed_at
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _FILE_EVENTS:
            return
        named = [str(argument) for argument in arguments if isinstance(argument, str | os.PathLike)]
        if event != "os.truncate" and not any(name.startswith(self._folder) for name in named):
            return
        self.count += 1
        if self.count == self._killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
