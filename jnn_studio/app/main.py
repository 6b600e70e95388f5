"""Starting the window, and everything that has to happen around it."""

from __future__ import annotations

import atexit
import faulthandler
import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, NoReturn

from jnn_studio.app.system import complaint, missing_packages, wants_window
from jnn_studio.base.signals import ending_signals
from jnn_studio.training.device import leave_a_core_free

if TYPE_CHECKING:  # Qt is loaded once it is known to be there
    from jnn_studio.app.window import MainWindow


def run(files: Sequence[Path] = ()) -> int:
    """Open the window, with what ``files`` hold, and stay until it is closed.

    Ends the process then; returns, with its exit code, only where no window can be opened.
    """
    missing = missing_packages(wants_window())
    if missing:
        sys.stderr.write(complaint(missing) + "\n")
        return 1
    faulthandler.enable()
    # The window's collector sees to it from its first page on; until then nearly all there is made stays, and
    # looking through it again and again would be a tenth of the start.
    gc.disable()
    # torch has been imported by now: on Windows it must be before Qt (DLL search order).
    from jnn_studio.app.application import no_display, program_settings, the_application
    from jnn_studio.app.preferences import PreferenceStore
    from jnn_studio.app.window import MainWindow

    if no_display():
        sys.stderr.write("no display: set DISPLAY, or use the command line (jnn-studio --help)\n")
        return 1
    application = the_application()
    settings = program_settings()
    leave_a_core_free(PreferenceStore(settings).now.threads)
    window = MainWindow(settings)
    report_exceptions(window)
    _quit_on_signals(window)
    if sys.platform == "darwin":  # alone; and every event of the application passes by
        from jnn_studio.app.handed_files import HandedFiles

        HandedFiles(application, window.open_files)
    # Not `quit`, which asks every window that is still open and gives up if one declines.
    window.left.connect(application.exit)
    window.show()
    if files:
        window.open_files([path.absolute() for path in files])
    code = application.exec()
    try:
        window.shutdown()
    except Exception as error:  # a bug; the program ends all the same
        sys.excepthook(type(error), error, error.__traceback__)
    return _end(code)


def _end(code: int) -> NoReturn:
    """Leave, all being saved and shut, without an interpreter that takes itself apart.

    It aborts around work that cannot be interrupted, such as one long computation; and Qt's objects that are
    destroyed after it call Python that is no longer there.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _quit_on_signals(window: MainWindow) -> None:
    """What asks the program to end stops and saves, then quits; the window's timer lets Python notice."""
    from PySide6.QtCore import QTimer

    def quit_soon(number: int, frame: FrameType | None) -> None:
        QTimer.singleShot(0, window.stop_and_quit)

    for number in ending_signals():
        signal.signal(number, quit_soon)


def report_exceptions(window: MainWindow) -> None:
    """What nobody caught is a bug: say so in the window, with the details, and go on."""
    context = window.context

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        details = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(details)
        context.problems.append(details)
        text = f"{kind.__name__}: {error}. The program goes on. Help ▸ Report a problem copies what helps."
        context.bridge.post(
            lambda: context.message.emit("Something went wrong in the program", text, details)
        )

    def report_thread(hook: threading.ExceptHookArgs) -> None:
        if hook.exc_value is not None:
            report(hook.exc_type, hook.exc_value, hook.exc_traceback)

    sys.excepthook = report
    threading.excepthook = report_thread
