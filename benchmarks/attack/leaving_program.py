"""The whole program with a window, in a situation that makes it hard to end, and asked to end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QInputDialog, QMenu, QMessageBox, QPushButton

# The processes are not to import these again.
import jnn_studio.app.engine.training
import jnn_studio.app.main
import jnn_studio.app.window
import jnn_studio.app.workspaces.explore
import jnn_studio.app.workspaces.train
from jnn_studio.app.file_dialogs import ask_file
from jnn_studio.app.workspaces.explore.export.figure import ExportFigureDialog
from jnn_studio.training.configuration.config_file import validate_config

WAYS = ("SIGTERM", "closed")
TRAINING = ("trains", "asked", "late start")
"""Situations with a run that is to be kept."""
SETTLE_MS = 400
_CONFIG = validate_config(
    {
        "name": "endless",
        "data": {"kind": "faces", "count": 64},
        "model": {"size": 16, "dct": 8, "hidden": 16, "latent": 8},
        "schedule": {"steps": 9_999_999, "batch_size": 8, "held_out": 8},
    },
    "endless",
)

Situation = Callable[[Any, Path], None]


class _Stuck:
    """A renderer that never comes to an end, and does not look whether it should."""

    def render(self, *_: object) -> None:
        time.sleep(600)

    scene = sheet = render


def _export(window: Any, folder: Path) -> None:
    desk = window.workspace("Explore").desk
    stuck: Any = _Stuck
    dialog = ExportFigureDialog(desk.context, desk.state, stuck, window.workspace("Explore"))
    dialog.show()
    dialog.path.setText(str(folder / "figure.png"))
    dialog.export.click()
    assert dialog._running


def _no_escape(window: Any, folder: Path) -> None:
    box = QMessageBox(window)  # one that cannot be closed but by an answer
    box.addButton("One", QMessageBox.ButtonRole.AcceptRole)
    box.addButton("Other", QMessageBox.ButtonRole.AcceptRole)
    box.open()


def _file_dialog(window: Any, folder: Path) -> None:
    ask_file(window, "Open", "All (*)", lambda path: None, folder)


def _nested_dialog(window: Any, folder: Path) -> None:
    # Its `exec` is a loop inside the program's own.
    QTimer.singleShot(0, window, lambda: QInputDialog.getText(window, "Name", "Name"))


def _nested_menu(window: Any, folder: Path) -> None:
    menu = QMenu(window)
    menu.addAction("Nothing")
    QTimer.singleShot(0, window, lambda: menu.exec(QPoint(10, 10)))


def _broken_page(window: Any, folder: Path) -> None:
    def broken(settings: object) -> NoReturn:
        raise RuntimeError("a bug in a page")

    window.workspace("Train").save_state = broken


def _broken_end(window: Any, folder: Path) -> None:
    def broken() -> NoReturn:
        raise RuntimeError("a bug at the end")

    window.context.at_close(broken)


def _hidden(window: Any, folder: Path) -> None:
    window.hide()


def _floating(window: Any, folder: Path) -> None:
    window.show_workspace("Explore")
    for dock in window.workspace("Explore").findChildren(QDockWidget):
        dock.setFloating(True)
        dock.show()


def _stuck_workers(window: Any, folder: Path) -> None:
    # Six threads that hear nothing: they are waited for together, not one after the other.
    for number in range(6):
        worker = window.context.new_worker(f"stuck {number}")
        worker.request(window, "k", lambda _: time.sleep(600), print, print)


def _trains(window: Any, folder: Path) -> None:
    window.context.start_run(_CONFIG, folder / "run")


def _asked(window: Any, folder: Path) -> None:
    _trains(window, folder)

    def ask() -> None:
        if (folder / "run" / "metrics.jsonl").exists():
            window.close()
            assert window.findChild(QMessageBox, "quit_box") is not None
        else:
            QTimer.singleShot(20, window, ask)

    ask()


def _broken_run(window: Any, folder: Path) -> None:
    # The training thread must outlive whatever a run throws at it.
    def broken(*_: object) -> NoReturn:
        raise SystemExit("a kind of run that ends the process")

    vars(jnn_studio.app.engine.training)["start_run"] = broken
    _trains(window, folder)


def _late_start(window: Any, folder: Path) -> None:
    # A run that begins when the program is already on its way out.
    _trains(window, folder)
    window.context.run_ended.connect(lambda *_: window.context.start_run(_CONFIG, folder / "late"))


SITUATIONS: Mapping[str, Situation] = {
    "export": _export,
    "no escape": _no_escape,
    "file dialog": _file_dialog,
    "nested dialog": _nested_dialog,
    "nested menu": _nested_menu,
    "floating": _floating,
    "hidden": _hidden,
    "broken page": _broken_page,
    "broken end": _broken_end,
    "stuck workers": _stuck_workers,
    "trains": _trains,
    "asked": _asked,
    "broken run": _broken_run,
    "late start": _late_start,
}
SAYS = ("broken page", "broken end", "broken run")
"""Situations in which the program has something to complain of."""


def case(number: int) -> tuple[str, str]:
    """Situation and way: all situations, one way after the other; then all the other way round."""
    names = tuple(SITUATIONS)
    return names[number % len(names)], WAYS[(number + number // len(names)) % len(WAYS)]


def program(number: int, folder: Path) -> int:
    """Live in ``folder`` until asked to end; the program's exit status. Never returns to a used Qt."""
    for name in ("CONFIG", "CACHE", "DATA"):
        os.environ[f"XDG_{name}_HOME"] = str(folder / "home")
    situation, way = case(number)

    def begin() -> None:
        window = _window()
        if window.workspace("Explore").desk.scene is None:
            QTimer.singleShot(20, begin)
            return
        SITUATIONS[situation](window, folder)
        QTimer.singleShot(SETTLE_MS, end)

    def end() -> None:
        if situation in TRAINING and not (folder / "run" / "metrics.jsonl").exists():
            QTimer.singleShot(20, end)
            return
        if way == "SIGTERM":
            os.kill(os.getpid(), signal.SIGTERM)
            return
        window = _window()
        window.close()
        if window.context.training.feed is not None:
            window.findChild(QPushButton, "quit_stop").click()

    # The application does not exist yet; the first pass of its event loop finds this waiting.
    make = QApplication.__init__

    def made(self: QApplication, *arguments: Any) -> None:
        make(self, *arguments)
        QTimer.singleShot(0, begin)

    QApplication.__init__ = made  # type: ignore[method-assign, assignment]
    return jnn_studio.app.main.run()


def _window() -> Any:
    return next(w for w in QApplication.topLevelWidgets() if w.objectName() == "main_window")
