"""What the commands print, and how they complain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from jnn_studio.base.errors import StudioError

console = Console()
errors = Console(stderr=True)


class UsageError(StudioError):
    """A command was asked for what it cannot do; the message says what to give it."""


@contextmanager
def reported() -> Iterator[None]:
    """Errors for people end the program with their message; anything else is a bug, shown as traceback."""
    try:
        yield
    except (StudioError, OSError) as error:
        complain(str(error))
        raise typer.Exit(1) from error


def say(text: str) -> None:
    """A line as it is."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def complain(text: str) -> None:
    """A line in red, to stderr. Not wrapped: paths and commands in it are there to be copied."""
    errors.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
