"""The program asked to end in situations that make it hard: it ends, says nothing, and keeps the run."""

from __future__ import annotations

import os
import signal
from functools import partial

from benchmarks.attack.forked import fork, one_thread, wait_for
from benchmarks.attack.quits import ENDED, complaints, unkept
from benchmarks.attack.report import Budget, Report, scratch_folder


def attack(budget: Budget) -> Report:
    """A forked program a case; one process has imported everything."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    one_thread()
    from benchmarks.attack.leaving_program import SAYS, TRAINING, case, program

    report = Report("leaving", budget, ("hang", "crash", "lost", "complaint"))
    runs = 0
    with scratch_folder() as scratch:
        for number in budget.numbers:
            folder = scratch / f"leaving-{number}"
            folder.mkdir()
            said = folder / "said"
            status = wait_for(fork(partial(program, number, folder), said), ENDED)
            report.tried += 1
            words = said.read_text(errors="replace")
            situation, way = case(number)
            name = f"{situation}, {way}"
            if status == -signal.SIGABRT:
                report.found("hang", number, f"{name}: not ended after {ENDED:g} s", words)
            elif status != 0:
                report.found("crash", number, f"{name}: ended with {status}", words)
            elif situation not in SAYS and (lines := complaints(words)):
                report.found("complaint", number, f"{name}: {lines[0]}", words)
            elif situation in TRAINING:
                if lost := unkept(folder / "run"):
                    report.found("lost", number, f"{name}: {lost}", words)
                else:
                    runs += 1
    report.figures["runs kept"] = runs
    return report
