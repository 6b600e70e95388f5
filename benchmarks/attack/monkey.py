"""A monkey at the window: it clicks, types, wheels, drags and drops on whatever there is, then leaves.

Every case is a program of its own that is played with for at most `LIFE` seconds. It fails if an exception
was caught by nobody, if Qt complains, if it crashes, or if it does not end when it is asked to.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.attack.forked import one_thread
from benchmarks.attack.material import make_material
from benchmarks.attack.quits import ENDED, complaints
from benchmarks.attack.report import Budget, Report, scratch_folder

LIFE = 60.0
_STARTS = 30.0
_GRACE = 60.0
"""How much later than it should a busy machine may let a program ask itself to end."""


def attack(budget: Budget) -> Report:
    """Programs, one after the other, for ``seconds`` in all, or ``count`` of them."""
    report = Report("monkey", budget, ("traceback", "complaint", "hang", "crash"))
    one_thread()
    screen = _screen()
    report.figures["screen"] = "virtual" if screen else "offscreen"
    moves = 0
    with scratch_folder() as scratch:
        material = make_material(scratch / "material")
        end = time.monotonic() + budget.seconds
        number = budget.first
        while number < budget.first + budget.count or (not budget.count and time.monotonic() < end):
            life = min(LIFE, budget.seconds or LIFE)
            folder = scratch / f"monkey-{number}"
            folder.mkdir()
            shutil.copytree(material.root, folder / "things")
            moves += _play(report, number, life, folder, screen)
            shutil.rmtree(folder)
            number += 1
    report.figures["moves"] = moves
    return report


def _play(report: Report, number: int, life: float, folder: Path, screen: list[str]) -> int:
    """One program; how many moves were made."""
    report.tried += 1
    home = {f"XDG_{name}_HOME": str(folder / "home" / name.lower()) for name in ("CONFIG", "DATA", "CACHE")}
    environment = os.environ | home | {"HOME": str(folder / "home")}
    if not screen:
        environment |= {"QT_QPA_PLATFORM": "offscreen"}
    else:
        environment.pop("QT_QPA_PLATFORM", None)
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(Path.cwd()), os.environ.get("PYTHONPATH", "")))
    )
    said = folder / "said"
    program = [sys.executable, "-m", "benchmarks.attack.monkey_program"]
    arguments = [str(folder), f"{report.budget.seed} {number}", repr(life)]
    with said.open("wb") as out:
        process = subprocess.Popen(
            [*screen, *program, *arguments],
            env=environment,
            cwd=_made(folder / "home"),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            status = process.wait(_STARTS + life + _GRACE + ENDED)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGABRT)  # faulthandler then says where it hangs
            process.wait()
            status = -signal.SIGABRT
    words = said.read_text(errors="replace")
    done = (folder / "moves").read_text(errors="replace").splitlines() if (folder / "moves").exists() else []
    told = "\n".join(line for line in words.splitlines() if not line.startswith("Extension modules:"))
    details = told + "\nits last moves:\n" + "\n".join(done[-12:])
    # QTest's own, of a widget that is disabled or hidden by the event itself.
    lines = [line for line in complaints(words) if "not accepted by receiving widget" not in line]
    if status == -signal.SIGABRT:
        report.found("hang", number, "it does not end when it is asked to", details)
    elif status != 0:
        report.found("crash", number, f"it ended with {status}", details)
    elif "Traceback (most recent call last)" in words:
        report.found("traceback", number, lines[-1], details)
    elif lines:
        report.found("complaint", number, lines[0], details)
    return len(done)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _screen() -> list[str]:
    """What to start a program with so that it has a screen of its own; nothing: offscreen."""
    if shutil.which("xvfb-run") is None:
        return []
    return ["xvfb-run", "-a", "-s", "-screen 0 1280x800x24"]
