"""The signals by which a system asks a program to end."""

from __future__ import annotations

import signal


def ending_signals() -> tuple[signal.Signals, ...]:
    """Those there are here: an interrupt, a request to end, a terminal that is closed.

    A program that was started to outlive its terminal (``nohup``) is told so by its SIGHUP being ignored; it
    stays so.
    """
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    there = [signal.Signals[name] for name in names if hasattr(signal, name)]
    return tuple(number for number in there if signal.getsignal(number) != signal.SIG_IGN)
