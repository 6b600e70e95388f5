"""What may be asked of a running trainer, from any thread."""

from __future__ import annotations

import queue
from enum import Enum, auto


class Command(Enum):
    """One request."""

    PAUSE = auto()
    RESUME = auto()
    STOP = auto()
    """Save a checkpoint and end."""
    DISCARD = auto()
    """End and delete the run folder."""
    CHECKPOINT = auto()
    SNAPSHOT = auto()
    """Yield a copy of the weights."""


class Commands:
    """A thread-safe queue of commands, looked at by the trainer before every step."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Command] = queue.SimpleQueue()

    def send(self, command: Command) -> None:
        """Ask; returns at once."""
        self._queue.put(command)

    def poll(self) -> Command | None:
        """The next command, or None."""
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None

    def wait(self, timeout: float) -> Command | None:
        """The next command, waiting up to ``timeout`` seconds."""
        try:
            return self._queue.get(timeout=timeout)
        except queue.Empty:
            return None
