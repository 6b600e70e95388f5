"""How a command registers itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from jnn_studio.doctor import Check


@dataclass(frozen=True)
class CommandSpec:
    """One command: the module ``jnn_studio.cli.commands.NAME`` defines ``COMMAND``, one of these.

    Attributes:
        order: where it stands in the help.
        run: a function with Typer's annotations, or a `typer.Typer` of subcommands.
        aliases: other names it answers to, which the help does not show.
    """

    order: int
    run: Callable[..., None] | typer.Typer
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Window:
    """What the window lends to the commands, which cannot know it: their ``typer.Context.obj``.

    Attributes:
        open: shows it, with what these files hold, and stays until it is closed; gives the exit code.
        checks: what `doctor` is to look at beside its own.
    """

    open: Callable[[Sequence[Path]], int]
    checks: Callable[[], list[Check]]
