"""Quitting at random moments: no hang, no crash, no complaint from Qt, and the run is kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from jnn_studio.training.run_folder import RunFolder

QUITS = 12

# One process imports everything once and forks a program for each quit: real processes, real signals.
PROGRAM = r"""
import os, random, signal, sys, time
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
import torch
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QPushButton
import jnn_studio.app.main, jnn_studio.app.window
import jnn_studio.app.workspaces.explore, jnn_studio.app.workspaces.train
import jnn_studio.training.running
from jnn_studio.data.config import FolderConfig
from jnn_studio.training.config_file import validate_config

scratch, quits = Path(sys.argv[1]), int(sys.argv[2])
config = validate_config(
    {
        "name": "quick",
        "data": {"kind": "faces", "count": 1024},
        "model": {"size": 32, "dct": 16, "hidden": 64, "latent": 16},
        "schedule": {"steps": 1_000_000, "batch_size": 16},
        "logging": {"spectrum_every": 5, "preview_every": 5, "checkpoint_every": 40},
    },
    "test",
)


TRAINING = ("SIGTERM", "SIGINT", "stop")


def window_of():
    return next(w for w in QApplication.topLevelWidgets() if w.objectName() == "main_window")


def program(number):
    choose = random.Random(number)
    folder = scratch / f"quit-{number}"
    os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CACHE_HOME"] = str(folder / "home")
    way = ("SIGTERM", "SIGINT", "stop", "discard", "idle", "loading")[number % 6]
    moment = choose.randint(0, 150 if way == "loading" else 3000)

    def begin():
        window = window_of()
        window.show_workspace(choose.choice(["Explore", "Train"]))
        if way == "loading":
            window.workspace("Explore").desk.open_source(FolderConfig(path=scratch / "photos"))
        elif way != "idle":
            feed = window.context.start_run(config, folder / "run")
            if choose.random() < 0.5:
                window.workspace("Explore").desk.live.follow(feed)
        window.workspace("Explore").desk.set_amount(0, 0.05)
        if way in TRAINING and number >= 6:
            once_it_trains()
        else:
            QTimer.singleShot(moment, end)

    def once_it_trains():
        # However slow the machine is, these quits fall into the training itself.
        begun = (folder / "run" / "metrics.jsonl").exists()
        QTimer.singleShot(moment if begun else 20, end if begun else once_it_trains)

    def end():
        window = window_of()
        if way.startswith("SIG"):
            os.kill(os.getpid(), getattr(signal, way))
            return
        window.close()
        if way in ("stop", "discard") and window.context.training.feed is not None:
            window.findChild(QPushButton, f"quit_{way}").click()

    # The application does not exist yet; the first pass of its event loop finds this waiting.
    make = QApplication.__init__

    def made(self, *arguments):
        make(self, *arguments)
        QTimer.singleShot(choose.randint(0, 400), begin)

    QApplication.__init__ = made
    return jnn_studio.app.main.run()


for number in range(quits):
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = program(number)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    deadline = time.monotonic() + 60
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGABRT)  # faulthandler then says where it hangs
            os.waitpid(child, 0)
            sys.exit(f"quit {number} hangs")
        time.sleep(0.01)
    if status != 0:
        sys.exit(f"quit {number} ended with status {status}")
"""


@pytest.mark.timeout(600)
def test_quitting_at_random_moments_ends_cleanly_and_keeps_the_run(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "photos" / "0.png")
    for number in range(1, 2000):
        shutil.copy(tmp_path / "photos" / "0.png", tmp_path / "photos" / f"{number}.png")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), str(QUITS)],
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    complaints = [
        line
        for line in done.stderr.splitlines()
        if "This plugin does not support" not in line and "dbus" not in line.lower()
    ]
    assert complaints == []
    kept = 0
    for number in range(QUITS):
        run = tmp_path / f"quit-{number}" / "run"
        way = number % 6
        if way in (0, 1, 2) and run.exists():
            folder = RunFolder.open(run)
            assert folder.state().state == "stopped", f"quit {number}"
            assert folder.latest_checkpoint() is not None
            kept += 1
        if way == 3:
            assert not run.exists(), f"quit {number} discarded its run"
    assert kept >= 3, "the second round's moments fall into the training itself"
