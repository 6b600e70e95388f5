"""Quitting at random moments and in hard situations: no hang, no crash, no complaint, and the run is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SITUATIONS = 14
"""Of `benchmarks.attack.leaving_program`, each in one way; `make attack` has them in both."""


def attack(name: str, count: int) -> dict[str, Any]:
    """What it found, which must be nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.attack", name, "--count", str(count)],
        capture_output=True,
        text=True,
        timeout=840,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)[name]
    assert found["tried"] == count
    return found


LEFT_IN_QT = """
import sys
import jnn_studio.app.main
from PySide6.QtCore import QMimeData, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

made = QApplication.__init__

def init(self, *arguments):
    made(self, *arguments)
    QTimer.singleShot(0, leave)

def leave():
    # The offscreen platform destroys it after Python has ended.
    QGuiApplication.clipboard().setMimeData(QMimeData())
    next(w for w in QApplication.topLevelWidgets() if w.objectName() == "main_window").close()

QApplication.__init__ = init
sys.exit(jnn_studio.app.main.run())
"""


def test_what_qt_keeps_beyond_the_end_of_python_does_no_harm(tmp_path: Path) -> None:
    home = {f"XDG_{name}_HOME": str(tmp_path) for name in ("CONFIG", "DATA", "CACHE")}
    done = subprocess.run(
        [sys.executable, "-c", LEFT_IN_QT],
        env=os.environ | home | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(900)
def test_quitting_at_random_moments_ends_cleanly_and_keeps_the_run() -> None:
    found = attack("quits", 16)
    assert found["runs kept"] >= 4, "the second round's moments fall into the training itself"


@pytest.mark.timeout(900)
def test_the_program_ends_whatever_is_open_or_broken() -> None:
    assert attack("leaving", SITUATIONS)["runs kept"] == 3
