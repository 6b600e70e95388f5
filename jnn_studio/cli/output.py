"""What the commands print, and how they complain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from jnn_studio.data.errors import DataError
from jnn_studio.explore.exporting import ExportError
from jnn_studio.explore.session_file import SessionError
from jnn_studio.labs.denoise.bm3d import Bm3dError
from jnn_studio.models.weights import WeightsError
from jnn_studio.training.config import ConfigError
from jnn_studio.training.run_folder import RunFolderError

KNOWN_ERRORS = (
    ConfigError,
    RunFolderError,
    WeightsError,
    DataError,
    SessionError,
    ExportError,
    Bm3dError,
    OSError,
)

console = Console()
errors = Console(stderr=True)


@contextmanager
def reported() -> Iterator[None]:
    """Known errors end the program with their message; anything else is a bug and shows its traceback."""
    try:
        yield
    except KNOWN_ERRORS as error:
        complain(str(error))
        raise typer.Exit(1) from error


def say(text: str) -> None:
    """A line as it is."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def complain(text: str) -> None:
    """A line in red, to stderr. Not wrapped: paths and commands in it are there to be copied."""
    errors.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
