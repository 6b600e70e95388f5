"""The whole program with a window, which does something and is asked to end at a random moment."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QPushButton

# The processes are not to import these again.
import jnn_studio.app.main
import jnn_studio.app.window
import jnn_studio.app.workspaces.explore
import jnn_studio.app.workspaces.train
import jnn_studio.training.running
from jnn_studio.data.config import FolderConfig
from jnn_studio.training.configuration.config_file import validate_config

TRAINING = ("SIGTERM", "SIGINT", "stop", "SIGHUP")
"""Ways that end a run under way and keep it."""
WAYS = ("SIGTERM", "SIGINT", "stop", "discard", "idle", "loading", "SIGHUP", "dialog")
_CONFIG = validate_config(
    {
        "name": "quick",
        "data": {"kind": "faces", "count": 1024},
        "model": {"size": 32, "dct": 16, "hidden": 64, "latent": 16},
        "schedule": {"steps": 1_000_000, "batch_size": 16},
        "logging": {"spectrum_every": 5, "preview_every": 5, "checkpoint_every": 40},
    },
    "quick",
)


def way_of(number: int) -> str:
    """How the ``number``-th quit is asked for."""
    return WAYS[number % len(WAYS)]


def falls_into_training(number: int) -> bool:
    """Whether it waits until the run trains, however slow the machine is."""
    return way_of(number) in TRAINING and number % (2 * len(WAYS)) >= len(WAYS)


def program(seed: int, number: int, folder: Path, photos: Path) -> int:
    """Live in ``folder`` until asked to end; the program's exit status. Never returns to a used Qt."""
    choose = random.Random(f"{seed} {number}")
    for name in ("CONFIG", "CACHE", "DATA"):
        os.environ[f"XDG_{name}_HOME"] = str(folder / "home")
    way = way_of(number)
    moment = choose.randint(0, 150 if way == "loading" else 3000)

    def begin() -> None:
        window = _window()
        window.show_workspace(choose.choice(["Explore", "Train"]))
        desk = window.workspace("Explore").desk
        if way == "loading":
            desk.open_source(FolderConfig(path=photos))
        elif way in (*TRAINING, "discard"):
            feed = window.context.start_run(_CONFIG, folder / "run")
            if choose.random() < 0.5:
                desk.live.follow(feed)
        elif way == "dialog":
            window.findChild(object, choose.choice(["action_about", "action_command_palette"])).trigger()
        desk.set_amount(0, 0.05)
        if falls_into_training(number):
            once_it_trains()
        else:
            QTimer.singleShot(moment, end)

    def once_it_trains() -> None:
        begun = (folder / "run" / "metrics.jsonl").exists()
        QTimer.singleShot(moment if begun else 20, end if begun else once_it_trains)

    def end() -> None:
        window = _window()
        if way.startswith("SIG"):
            os.kill(os.getpid(), getattr(signal, way))
            return
        window.close()
        if way in ("stop", "discard") and window.context.training.feed is not None:
            window.findChild(QPushButton, f"quit_{way}").click()

    # The application does not exist yet; the first pass of its event loop finds this waiting.
    make = QApplication.__init__

    def made(self: QApplication, *arguments: Any) -> None:
        make(self, *arguments)
        QTimer.singleShot(choose.randint(0, 400), begin)

    QApplication.__init__ = made  # type: ignore[method-assign, assignment]
    return jnn_studio.app.main.run()


def _window() -> Any:
    return next(w for w in QApplication.topLevelWidgets() if w.objectName() == "main_window")
