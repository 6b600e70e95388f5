"""`jnn-studio --install-desktop` and `--remove-desktop`."""

from __future__ import annotations

import typer

from jnn_studio.base.desktop_files import data_folder, install, remove, this_program
from jnn_studio.cli.output import reported, say


def install_desktop(wanted: bool) -> None:
    """Have the desktop know the program, and end."""
    if wanted:
        with reported():
            written = install(data_folder(), this_program())
        for path in written:
            say(f"written: {path}")
        say(
            "JNN Studio is in the desktop's menus, and opens sessions, models, and runs "
            "by the file run.jnnrun in their folders."
        )
        raise typer.Exit


def remove_desktop(wanted: bool) -> None:
    """The inverse, and end."""
    if wanted:
        with reported():
            removed = remove(data_folder())
        for path in removed:
            say(f"removed: {path}")
        if not removed:
            say("There was nothing to remove.")
        raise typer.Exit
