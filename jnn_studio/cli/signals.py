"""What the commands that train do when they are asked to end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from jnn_studio.base.signals import ending_signals
from jnn_studio.training.step.commands import Command, Commands


def stop_on_signal(commands: Commands) -> AbstractContextManager[None]:
    """What asks the program to end stops the run and keeps it; asked again, the process ends."""
    words = "stopping after this step and saving; once more to end at once"
    return stop_on(lambda: commands.send(Command.STOP), words)


@contextmanager
def stop_on(ask: Callable[[], object], words: str) -> Iterator[None]:
    """What asks the program to end calls ``ask``, and says ``words``; asked again, the process ends."""

    def stop(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        ask()
        with suppress(OSError):
            # Past everything that draws or buffers, which it may have interrupted and must not enter again.
            os.write(2, f"{words}\n".encode())

    numbers = ending_signals() if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
