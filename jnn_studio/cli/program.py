"""The command-line program."""

from __future__ import annotations

from collections.abc import Callable

import typer

from jnn_studio.cli.command_spec import Window
from jnn_studio.cli.commands import find_commands
from jnn_studio.doctor import Check


def build(open_window: Callable[[], int], window_checks: Callable[[], list[Check]]) -> typer.Typer:
    """The program with all its commands; without one it opens the window."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Explore what penalising the nuclear norm of a network's Jacobian does.",
    )

    @app.callback(invoke_without_command=True)
    def main(context: typer.Context) -> None:
        context.obj = Window(open_window, window_checks)
        if context.invoked_subcommand is None:
            raise typer.Exit(open_window())

    for name, spec in find_commands().items():
        for answers_to in (name, *spec.aliases):
            hidden = answers_to != name
            if isinstance(spec.run, typer.Typer):
                app.add_typer(spec.run, name=answers_to, hidden=hidden)
            else:
                app.command(answers_to, hidden=hidden)(spec.run)
    return app
