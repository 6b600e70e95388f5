"""`jnn-studio rof`: the theorem on Rudin–Osher–Fatemi denoising, whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jnn_studio.base.atomic import write_text
from jnn_studio.base.text import counted
from jnn_studio.cli.command_spec import CommandSpec
from jnn_studio.cli.output import FAILED, STOPPED, UsageError, complain, errors, reported, say, say_json
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import follow
from jnn_studio.cli.signals import stop_on_signal
from jnn_studio.training.configuration.config_file import read_config
from jnn_studio.training.configuration.presets import load_preset, preset_names
from jnn_studio.training.device import leave_a_core_free
from jnn_studio.training.events import Metrics
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

NUMBERS = "numbers.json"


def rof(
    preset: Annotated[
        str, typer.Argument(help="rof-2d-quick, rof-5d-quick, rof-2d, rof-5d, or a config.toml.")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="New folder for the run, figures and numbers.", parser=path)
    ],
    eta: Annotated[str | None, typer.Option("--eta", help="η, the problem's.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="Optimiser steps of each solver.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="auto, cpu, cuda or mps.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Solve ROF exactly (8), by the penalty (9) exactly and by its draws (9); figures and numbers."""
    # Imported here: the other commands need not wait for matplotlib.
    from jnn_studio.labs.rof.config import RofConfig
    from jnn_studio.labs.rof.figures import write_figures
    from jnn_studio.labs.rof.result import read_result

    leave_a_core_free()
    with reported():
        config = read_config(Path(preset)) if preset.endswith(".toml") else load_preset(preset)
        if not isinstance(config, RofConfig):
            known = ", ".join(preset_names({"rof"}))
            raise UsageError(f"{preset} is a run of kind {config.kind!r}; give one of {known}")
        config = config.with_changes(eta=eta, steps=steps, device=device)
        commands = Commands()
        with stop_on_signal(commands):
            ended = follow(start_run(config, out, commands), errors, "error", _error)
        if ended.state == "failed":
            complain(ended.reason)
            raise typer.Exit(FAILED)
        if ended.state == "discarded":
            complain("stopped before the first step: there is nothing to show")
            raise typer.Exit(STOPPED)
        result = read_result(out)
        written = write_figures(result, out)
        write_text(out / NUMBERS, json.dumps(result.numbers, indent=1, ensure_ascii=False) + "\n")
    if as_json:
        say_json(result.numbers)
    else:
        _summarise(dict(result.numbers), {member.key: member.label for member in result.members})
        say(f"{counted(len(written), 'figure')}, {NUMBERS} and the run in {out}")
    if ended.state != "finished":
        measured = result.numbers["measured_at"]
        complain(
            f"stopped at step {ended.step:,} of {config.schedule.steps:,}: "
            + (
                "nothing was compared yet"
                if measured is None
                else f"these are the figures of step {measured:,}"
            )
            + f"; go on with: jnn-studio train --resume {out}"
        )
        raise typer.Exit(STOPPED)


def _summarise(numbers: dict[str, Any], labels: dict[str, str]) -> None:
    """A line for each solver that was compared."""
    closed = numbers["theory"]
    if closed is not None:
        hole = "" if closed["hole"] is None else f", {closed['hole']:.4f} in the hole"
        say(f"theory on the box: {closed['inside']:.4f} inside{hole}, {closed['outside']:.4f} outside")
    for key, found in numbers["members"].items():
        if "mae" not in found:
            continue
        seconds = found.get("seconds_per_step")
        rate = "" if seconds is None else f", {1000 * seconds:.2f} ms a step"
        say(
            f"{labels[key]:24} error {found['mae']:.4f}, in the target {found['mae_inside']:.4f}, "
            f"inside {found['mean_inside']:.4f}, "
            f"outside {found['mean_outside']:.4f}, (8) {found['objective_nuclear']:.5f}, "
            f"(9) {found['objective_composite']:.5f}{rate}"
        )


def _error(metrics: Metrics) -> str:
    """How far a solver is from the right solution."""
    return f"{metrics.terms['mae']:.3f}" if "mae" in metrics.terms else ""


COMMAND = CommandSpec(order=30, run=rof)
