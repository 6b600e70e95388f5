"""`jnn-studio open`: the window, with what somebody wants to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jnn_studio.cli.command_spec import CommandSpec, Window
from jnn_studio.cli.output import UsageError, reported
from jnn_studio.cli.paths import path


def open_files(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Models (weights, .jnnmodel, run folders), and an image, a folder or a zip; or one session.",
            parser=path,
        ),
    ],
) -> None:
    """Open the window on models and images: MODEL… DATA, or one session. The word open may be left out."""
    window: Window = context.obj
    with reported():
        for file in files:
            if not file.exists():
                raise UsageError(
                    f"there is nothing at {file}, and no command is called so; give models, an image, a "
                    "folder, a zip or a session"
                )
    raise typer.Exit(window.open(files))


COMMAND = CommandSpec(order=5, run=open_files)
