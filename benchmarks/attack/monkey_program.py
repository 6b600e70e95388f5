"""The program with a monkey in it: ``python -m benchmarks.attack.monkey_program FOLDER SEED SECONDS``."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import Any

import torch  # noqa: F401  (before Qt, as in the program)
from PySide6.QtCore import QTimer
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QPushButton

import jnn_studio.app.main
from benchmarks.attack.monkey_moves import Monkey

PAUSE_MS = 15
FEWEST = 12
"""Moves, however busy the machine is."""


def main(folder: Path, seed: str, seconds: float) -> int:
    """Play for so many seconds and at least `FEWEST` moves, then ask to end; the program's exit status."""
    draw = random.Random(seed)
    done = (folder / "moves").open("w", encoding="utf-8", buffering=1, errors="replace")
    monkey = Monkey(draw, folder / "things", done)
    made = QApplication.__init__
    until = [0.0]
    left = iter(range(FEWEST))

    def move() -> None:
        # A chain of single shots: it goes on in the event loops that a move may begin.
        if not _windows():
            return  # it has found a way out
        if next(left, None) is not None or time.monotonic() < until[0]:
            QTimer.singleShot(PAUSE_MS, move)
            monkey.move()
        else:
            leave()

    def begin() -> None:
        until[0] = time.monotonic() + seconds
        window = _windows()[0]
        window.settings.setValue("runs_folder", str(folder / "home" / "runs"))
        move()

    def leave() -> None:
        done.write("asked to end\n")
        if draw.random() < 0.5:
            _windows()[0].stop_and_quit()
            return
        _windows()[0].close()
        button = (
            _windows()[0].findChild(QPushButton, draw.choice(["quit_stop", "quit_discard"]))
            if _windows()
            else None
        )
        if button is not None:
            button.click()

    def initialised(self: QApplication, *arguments: Any) -> None:
        made(self, *arguments)
        QTimer.singleShot(1500, begin)

    # It would start programs that are none of its business.
    QDesktopServices.openUrl = staticmethod(lambda url: True)  # type: ignore[method-assign]
    QApplication.__init__ = initialised  # type: ignore[method-assign, assignment]
    return jnn_studio.app.main.run()


def _windows() -> list[Any]:
    return [w for w in QApplication.topLevelWidgets() if w.objectName() == "main_window" and w.isVisible()]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
