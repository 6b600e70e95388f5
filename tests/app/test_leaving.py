"""The program ends when it is told to, whatever is open, hidden, broken or under way at that moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jnn_studio.training.run_folder import RunFolder

# One process imports everything once and forks a program for each way: real processes, real signals.
PROGRAM = r"""
import os, signal, sys, time, traceback
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"
import torch
from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog, QMenu, QMessageBox, QPushButton
import jnn_studio.app.main, jnn_studio.app.window
import jnn_studio.app.workspaces.explore, jnn_studio.app.workspaces.train
from jnn_studio.app.engine.worker import Worker
from jnn_studio.app.file_dialogs import ask_file
from jnn_studio.app.workspaces.explore.export.figure import ExportFigureDialog
from jnn_studio.training.config_file import validate_config

scratch = Path(sys.argv[1])
config = validate_config(
    {
        "name": "endless",
        "data": {"kind": "faces", "count": 64},
        "model": {"size": 16, "dct": 8, "hidden": 16, "latent": 8},
        "schedule": {"steps": 9_999_999, "batch_size": 8, "held_out": 8},
    },
    "test",
)


class Stuck:
    '''A renderer that never comes to an end, and does not look whether it should.'''

    def render(self, *_):
        time.sleep(600)

    render_stack = scene = sheet = render


def export(window):
    desk = window.workspace("Explore").desk
    dialog = ExportFigureDialog(desk.context, desk.state, Stuck, window.workspace("Explore"))
    dialog.show()
    dialog.path.setText(str(scratch / "figure.png"))
    dialog.export.click()
    assert dialog._running


def no_escape(window):
    box = QMessageBox(window)  # one that cannot be closed but by an answer
    box.addButton("One", QMessageBox.ButtonRole.AcceptRole)
    box.addButton("Other", QMessageBox.ButtonRole.AcceptRole)
    box.open()


def file_dialog(window):
    ask_file(window, "Open", "All (*)", lambda path: None, scratch)


def nested_dialog(window):
    # Its `exec` is a loop inside the program's own.
    QTimer.singleShot(0, window, lambda: QInputDialog.getText(window, "Name", "Name"))


def nested_menu(window):
    menu = QMenu(window)
    menu.addAction("Nothing")
    QTimer.singleShot(0, window, lambda: menu.exec(QPoint(10, 10)))


def broken_page(window):
    def broken(settings):
        raise RuntimeError("a bug in a page")

    window.workspace("Train").save_state = broken


def broken_end(window):
    def broken():
        raise RuntimeError("a bug at the end")

    window.context.at_close(broken)


def hidden(window):
    window.hide()


def floating(window):
    from PySide6.QtWidgets import QDockWidget

    window.show_workspace("Explore")
    for dock in window.workspace("Explore").findChildren(QDockWidget):
        dock.setFloating(True)
        dock.show()


def stuck_workers(window):
    # Six threads that hear nothing: they are waited for together, not one after the other.
    for number in range(6):
        worker = window.context.new_worker(f"stuck {number}")
        worker.request(window, "k", lambda _: time.sleep(600), print, print)


def trains(window):
    window.context.start_run(config, scratch / f"run-{way}-{what}")


def asked(window):
    trains(window)

    def ask():
        feed = window.context.training.feed
        if (scratch / f"run-{way}-{what}" / "metrics.jsonl").exists():
            window.close()
            assert window.findChild(QMessageBox, "quit_box") is not None
        else:
            QTimer.singleShot(20, window, ask)

    ask()


def broken_run(window):
    # The training thread must outlive whatever a run throws at it.
    import jnn_studio.app.engine.training as engine

    def broken(*_):
        raise SystemExit("a kind of run that ends the process")

    engine.start_run = broken
    trains(window)


def late_start(window):
    # A run that begins when the program is already on its way out.
    trains(window)
    window.context.run_ended.connect(lambda *_: window.context.start_run(config, scratch / "late"))


wanted = sys.argv[2].split(",")
SITUATIONS = {name: globals()[name] for name in wanted}


def window_of():
    return next(w for w in QApplication.topLevelWidgets() if w.objectName() == "main_window")


def program():
    os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CACHE_HOME"] = str(scratch / f"{way}-{what}" / "home")
    os.environ["XDG_DATA_HOME"] = os.environ["XDG_CONFIG_HOME"]

    def begin():
        window = window_of()
        if window.workspace("Explore").desk.scene is None:
            QTimer.singleShot(20, begin)
            return
        try:
            SITUATIONS[what](window)
        except BaseException:
            traceback.print_exc()
            os._exit(98)
        QTimer.singleShot(400, end)

    def end():
        waits = what in ("trains", "asked", "late_start")
        if waits and not (scratch / f"run-{way}-{what}" / "metrics.jsonl").exists():
            QTimer.singleShot(400, end)
            return
        if way == "signal":
            os.kill(os.getpid(), signal.SIGTERM)
            return
        window = window_of()
        window.close()
        if window.context.training.feed is not None:
            window.findChild(QPushButton, "quit_stop").click()

    make = QApplication.__init__

    def made(self, *arguments):
        make(self, *arguments)
        QTimer.singleShot(0, begin)

    QApplication.__init__ = made
    return jnn_studio.app.main.run()


for what in SITUATIONS:
    for way in ("signal", "closed"):
        child = os.fork()
        if child == 0:
            code = 99
            try:
                code = program()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        deadline = time.monotonic() + 40
        while True:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                os.kill(child, signal.SIGABRT)  # faulthandler then says where it hangs
                os.waitpid(child, 0)
                status = "hangs"
                break
            time.sleep(0.01)
        if status != 0:
            print(f"{what}, {way}: {status}", flush=True)
"""

SITUATIONS = (
    "export",
    "no_escape",
    "file_dialog",
    "nested_dialog",
    "nested_menu",
    "floating",
    "hidden",
    "broken_page",
    "broken_end",
    "stuck_workers",
    "trains",
    "asked",
    "broken_run",
    "late_start",
)


@pytest.mark.timeout(900)
def test_the_program_ends_whatever_is_open_or_broken(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), ",".join(SITUATIONS)],
        capture_output=True,
        text=True,
        timeout=840,
        check=False,
    )
    assert done.stdout == "", done.stderr[-6000:]
    assert done.returncode == 0, done.stderr[-6000:]
    for way in ("signal", "closed"):
        for what in ("trains", "asked", "late_start"):
            folder = RunFolder.open(tmp_path / f"run-{way}-{what}")
            assert folder.state().state == "stopped", f"{what}, {way}"
            assert folder.latest_checkpoint() is not None
