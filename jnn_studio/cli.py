"""The command line: the same engine without a window."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from jnn_studio.cli_denoise import app as denoise_app
from jnn_studio.cli_output import complain, console, reported
from jnn_studio.cli_rof import rof
from jnn_studio.cli_shrinkage import shrinkage
from jnn_studio.cli_signals import stop_on_signal
from jnn_studio.cli_traverse import traverse
from jnn_studio.doctor import Check, examine
from jnn_studio.training.commands import Commands
from jnn_studio.training.config import ConfigError, read_config
from jnn_studio.training.device import leave_a_core_free
from jnn_studio.training.events import Event, Metrics, Started, StateChanged
from jnn_studio.training.presets import load_preset, preset_names
from jnn_studio.training.session import resume_run, start_run

try:
    PRESET_HELP = f"One of: {', '.join(preset_names())}."
except (OSError, ConfigError) as error:  # an incomplete installation: `doctor` has to run all the same
    PRESET_HELP = f"None can be read: {error}."


def build(open_window: Callable[[], int], window_checks: Callable[[], list[Check]]) -> typer.Typer:
    """The command-line program; without a subcommand it opens the window."""
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Explore what penalising the nuclear norm of a network's Jacobian does.",
    )

    @app.callback(invoke_without_command=True)
    def main(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            raise typer.Exit(open_window())

    @app.command()
    def doctor(
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    ) -> None:
        """Check the installation: versions, device, bundled files, and that an image can be decoded."""
        report = examine(window_checks())
        if as_json:
            sys.stdout.write(report.to_json() + "\n")
        else:
            for check in report.checks:
                mark = "[green]ok[/]  " if check.ok else "[red]FAIL[/]"
                console.print(f"{mark} [bold]{check.name}[/]: ", end="")
                console.print(check.text, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(0 if report.ok else 1)

    app.command()(train)
    app.command()(traverse)
    app.command()(rof)
    app.command()(shrinkage)
    app.add_typer(denoise_app, name="denoise")
    app.command("shrink", hidden=True)(shrinkage)
    return app


def train(
    preset: Annotated[str | None, typer.Argument(help=PRESET_HELP)] = None,
    out: Annotated[Path | None, typer.Option("--out", help="New folder for the run.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="A config.toml instead of a preset.")
    ] = None,
    resume: Annotated[Path | None, typer.Option("--resume", help="A run folder to go on with.")] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Train on this folder or zip of images.")
    ] = None,
    eta: Annotated[str | None, typer.Option("--eta", help="η: a number, paper-text or paper-code.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="Optimiser steps.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="auto, cpu, cuda or mps.")] = None,
) -> None:
    """Train what a preset or a configuration describes, such as a regularised and an unregularised model."""
    leave_a_core_free()
    with reported():
        commands = Commands()
        if resume is not None:
            if any(given is not None for given in (preset, config, out, data, eta, steps, device)):
                raise ConfigError("--resume takes everything from the run folder; give nothing beside it")
            events = resume_run(resume, commands, _Preparation().report)
        else:
            if (preset is None) == (config is None):
                raise ConfigError(f"give a preset ({', '.join(preset_names())}) or --config FILE")
            if out is None:
                raise ConfigError("give --out, a new folder for the run")
            chosen = load_preset(preset) if preset is not None else read_config(Path(str(config)))
            chosen = chosen.with_changes(data=data, eta=eta, steps=steps, device=device)
            events = start_run(chosen, out, commands, _Preparation().report)
        with stop_on_signal(commands):
            _follow(events)


class _Preparation:
    """Prints what a run does before its first step, once a line."""

    def __init__(self) -> None:
        self._last = ""

    def report(self, what: str, done: int, total: int) -> None:
        if what != self._last:
            console.print(f"{what} ({total:,})")
            self._last = what


def _follow(events: Iterator[Event]) -> None:
    """Show a run's progress; exit with 1 if it fails."""
    columns = (  # that fit into 80 characters
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[losses]}"),
    )
    ended: StateChanged | None = None
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("train", total=None, rate="", losses="")
        losses: dict[str, float] = {}
        first = (0, 0.0)
        for event in events:
            match event:
                case Started():
                    progress.update(task, total=event.total_steps, completed=event.step)
                    labels = " / ".join(member.label for member in event.members)
                    for line in (f"{event.name}: {labels} on {event.device}", *event.notes):
                        progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
                    first = (event.step, -1.0)
                case Metrics() if "total" in event.terms:
                    losses[event.member] = event.terms.get("reconstruction", event.terms["total"])
                    first = first if first[1] >= 0 else (event.step, event.time)
                    steps, seconds = event.step - first[0], event.time - first[1]
                    rate = f"{steps / seconds:.1f} steps/s" if steps else ""
                    text = "loss " + " / ".join(f"{value:.4g}" for value in losses.values())
                    progress.update(task, completed=event.step, rate=rate, losses=text)
                case StateChanged():
                    ended = event
                case _:
                    pass
    if ended is not None and ended.state == "failed":
        complain(ended.reason)
        raise typer.Exit(1)
    if ended is not None:
        console.print(f"{ended.state} at step {ended.step}")
