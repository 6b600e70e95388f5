"""`jnn-studio doctor`: is this installation sound?"""

from __future__ import annotations

from typing import Annotated

import typer

from jnn_studio.cli.command_spec import CommandSpec, Window
from jnn_studio.cli.output import console, say, say_json
from jnn_studio.doctor import examine


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Check the installation: versions, device, bundled files, and that an image can be decoded."""
    window: Window = context.obj
    report = examine(window.checks())
    if as_json:
        say_json(report.as_json())
    else:
        for check in report.checks:
            mark = "[green]ok[/]  " if check.ok else "[red]FAIL[/]"
            console.print(f"{mark} [bold]{check.name}[/]: ", end="")
            say(check.text)
    raise typer.Exit(0 if report.ok else 1)


COMMAND = CommandSpec(order=60, run=doctor)
