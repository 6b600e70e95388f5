"""How quickly the window answers: ``python -m benchmarks.interaction`` prints JSON.

- start: from a fresh process's beginning to the first painted pair of images, warm file cache;
- slider: from a change of a slider to both moved images painted, idle and while a pair trains on the CPU;
- base: from the choice of another image to the pair painted there, and from the first movement of a slider
  right after it (before anything could be measured ahead) to its picture;
- timer: intervals of a 10 ms timer on the interface's thread, idle, while training with Explore in front,
  and while training with Train's live plots in front.

Budgets (milliseconds): start ≤ 1800; slider p95 ≤ 8 and p99 ≤ 10 idle, p95 ≤ 12 training; base ≤ 80; timer
while training p99 ≤ 30, max ≤ 150.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.window_settings import settings_in
from benchmarks.window_waits import settle

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

START = """
import gc, sys, time
from pathlib import Path
from benchmarks.window_settings import settings_in
from jnn_studio.training.device import leave_a_core_free
gc.disable()  # as the program itself does
leave_a_core_free()
from PySide6.QtWidgets import QApplication
application = QApplication([])
from jnn_studio.app.window import MainWindow
window = MainWindow(settings_in(Path(sys.argv[2])))
def painted(number):
    print(1000 * (time.monotonic() - float(sys.argv[1])), flush=True)
    window.close()
window.workspace("Explore").panes.painted.connect(painted)
window.left.connect(application.exit)
window.show()
application.exec()
window.shutdown()
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=300, help="slider changes timed in each condition")
    parser.add_argument("--starts", type=int, default=5, help="fresh processes started")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = {"start_ms": start_times(arguments.starts, Path(scratch))}
        result |= Session(Path(scratch)).measure(arguments.moves)
    print(json.dumps(result, indent=2))


def start_times(count: int, scratch: Path) -> dict[str, Any]:
    """Milliseconds from process start to first frame; the first process warms the file cache."""
    found = []
    for number in range(count + 1):
        command = [sys.executable, "-c", START, repr(time.monotonic()), str(scratch / f"start-{number}")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        found.append(float(done.stdout.split()[0]))
    return {"median": round(float(np.median(found[1:]))), "all": [round(value) for value in found[1:]]}


class Session:
    """One window, measured idle and then while it trains."""

    def __init__(self, scratch: Path) -> None:
        from PySide6.QtWidgets import QApplication

        from jnn_studio.app.window import MainWindow
        from jnn_studio.training.device import leave_a_core_free

        leave_a_core_free()
        self._scratch = scratch
        self._application = QApplication([])
        self._window = MainWindow(settings_in(scratch))
        self._window.show()
        self._explore: Any = self._window.workspace("Explore")
        self._wait(lambda: self._explore.desk.scene is not None, 60)
        self._wait(lambda: self._window.stack.count() == len(self._window._specs), 60)
        settle(2.0)

    def measure(self, moves: int) -> dict[str, Any]:
        """All conditions in turn; closes the window at the end."""
        from jnn_studio.training.configuration.presets import load_preset
        from jnn_studio.training.step.commands import Command

        result: dict[str, Any] = {
            "slider_idle_ms": self._slider(moves),
            **self._base(moves // 10),
            "timer_idle_ms": self._timer(5.0),
        }
        context = self._window.context
        feed = context.start_run(load_preset("faces-quick"), self._scratch / "run")
        self._wait(feed.metrics.take, 120)
        settle(2.0)
        result["slider_training_ms"] = self._slider(moves)
        result["timer_training_explore_ms"] = self._timer(10.0)
        self._window.show_workspace("Train")
        settle(2.0)
        result["timer_training_train_ms"] = self._timer(10.0)
        ended: list[Any] = []
        context.run_ended.connect(lambda *_: ended.append(True))
        context.training.send(Command.DISCARD)
        self._wait(lambda: bool(ended), 60)
        self._window.close()
        self._window.shutdown()
        return result

    def _base(self, images: int) -> dict[str, Any]:
        """Another image → painted, and the first movement after it."""
        from jnn_studio.explore.state import SourceImage

        desk, slider = self._explore.desk, self._explore.directions.sliders[0].slider
        base, first = [], []
        for index in range(1, images + 1):
            slider.setValue(0)
            settle(0.4)
            base.append(self._painted(partial(desk.select, SourceImage(index=index))))
            first.append(self._painted(partial(slider.setValue, slider.maximum() // 2)))
        return {"base_idle_ms": _summary(base), "first_move_idle_ms": _summary(first)}

    def _painted(self, act: Callable[[], object]) -> float:
        """Milliseconds from an act to its picture."""
        painted: list[int] = []
        self._explore.panes.painted.connect(painted.append)
        # A reply to what was before may still be under way: wait for a picture newer than any so far.
        known = self._explore._sequence
        begin = time.perf_counter()
        act()
        self._wait(partial(_newer, painted, known), 10)
        took = 1000 * (time.perf_counter() - begin)
        self._explore.panes.painted.disconnect(painted.append)
        return took

    def _slider(self, moves: int) -> dict[str, float]:
        """Change → painted, for random values of random sliders at random moments."""
        sliders = self._explore.directions.sliders
        choose = random.Random(0)
        found = []
        for _ in range(moves):
            settle(choose.uniform(0.005, 0.04))
            slider = choose.choice(sliders).slider
            target = choose.randint(slider.minimum(), slider.maximum())
            if target == slider.value():
                continue  # no change, so nothing to wait for
            found.append(self._painted(partial(slider.setValue, target)))
        return _summary(found)

    def _timer(self, seconds: float) -> dict[str, float]:
        from PySide6.QtCore import Qt, QTimer

        stamps: list[float] = []
        timer = QTimer(interval=10, timerType=Qt.TimerType.PreciseTimer)
        timer.timeout.connect(lambda: stamps.append(time.perf_counter()))
        timer.start()
        settle(seconds)
        timer.stop()
        return _summary((1000 * np.diff(stamps)).tolist())

    def _wait(self, condition: Callable[[], object], seconds: float) -> None:
        from PySide6.QtCore import QEventLoop

        # Asleep until something happens, as in the program itself: a loop that spins takes a core, and its
        # turns of the interpreter, from the thread it waits for. The window's timer always happens again.
        flags = QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("the window did not answer")
            self._application.processEvents(flags)


def _newer(painted: list[int], known: int) -> bool:
    return bool(painted) and painted[-1] > known


def _summary(values: list[float]) -> dict[str, float]:
    return {
        "median": round(float(np.median(values)), 2),
        "p95": round(float(np.percentile(values, 95)), 2),
        "p99": round(float(np.percentile(values, 99)), 2),
        "max": round(max(values), 2),
        "count": len(values),
    }


if __name__ == "__main__":
    main()
