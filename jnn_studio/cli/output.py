"""What the commands print, and how they complain. That never ends work: a pipe may close, a disk be full."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, cast

import typer
from rich.console import Console

from jnn_studio.base.errors import Cancelled, StudioError
from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.base.text import printable


class _Unfailing(io.TextIOBase):
    """Standard output or error, whichever it is at the moment; what cannot be written there is lost."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def _stream(self) -> IO[str] | None:
        stream: IO[str] | None = getattr(sys, self._name)  # a program without a terminal may have none
        return stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Rich draws with what it can encode."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        """Whether somebody looks at a terminal."""
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        """For the size of the terminal."""
        if self._stream is None:
            raise OSError("there is no such stream")
        return self._stream.fileno()

    def write(self, text: str, /) -> int:
        """Write what can be written; signs that the stream's encoding lacks are written out."""
        stream = self._stream
        if stream is not None:
            encoding = getattr(stream, "encoding", None) or "utf-8"
            with suppress(OSError, ValueError):
                stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.flush()


console = Console(file=cast(IO[str], _Unfailing("stdout")))
errors = Console(file=cast(IO[str], _Unfailing("stderr")))


FAILED, STOPPED = 1, 130
"""Exit codes of every command beside 0, done, and 2, for an option or a value that there is not: what was
asked could not be done; it was stopped before it was done, and what there was is kept."""


class UsageError(StudioError):
    """A command was asked for what it cannot do; the message says what to give it."""


@contextmanager
def reported() -> Iterator[None]:
    """Errors for people end the program with their message; anything else is a bug, shown as traceback."""
    try:
        yield
    except StudioError as error:
        complain(str(error))
        raise typer.Exit(FAILED) from error
    except OSError as error:
        about = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        complain(f"{about}{reason_of(error)}. {advice_for(error)}.")
        raise typer.Exit(FAILED) from error
    except (KeyboardInterrupt, Cancelled) as error:
        complain("stopped")
        raise typer.Exit(STOPPED) from error


def say(text: str, to: Console = console, style: str = "") -> None:
    """Lines as they are: no sign in them is a command to the terminal, or to what draws on it."""
    to.print(
        printable(text, lines=True), style=style, markup=False, emoji=False, highlight=False, soft_wrap=True
    )


def say_json(value: Any) -> None:
    """A result on one line, for programs; unlike words it must arrive, so that what fails is an OSError."""
    say_exactly(json.dumps(value, ensure_ascii=False))


def say_exactly(text: str) -> None:
    """A result as it is, with a line's end; what fails is an OSError."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    # What the encoding lacks is written out as JSON writes it.
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """A line in red, to stderr. Not wrapped: paths and commands in it are there to be copied."""
    say(text, errors, "red")
