"""Waiting in a window's own event loop, for benchmarks that drive one. Qt is loaded when it is used."""

from __future__ import annotations

import time
from collections.abc import Callable


def settle(seconds: float) -> None:
    """Let the window go on for so long."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def wait(condition: Callable[[], object], seconds: float = 60) -> None:
    """Let it go on until ``condition`` holds; TimeoutError once it has not for so long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the window did not answer")
        settle(0.02)
