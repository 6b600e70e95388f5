"""Training, walking and turning pages for as long as there is time, and what that costs in memory.

Private memory is what the process has for itself; files that are mapped into it, such as libraries, weights
and decoded images, are told apart: the system takes them back when it wants to. Growth is the slope of a
straight line through what was measured after a warm-up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.attack.quits import ENDED, complaints
from benchmarks.attack.report import Budget, Report, scratch_folder

MOST_PER_HOUR = 10.0
"""MB of private memory."""
NOISE = 4.0
"""MB by which the allocator moves anyway: what a short soak is judged by."""
_WARM_UP, _SHORTEST_WARM_UP = 0.25, 600.0
_JUDGED = 600.0
"""Seconds of measuring below which nothing can be said of growth. What Explore keeps is full in two minutes,
what the allocator keeps, in small pieces on several threads, in ten."""
_STARTS = 60.0


def attack(budget: Budget) -> Report:
    """One program for ``seconds``."""
    report = Report("soak", budget, ("growth", "complaint", "hang", "crash"), tried=1)
    with scratch_folder() as scratch:
        samples, said = scratch / "samples", scratch / "said"
        home = {f"XDG_{name}_HOME": str(scratch / name.lower()) for name in ("CONFIG", "DATA", "CACHE")}
        environment = os.environ | home | {"QT_QPA_PLATFORM": "offscreen"}
        program = [sys.executable, "-m", "benchmarks.attack.soak_program"]
        arguments = [str(scratch), str(budget.seed), repr(budget.seconds)]
        with said.open("wb") as out:
            process = subprocess.Popen([*program, *arguments], env=environment, stdout=out, stderr=out)
            try:
                status = process.wait(_STARTS + budget.seconds + ENDED)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                report.found("hang", 0, "it does not end", said.read_text(errors="replace"))
                return report
        words = said.read_text(errors="replace")
        if status != 0:
            report.found("crash", 0, f"it ended with {status}", words)
            return report
        if lines := complaints(words):
            report.found("complaint", 0, lines[0], words)
        elif not samples.exists():
            report.found("crash", 0, "it did no work", words)
        else:
            _judge(report, samples)
    return report


def _judge(report: Report, samples: Path) -> None:
    records = [json.loads(line) for line in samples.read_text().splitlines()]
    began, ended = records[0]["time"], records[-1]["time"]
    warm = began + max(_WARM_UP * (ended - began), min(_SHORTEST_WARM_UP, 0.5 * (ended - began)))
    records = [record for record in records if record["time"] >= warm]
    hours = (ended - warm) / 3600
    growth = {name: _slope(records, name) for name in ("private", "mapped")}
    report.figures |= {
        "minutes measured": round(60 * hours, 1),
        "growth judged": ended - warm >= _JUDGED,
        "private MB": [round(records[index]["private"], 1) for index in (0, -1)],
        "mapped MB": [round(records[index]["mapped"], 1) for index in (0, -1)],
        "private MB/h": round(growth["private"], 1),
        "mapped MB/h": round(growth["mapped"], 1),
        "walks": records[-1]["walks"],
        "pages": records[-1]["pages"],
        "steps": records[-1]["steps"],
    }
    if ended - warm >= _JUDGED and growth["private"] * hours > max(MOST_PER_HOUR * hours, NOISE):
        report.found("growth", 0, f"{growth['private']:.1f} MB/h of private memory")


def _slope(records: list[dict[str, float]], name: str) -> float:
    """MB an hour, by least squares; what a busy machine could measure but once has not grown."""
    if len(records) < 2:
        return 0.0
    hours = np.array([record["time"] for record in records]) / 3600
    return float(np.polyfit(hours - hours[0], [record[name] for record in records], 1)[0])
