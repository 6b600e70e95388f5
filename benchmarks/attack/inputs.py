"""Damaged files and folders opened as the window and the command line open them, in other processes."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import select
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.attack.damage import Damage, damage
from benchmarks.attack.forked import cpu_seconds, fork, one_thread
from benchmarks.attack.material import make_material
from benchmarks.attack.openers import Subject, subjects
from benchmarks.attack.report import Budget, Fault, Report, scratch_folder
from jnn_studio.base.errors import StudioError

ANSWERED = 5.0
"""Seconds of processor time in which everything is answered."""
WAITED = 15.0
"""Seconds by the clock after which a process that waits hangs, however busy the machine is."""
AIMS: tuple[Fault, ...] = ("traceback", "hang", "program started", "silently wrong", "crash")
_MEMORY = 3 * 2**30
_PROGRAMS = {
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
}


def attack(budget: Budget) -> Report:
    """Sound files of every kind, damaged one at a time."""
    report = Report("inputs", budget, AIMS)
    one_thread()
    with scratch_folder() as scratch:
        material = make_material(scratch / "sound")
        found = [subject for subject in subjects(material, scratch) if re.search(budget.only, subject.name)]
        if not found:
            raise SystemExit(f"no kind of file is called {budget.only}")
        # In an order of their own: neighbours are of different kinds, and a few cases are of many.
        random.Random(0).shuffle(found)
        open_damaged(report, found, material.files, scratch)
    return report


def open_damaged(report: Report, found: Sequence[Subject], files: Sequence[Path], scratch: Path) -> None:
    """Case by case in a forked process; another takes over where one hangs or crashes.

    Args:
        files: what a damaged file may be swapped for.
    """
    answers: Counter[str] = Counter()
    slowest = (0.0, 0)
    numbers = report.budget.numbers
    number = numbers.start
    while number < numbers.stop:
        for answer in _Process(found, files, report.budget.seed, range(number, numbers.stop), scratch):
            number = answer["number"] + 1
            report.tried += 1
            answers[answer["answer"]] += 1
            slowest = max(slowest, (answer["seconds"], answer["number"]))
            if answer["answer"] in AIMS:
                report.found(answer["answer"], answer["number"], answer["what"], answer["details"])
    report.figures["answers"] = dict(answers)
    report.figures["slowest"] = {"seconds": round(slowest[0], 2), "number": slowest[1]}


class _Process:
    """Iterates the answers of a process that opens ``cases``, until it ends or has to be ended."""

    def __init__(
        self, found: Sequence[Subject], files: Sequence[Path], seed: int, cases: range, scratch: Path
    ) -> None:
        self._reading, writing = os.pipe()
        self._said = scratch / "said"
        self._said.unlink(missing_ok=True)
        self._child = fork(partial(_serve, found, files, seed, cases, scratch, writing), self._said)
        os.close(writing)
        self._current: dict[str, Any] = {"number": cases.start, "what": "before the first"}
        self._buffer = b""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        began, cpu = time.monotonic(), cpu_seconds(self._child)
        try:
            while True:
                for line in self._lines():
                    message = json.loads(line)
                    began, cpu = time.monotonic(), cpu_seconds(self._child)
                    self._current = message
                    if "answer" in message:
                        yield message
                if self._ended:
                    break
                waited, used = time.monotonic() - began, cpu_seconds(self._child) - cpu
                if used > ANSWERED or waited > WAITED:
                    os.kill(self._child, signal.SIGABRT)  # it then says where it is
                    os.waitpid(self._child, 0)
                    yield self._broken("hang", waited)
                    return
        finally:
            os.close(self._reading)
        status = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])
        if status != 0:
            yield self._broken("crash", time.monotonic() - began) | {
                "what": f"{self._current['what']}: {status}"
            }

    def _lines(self) -> list[bytes]:
        self._ended = False
        if select.select([self._reading], [], [], 0.25)[0]:
            data = os.read(self._reading, 65536)
            self._ended = not data
            *lines, self._buffer = (self._buffer + data).split(b"\n")
            return lines
        return []

    def _broken(self, answer: str, seconds: float) -> dict[str, Any]:
        said = self._said.read_text(errors="replace") if self._said.exists() else ""
        return self._current | {"answer": answer, "seconds": seconds, "details": said}


def _serve(
    found: Sequence[Subject], files: Sequence[Path], seed: int, cases: range, scratch: Path, answers: int
) -> int:
    """In the forked process: a line before each case, and one after it."""
    started: list[str] = []

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _PROGRAMS:
            started.append(f"{event} {arguments[:2]}")

    sys.addaudithook(heard)
    limit = _data_bytes() + _MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    for number in cases:
        draw = random.Random(f"{seed} {number}")
        subject = found[number % len(found)]
        folder = scratch / "case"
        shutil.rmtree(folder, ignore_errors=True)
        path, what, done = _prepared(subject, files, draw, folder)
        message: dict[str, Any] = {"number": number, "what": what}
        _tell(answers, message)
        started.clear()
        began = time.monotonic()
        answer, details = "opened", ""
        try:
            wrong = subject.open(path, done)
            if wrong:
                answer, details = "silently wrong", wrong
        except (StudioError, OSError) as error:
            answer, details = "refused", str(error)
        except Exception:
            answer, details = "traceback", traceback.format_exc()
        if started:
            answer, details = "program started", "; ".join(started)
        seconds = time.monotonic() - began
        _tell(answers, message | {"answer": answer, "seconds": seconds, "details": details})
    return 0


def _prepared(
    subject: Subject, files: Sequence[Path], draw: random.Random, folder: Path
) -> tuple[Path, str, Damage]:
    """A copy with one of its files damaged: where it is, in words, and what was done."""
    folder.mkdir()
    copy = folder / subject.source.name
    if subject.source.is_dir():
        shutil.copytree(subject.source, copy)
        inside = sorted(path for path in (copy / subject.inside).rglob("*") if path.is_file())
        victim = draw.choice(inside)
    else:
        shutil.copy(subject.source, copy)
        victim = copy
    done = damage(victim, files, draw)
    path = copy if subject.source.is_dir() else done.victim
    return path, f"{subject.name}: {victim.relative_to(folder)}: {done.how}", done


def _tell(answers: int, message: dict[str, Any]) -> None:
    os.write(answers, json.dumps(message).encode() + b"\n")


def _data_bytes() -> int:
    """What the limit on data counts of this process so far, at least."""
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[5]) * resource.getpagesize()
