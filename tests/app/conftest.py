"""Every test of the window: offscreen, and nothing may outlive it."""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import gc
import threading
import time
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
import torch  # before PySide6: see the design's rule on import order
from PySide6.QtCore import QMimeData, QPointF, QSettings, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QWidget
from pytestqt.exceptions import TimeoutError
from pytestqt.qtbot import QtBot

from jnn_studio.app.bundled_font import use_bundled_font
from jnn_studio.app.theme import theme
from jnn_studio.app.window import MainWindow

PATIENCE_MS = 120_000


@pytest.fixture(scope="session", autouse=True)
def patient_waits() -> Iterator[None]:
    """What is waited for may take a busy machine minutes; on an idle one it is there at once."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("waitSignal", "waitSignals"):
            patched.setattr(QtBot, name, _patient(getattr(QtBot, name)))
        patched.setattr(QtBot, "waitUntil", _until(_patient(QtBot.waitUntil)))
        yield


def _patient(wait: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(wait)
    def waiting(*args: Any, timeout: int = PATIENCE_MS, **options: Any) -> Any:
        # Whoever does not mind if nothing comes wants to see that nothing does.
        patience = PATIENCE_MS if options.get("raising") is not False else 0
        return wait(*args, timeout=max(timeout, patience), **options)

    return waiting


def _until(wait: Callable[..., Any]) -> Callable[..., Any]:
    """What cannot be asked yet, of a curve that has not come or a file that is not there, is not true yet."""

    @wraps(wait)
    def waiting(bot: QtBot, callback: Callable[[], Any], **options: Any) -> None:
        errors: list[Exception] = []

        def holds() -> Any:
            errors.clear()
            try:
                return callback()
            except (LookupError, AttributeError, OSError, ValueError) as error:
                errors.append(error)
                return False

        try:
            wait(bot, holds, **options)
        except TimeoutError as late:
            raise (errors or [late])[0] from None

    return waiting


@pytest.fixture(scope="session", autouse=True)
def program_font(qapp: QApplication) -> None:
    """The font that ships: what fits does not depend on the machine's."""
    use_bundled_font()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the program itself on two cores; more threads only wait for each other here."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def collected_on_the_main_thread() -> Iterator[None]:
    """As in the program: a worker that collects a cycle with a QObject in it crashes.

    Modules and what they hold are set aside: to look through them at every test was a third of the time.
    """
    gc.disable()
    if not gc.get_freeze_count():  # the first test, or a window has ended, which brings them back
        gc.collect()
        gc.freeze()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def nothing_leaks(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test that leaves a thread, an active timer or a visible top-level widget behind."""
    for name in ("CACHE", "DATA", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    theme()
    threads = set(threading.enumerate())
    timers = _active_timers()
    yield
    leaked: list[str] = []
    end = time.monotonic() + 60  # the machine may be busy; what ends does so at once
    while time.monotonic() < end:
        qapp.processEvents()
        leaked = [f"thread {t.name}" for t in threading.enumerate() if t not in threads]
        leaked += [f"top-level widget {w!r}" for w in qapp.topLevelWidgets() if w.isVisible()]
        leaked += [f"timer {t!r}" for t in _active_timers() - timers]
        if not leaked:
            return
        time.sleep(0.01)
        gc.collect()
    pytest.fail("left behind: " + ", ".join(leaked))


def _active_timers() -> set[QTimer]:
    """Timers still running, wherever they live."""
    return {found for found in gc.get_objects() if type(found) is QTimer and _is_active(found)}


def _is_active(timer: QTimer) -> bool:
    try:
        return timer.isActive()
    except RuntimeError:  # already deleted on the C++ side
        return False


@pytest.fixture
def settings(tmp_path: Path) -> QSettings:
    """Settings of one's own, empty, with everything going to the test's folder."""
    found = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    found.setValue("runs_folder", str(tmp_path / "runs"))
    found.setValue("data_folder", str(tmp_path / "data"))
    return found


@pytest.fixture
def window(qtbot: QtBot, settings: QSettings) -> Iterator[MainWindow]:
    """The whole window, once Explore shows its first pictures."""
    window = MainWindow(settings)
    window.show()
    explore = window.workspace("Explore")
    qtbot.waitUntil(lambda: explore.desk.scene is not None)
    yield window
    for dialog in window.findChildren(QDialog):
        dialog.close()
    window.shutdown()
    window.hide()
    theme().mode = "system"
    window.deleteLater()


@pytest.fixture
def drop_on() -> Callable[[QWidget, QMimeData | Path], bool]:
    """As from a file manager: hands what is dropped to whatever takes drops there; whether it takes this."""

    def drop(widget: QWidget, what: QMimeData | Path) -> bool:
        data = what
        if isinstance(what, Path):
            data = QMimeData()
            data.setUrls([QUrl.fromLocalFile(str(what))])
        while not widget.acceptDrops():
            widget = widget.parentWidget()
        at = widget.rect().center()
        how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        enter = QDragEnterEvent(at, *how)
        enter.setAccepted(False)
        QApplication.sendEvent(widget, enter)
        if enter.isAccepted():
            QApplication.sendEvent(widget, QDropEvent(QPointF(at), *how))
        return enter.isAccepted() and enter.dropAction() != Qt.DropAction.IgnoreAction

    return drop
