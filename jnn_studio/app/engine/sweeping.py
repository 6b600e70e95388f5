"""The thread that looks after the processes of a sweep; it trains nothing itself."""

from __future__ import annotations

import threading
import traceback
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.engine.bridge import Bridge
from jnn_studio.app.engine.worker import Failure
from jnn_studio.sweeps.folder import SweepFolder
from jnn_studio.sweeps.training import RunBegan, RunEnded, SweepBegan, SweepEnded, train_sweep


class Sweeping(QObject):
    """One sweep at a time.

    Signals:
        changed: it, or a run of it, has begun or ended.
        ended: (path, SweepEnded | Failure).
    """

    changed = Signal()
    ended = Signal(object, object)

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self.path: Path | None = None
        """The sweep under way."""

    @property
    def stopping(self) -> bool:
        """Whether it has been told to stop."""
        return self.path is not None and self._stop.is_set()

    def start(self, path: Path, workers: int) -> None:
        """Train what is left of the sweep in ``path``; nothing happens while another is under way."""
        if self.path is not None:
            return
        self.path, self._stop = path, threading.Event()
        self._thread = threading.Thread(
            target=self._train, args=(path, workers, self._stop), name="sweep", daemon=True
        )
        self._thread.start()
        self.changed.emit()

    def stop(self) -> None:
        """Have all runs stopped and kept; returns at once."""
        self._stop.set()
        if self.path is not None:
            self.changed.emit()

    def close(self, timeout: float) -> None:
        """Stop, if that has not been said, and wait until all is kept."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _train(self, path: Path, workers: int, stop: threading.Event) -> None:
        last: SweepEnded | Failure = Failure("The sweep ended without saying why.", "")
        try:
            for event in train_sweep(SweepFolder.open(path), workers, stop.is_set):
                match event:
                    case SweepBegan() | RunBegan() | RunEnded():
                        self._bridge.post(self.changed.emit)
                    case SweepEnded():
                        last = event
                    case _:
                        pass
        except BaseException as error:  # whatever it is, the window lives on
            last = Failure(str(error) or type(error).__name__, traceback.format_exc())
        self._bridge.post(partial(self._ended, path, last))

    def _ended(self, path: Path, last: SweepEnded | Failure) -> None:
        self.path = None
        self.changed.emit()
        self.ended.emit(path, last)
