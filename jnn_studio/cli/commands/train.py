"""`jnn-studio train`: what a preset or a configuration describes, trained into a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from jnn_studio.base.errors import StudioError
from jnn_studio.cli.command_spec import CommandSpec
from jnn_studio.cli.output import FAILED, STOPPED, UsageError, complain, console, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import follow, naming
from jnn_studio.cli.signals import stop_on_signal
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import read_config
from jnn_studio.training.configuration.presets import load_preset, preset_names
from jnn_studio.training.device import leave_a_core_free
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Commands
from jnn_studio.training.step.fabric import gather
from jnn_studio.training.step.processes import Processes

try:
    PRESET_HELP = f"One of: {', '.join(preset_names())}."
except (OSError, StudioError) as error:  # an incomplete installation: `doctor` has to run all the same
    PRESET_HELP = f"None can be read: {error}."


def train(
    preset: Annotated[str | None, typer.Argument(help=PRESET_HELP)] = None,
    out: Annotated[Path | None, typer.Option("--out", help="New folder for the run.", parser=path)] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="A config.toml instead of a preset.", parser=path)
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", help="A run folder to go on with.", parser=path)
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Train on this folder or zip of images.", parser=path)
    ] = None,
    eta: Annotated[str | None, typer.Option("--eta", help="η: a number, paper-text or paper-code.")] = None,
    target_rank: Annotated[
        float | None,
        typer.Option("--target-rank", help="Find η while it trains: the effective rank to reach."),
    ] = None,
    give_up: Annotated[
        float | None,
        typer.Option("--give-up", help="Find η while it trains: dB of held-out PSNR that may be lost."),
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="Optimiser steps.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="auto, cpu, cuda or mps.")] = None,
    devices: Annotated[
        int | None, typer.Option("--devices", min=1, help="Devices of each machine, a process each.")
    ] = None,
    nodes: Annotated[int | None, typer.Option("--nodes", min=1, help="Machines that train together.")] = None,
    strategy: Annotated[str, typer.Option("--strategy", help="How they share a run: ddp.")] = "ddp",
) -> None:
    """Train what a preset or a configuration describes, such as a regularised and an unregularised model."""
    leave_a_core_free()
    commands = Commands()
    # From the very first: a run that has been taken is given back, whenever one is asked to end.
    with reported(), stop_on_signal(commands):

        def together(config: RunConfig) -> Processes:
            return gather(config.schedule.device, devices, nodes, strategy)

        if resume is not None:
            if any(
                given is not None
                for given in (preset, config, out, data, eta, target_rank, give_up, steps, device)
            ):
                raise UsageError(
                    "--resume takes everything from the run folder; give nothing beside it but --devices and "
                    "--nodes"
                )
            processes = together(RunFolder.open(resume).config())
            to = console if processes.leads else Console(quiet=True)
            events = resume_run(resume, commands, naming(to), processes)
        else:
            if (preset is None) == (config is None):
                raise UsageError(f"give a preset ({', '.join(preset_names())}) or --config FILE")
            if out is None:
                raise UsageError("give --out, a new folder for the run")
            chosen = load_preset(preset) if preset is not None else read_config(Path(str(config)))
            chosen = chosen.with_changes(
                data=data, eta=eta, target_rank=target_rank, give_up=give_up, steps=steps, device=device
            )
            if chosen.asks_for_images:
                raise UsageError(f"{chosen.name} trains on images of your own; give --data, a folder or .zip")
            processes = together(chosen)
            to = console if processes.leads else Console(quiet=True)
            events = start_run(chosen, out, commands, naming(to), processes=processes)
        ended = follow(events, to, "loss", _loss)
    if ended.state == "failed":
        if processes.leads or ended.details:  # what all of them see is said once
            complain(ended.reason)
        raise typer.Exit(FAILED)
    say(f"{ended.state} at step {ended.step}", to)
    if ended.state != "finished":
        raise typer.Exit(STOPPED)


def _loss(metrics: Metrics) -> str:
    """What is seen of the losses of a model."""
    if "total" not in metrics.terms:
        return ""
    eta = f" (η {metrics.terms['eta']:.3g})" if "eta" in metrics.terms else ""
    return f"{metrics.terms.get('reconstruction', metrics.terms['total']):.4g}{eta}"


COMMAND = CommandSpec(order=10, run=train)
