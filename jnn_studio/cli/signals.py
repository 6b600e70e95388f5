"""What the commands that train do when they are asked to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from jnn_studio.cli.output import errors
from jnn_studio.training.commands import Command, Commands


@contextmanager
def stop_on_signal(commands: Commands) -> Iterator[None]:
    """SIGINT and SIGTERM stop the run and keep it; a second one ends the process."""

    def stop(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        errors.print("stopping after this step and saving; once more to end at once")
        commands.send(Command.STOP)

    numbers = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
