"""The command-line program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from jnn_studio.base.version import __version__
from jnn_studio.cli.command_spec import Window
from jnn_studio.cli.commands import find_commands
from jnn_studio.cli.desktop import install_desktop, remove_desktop
from jnn_studio.cli.output import say
from jnn_studio.doctor import Check

OPEN = "open"
"""The command that files without one are given to."""


class _Program(typer.core.TyperGroup):
    """Whose first word may also be a file: then it is to be opened."""

    def resolve_command(self, context: Any, args: list[str]) -> Any:
        if args and self.get_command(context, args[0]) is None and _may_be_file(args[0]):
            return OPEN, self.get_command(context, OPEN), args
        return super().resolve_command(context, args)


def _say_version(wanted: bool) -> None:
    if wanted:
        say(f"jnn-studio {__version__}")
        raise typer.Exit


def _may_be_file(word: str) -> bool:
    return Path(word).exists() or any(sign in word for sign in "./\\")


def build(
    open_window: Callable[[Sequence[Path]], int], window_checks: Callable[[], list[Check]]
) -> typer.Typer:
    """The program with all its commands; without one it opens the window."""
    app = typer.Typer(
        cls=_Program,
        no_args_is_help=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Explore what penalising the nuclear norm of a network's Jacobian does.",
    )

    @app.callback(invoke_without_command=True)
    def main(
        context: typer.Context,
        _desktop: Annotated[
            bool,
            typer.Option(
                "--install-desktop",
                is_eager=True,
                callback=install_desktop,
                help="Put the program into the desktop's menus, to open its files by a double click (Linux).",
            ),
        ] = False,
        _no_desktop: Annotated[
            bool,
            typer.Option(
                "--remove-desktop", is_eager=True, callback=remove_desktop, help="Take it out of them again."
            ),
        ] = False,
        _version: Annotated[
            bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Say which version.")
        ] = False,
    ) -> None:
        context.obj = Window(open_window, window_checks)
        if context.invoked_subcommand is None:
            raise typer.Exit(open_window(()))

    for name, spec in find_commands().items():
        for answers_to in (name, *spec.aliases):
            hidden = answers_to != name
            if isinstance(spec.run, typer.Typer):
                app.add_typer(spec.run, name=answers_to, hidden=hidden)
            else:
                app.command(answers_to, hidden=hidden)(spec.run)
    return app
