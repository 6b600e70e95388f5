"""The program at work for long: ``python -m benchmarks.attack.soak_program FOLDER SEED SECONDS``."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import torch  # noqa: F401  (before Qt, as in the program)
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

import jnn_studio.app.main
from jnn_studio.explore.state import SourceImage
from jnn_studio.training.configuration.config_file import validate_config

WALK_MS, PAGE_MS, SAMPLE_MS = 50, 3_000, 1_000
DRAG, IMAGES = 40, 30
"""A new image every two seconds; more than Explore keeps, so that what it keeps is full in a minute."""
_CONFIG = validate_config(
    {
        "name": "soak",
        "data": {"kind": "faces", "count": 1024},
        "model": {"size": 32, "dct": 16, "hidden": 64, "latent": 16},
        "schedule": {"steps": 9_999_999, "batch_size": 16},
        "logging": {
            "metrics_every": 20,
            "spectrum_every": 100,
            "preview_every": 500,
            "checkpoint_every": 500,
        },
    },
    "soak",
)


class _Work:
    """What is done in turn, and counted."""

    def __init__(self, window: Any, draw: random.Random, samples: Path) -> None:
        self._window, self._draw, self._samples = window, draw, samples
        self._walks = self._pages = 0
        self._feed = window.context.start_run(_CONFIG, samples.with_name("run"))

    def walk(self) -> None:
        """Drag one of Explore's sliders, then go to the next image."""
        desk = self._window.workspace("Explore").desk
        number, position = divmod(self._walks, DRAG)
        self._walks += 1
        if position == 0:
            desk.select(SourceImage(index=number % IMAGES))
        else:
            desk.set_amount(number % 4, self._draw.uniform(-0.1, 0.1))

    def turn(self) -> None:
        """The next page."""
        specs = self._window._specs
        self._window.show_workspace(specs[self._pages % len(specs)].title)
        self._pages += 1

    def sample(self) -> None:
        """A line of what there is of memory."""
        memory = _memory()
        folder = self._feed.path
        record = {
            "time": time.monotonic(),
            "private": memory["RssAnon"] + memory.get("VmSwap", 0.0),
            "mapped": memory["RssFile"] + memory["RssShmem"],
            "walks": self._walks,
            "pages": self._pages,
            "steps": _steps(folder),
        }
        with self._samples.open("a") as file:
            file.write(json.dumps(record) + "\n")


def main(folder: Path, seed: str, seconds: float) -> int:
    """Work for so many seconds, then stop, save and end; the program's exit status."""
    made = QApplication.__init__
    timers: list[QTimer] = []
    works: list[_Work] = []  # a signal does not keep whose method it calls

    def begin() -> None:
        window = next(w for w in QApplication.topLevelWidgets() if w.objectName() == "main_window")
        work = _Work(window, random.Random(seed), folder / "samples")
        works.append(work)
        for interval, call in ((WALK_MS, work.walk), (PAGE_MS, work.turn), (SAMPLE_MS, work.sample)):
            timer = QTimer(window, interval=interval)
            timer.timeout.connect(call)
            timer.start()
            timers.append(timer)
        QTimer.singleShot(round(1000 * seconds), lambda: end(window))

    def end(window: Any) -> None:
        for timer in timers:
            timer.stop()
        works[0].sample()
        window.stop_and_quit()

    def initialised(self: QApplication, *arguments: Any) -> None:
        made(self, *arguments)
        QTimer.singleShot(3_000, begin)

    QApplication.__init__ = initialised  # type: ignore[method-assign, assignment]
    return jnn_studio.app.main.run()


def _memory() -> dict[str, float]:
    """What the system says of this process, in MB."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) / 1024 for words in lines if words[-1:] == ["kB"]}


def _steps(run: Path) -> int:
    """How far the run has got, by the last line of its log."""
    log = run / "metrics.jsonl"
    if not log.exists():
        return 0
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().splitlines()
    return int(json.loads(lines[-2])["step"]) if len(lines) > 2 else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
