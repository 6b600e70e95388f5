"""The program asked to end in every way at random moments: it ends, says nothing, and keeps the run."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from functools import partial
from pathlib import Path

from PIL import Image

from benchmarks.attack.forked import fork, one_thread, wait_for
from benchmarks.attack.report import Budget, Report, scratch_folder
from jnn_studio.training.folder.run_folder import RunFolder

ENDED = 120.0
"""Seconds after which a program that was asked to end hangs."""
_PHOTOS = 2000


def attack(budget: Budget) -> Report:
    """A forked program a case; one process has imported everything."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    one_thread()
    from benchmarks.attack.quit_program import program, way_of

    report = Report("quits", budget, ("hang", "crash", "lost", "complaint"))
    kept: Counter[str] = Counter()
    with scratch_folder() as scratch:
        photos = _many_photos(scratch / "photos")
        for number in budget.numbers:
            folder = scratch / f"quit-{number}"
            folder.mkdir()
            said = folder / "said"
            child = fork(partial(program, budget.seed, number, folder, photos), said)
            status = wait_for(child, ENDED)
            report.tried += 1
            words, way = said.read_text(errors="replace"), way_of(number)
            if status == -signal.SIGABRT:
                report.found("hang", number, f"{way}: not ended after {ENDED:g} s", words)
            elif status != 0:
                report.found("crash", number, f"{way}: ended with {status}", words)
            elif lines := complaints(words):
                report.found("complaint", number, f"{way}: {lines[0]}", words)
            elif lost := _lost(folder / "run", way):
                report.found("lost", number, f"{way}: {lost}", words)
            else:
                kept[way] += (folder / "run").exists()
                shutil.rmtree(folder)
        report.figures["runs kept"] = sum(kept.values())
    return report


def complaints(words: str) -> list[str]:
    """What a program said that has nothing to say, but for what Qt says where there is no desktop."""
    return [
        line
        for line in words.splitlines()
        if line.strip() and "This plugin does not support" not in line and "dbus" not in line.lower()
    ]


def _lost(run: Path, way: str) -> str:
    from benchmarks.attack.quit_program import TRAINING

    if way == "discard":
        return "a discarded run is still there" if run.exists() else ""
    return unkept(run) if way in TRAINING and run.exists() else ""


def unkept(run: Path) -> str:
    """What a run that was stopped and saved lacks; nothing if it was."""
    folder = RunFolder.open(run)
    state = folder.state().state
    if state != "stopped":
        return f"its run says that it is {state}"
    return "" if folder.latest_checkpoint() is not None else "its run has no checkpoint"


def _many_photos(folder: Path) -> Path:
    folder.mkdir()
    Image.new("RGB", (300, 200), "teal").save(folder / "0.png")
    for number in range(1, _PHOTOS):
        os.link(folder / "0.png", folder / f"{number}.png")
    return folder
