"""The program's entry: the command line, and the window when no command is given."""

from __future__ import annotations

import io
import multiprocessing
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jnn_studio.doctor import Check


def main() -> None:
    """Run the program."""
    multiprocessing.freeze_support()
    for stream in (sys.stdout, sys.stderr):
        # Whoever reads them may take no Greek: help and tracebacks must not end in an error of their own.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    from jnn_studio.cli.program import build

    build(_open_window, _window_checks)()


def _open_window(files: Sequence[Path]) -> int:
    from jnn_studio.app.main import run

    return run(files)


def _window_checks() -> list[Check]:
    from jnn_studio.app.system import checks

    return checks()


if __name__ == "__main__":
    main()
