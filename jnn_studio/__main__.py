"""The program's entry: the command line, and the window when no command is given."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jnn_studio.doctor import Check


def main() -> None:
    """Run the program."""
    multiprocessing.freeze_support()
    from jnn_studio.cli.program import build

    build(_open_window, _window_checks)()


def _open_window() -> int:
    from jnn_studio.app.main import run

    return run()


def _window_checks() -> list[Check]:
    from jnn_studio.app.system import checks

    return checks()


if __name__ == "__main__":
    main()
