"""`jnn-studio sweep`: many runs that differ in what a sweep.toml varies, begun and resumed as one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from jnn_studio.base.errors import StudioError
from jnn_studio.base.text import counted, duration, printable
from jnn_studio.base.watch import Watch
from jnn_studio.cli.command_spec import CommandSpec
from jnn_studio.cli.output import FAILED, STOPPED, UsageError, complain, errors, reported, say, say_json
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import progress_bar
from jnn_studio.cli.signals import stop_on
from jnn_studio.cli.tables import OutputTable, TableForm, put_out
from jnn_studio.runs.columns import figure
from jnn_studio.runs.places import RunPlaces, standard_data_folder
from jnn_studio.sweeps.changing import changed
from jnn_studio.sweeps.folder import SweepFolder, is_sweep, load_sweep, sweep_preset_names
from jnn_studio.sweeps.measuring import SKILL, TANGENT_ENERGY
from jnn_studio.sweeps.points import SweepReader, SweepView, as_data, front
from jnn_studio.sweeps.training import (
    RunAt,
    RunBegan,
    RunEnded,
    SweepBegan,
    SweepEnded,
    agenda_of,
    train_sweep,
)
from jnn_studio.training.words import PSNR

try:
    SWEEPS = (
        f"One of: {', '.join(sweep_preset_names())}; a sweep.toml; or a sweep's folder, to go on with it."
    )
except (OSError, StudioError) as error:  # an incomplete installation: `doctor` has to run all the same
    SWEEPS = f"A sweep.toml, or a sweep's folder, to go on with it. None that ship can be read: {error}."

_STOPPING = "stopping all runs after their steps and saving; once more to end at once"


def sweep(
    what: Annotated[str, typer.Argument(help=SWEEPS, metavar="SWEEP")],
    out: Annotated[
        Path | None, typer.Option("--out", help="New folder for the sweep and its runs.", parser=path)
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Runs at a time; else one per core or GPU.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Train on this folder or zip of images.", parser=path)
    ] = None,
    attributes: Annotated[
        Path | None,
        typer.Option(
            "--attributes", help="Judge models by this table of the images' attributes.", parser=path
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another setting of all runs; again for more."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the models as JSON.")] = False,
) -> None:
    """Train runs that differ in what a sweep varies, several at a time; stop and resume them as one."""
    with reported():
        folder = _folder(what, out, data, settings or (), attributes)
        asked_to_stop = threading.Event()
        with stop_on(asked_to_stop.set, _STOPPING):
            ended = _follow(train_sweep(folder, workers, asked_to_stop.is_set))
        kept = RunPlaces(standard_data_folder()).kept
        view = SweepReader(folder.path, kept).read(Watch())
        best = front(view.points, PSNR)
        if as_json:
            say_json({"state": ended.state, "sweep": folder.id, "models": as_data(view, best)})
        else:
            put_out(_table(view), TableForm.table, None)
    for run in ended.failed:
        complain(f"{run.run.config.shown_name}: {run.reason}")
    if not as_json:
        pruned = f", {view.pruned} pruned" if view.pruned else ""
        runs = f"{view.finished} of {counted(view.total, 'run')} finished{pruned}"
        say(f"{ended.state}: {runs}, in {folder.path}")
    if ended.failed:
        raise typer.Exit(FAILED)
    if ended.state == "stopped":
        raise typer.Exit(STOPPED)


def _folder(
    what: str, out: Path | None, data: Path | None, settings: Sequence[str], attributes: Path | None
) -> SweepFolder:
    """The sweep to begin or to go on with."""
    there = Path(what).expanduser()
    if is_sweep(there):
        if out is not None or data is not None or attributes is not None or settings:
            raise UsageError(
                "a sweep's folder says all of it; give nothing but --workers and --json beside it"
            )
        return SweepFolder.open(there)
    if there.is_dir():
        raise UsageError(f"{there} is a folder but holds no sweep: there is no sweep.toml in it")
    config = changed(load_sweep(what), data, settings, attributes)
    if out is None:
        raise UsageError("give --out, a new folder for the sweep")
    folder = SweepFolder.create(out, config)
    try:
        agenda_of(folder).close()  # what is wrong in it is said before there is anything
    except StudioError:
        folder.withdraw()
        raise
    return folder


def _follow(events: Any) -> SweepEnded:
    """Show how far it is; how it ended."""
    last = SweepEnded("stopped")
    steps: dict[str, int] = {}
    with progress_bar(errors, "runs") as bar:
        task = bar.add_task("sweep", total=None, runs="")
        total, done, each = 0, 0, 1
        for event in events:
            match event:
                case SweepBegan():
                    total = event.total
                    at_a_time = counted(event.workers, "worker")
                    say(f"{printable(event.name)}: {counted(total, 'run')} on {at_a_time}", bar.console)
                case RunBegan():
                    each = event.run.config.schedule.steps
                    steps[event.run.id] = event.step
                    on = f" from step {event.step:,}" if event.step else ""
                    say(f"{event.run.config.shown_name}: training{on}", bar.console)
                case RunAt():
                    steps[event.run.id] = event.step
                case RunEnded():
                    done += 1
                    steps.pop(event.ended.run.id, None)
                    if not event.before:
                        say(f"{event.ended.run.config.shown_name}: {event.ended.outcome}", bar.console)
                case SweepEnded():
                    last = event
            bar.update(
                task,
                total=total * each or None,
                completed=done * each + sum(steps.values()),
                runs=f"{done} of {counted(total, 'run')}",
            )
    return last


def _table(view: SweepView) -> OutputTable:
    """Every model, and whether it is on the front."""
    best = front(view.points, PSNR)
    names = list(view.labels)
    columns: list[tuple[str, bool, Callable[[Any], str]]] = [
        ("PSNR", True, lambda p: figure(p.worth(PSNR), ".2f")),
        ("Rank", True, lambda p: figure(p.rank, ".3g")),
        ("Tangent energy", True, lambda p: figure(p.worth(TANGENT_ENERGY), ".2f")),
        ("Attribute skill", True, lambda p: figure(p.worth(SKILL), ".2f")),
        ("Gap", True, lambda p: figure(p.member.gap, ".3g")),
        ("Steps", True, lambda p: f"{p.run.step:,}"),
        ("Time", True, lambda p: "" if p.run.seconds is None else duration(p.run.seconds)),
        ("State", False, lambda p: p.state),
        ("Front", False, lambda p: "●" if p in best else ""),
    ]
    columns = [c for c in columns if any(c[2](point) for point in view.points)]
    header = (*(view.labels[name] for name in names), *(title for title, _, _ in columns))
    shown = [
        (
            *(point.values.get(name, "none" if point.twin else "") for name in names),
            *(text(point) for _, _, text in columns),
        )
        for point in view.points
    ]
    numbers = (*(True for _ in names), *(number for _, number, _ in columns))
    return OutputTable(header, shown, numbers, header, shown, as_data(view, best))


COMMAND = CommandSpec(order=11, run=sweep)
