"""What the commands that train do when they are asked to end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from jnn_studio.base.signals import ending_signals
from jnn_studio.training.commands import Command, Commands


@contextmanager
def stop_on_signal(commands: Commands) -> Iterator[None]:
    """What asks the program to end stops the run and keeps it; asked again, the process ends."""

    def stop(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        commands.send(Command.STOP)
        with suppress(OSError):
            # Past everything that draws or buffers, which it may have interrupted and must not enter again.
            os.write(2, b"stopping after this step and saving; once more to end at once\n")

    numbers = ending_signals() if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
