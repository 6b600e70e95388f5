"""`jnn-studio robustness`: does a low-rank Jacobian protect, and what does it cost?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jnn_studio.base.atomic import write_text
from jnn_studio.base.text import counted
from jnn_studio.cli.command_spec import CommandSpec
from jnn_studio.cli.output import FAILED, STOPPED, UsageError, complain, errors, reported, say, say_json
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import follow, watching
from jnn_studio.cli.signals import stop_on_signal
from jnn_studio.cli.tables import OutputTable, TableForm, put_out
from jnn_studio.training.configuration.config_file import read_config
from jnn_studio.training.configuration.presets import load_preset, preset_names
from jnn_studio.training.device import leave_a_core_free
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import is_run
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

if TYPE_CHECKING:  # slow to import
    from jnn_studio.labs.robustness.report import RobustnessReport

RUN = "run"
"""The run folder inside the folder of figures."""


def robustness(
    preset: Annotated[
        str, typer.Argument(help="robustness-quick, robustness, a config.toml, or the folder of such a run.")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="New folder for the run, figures and tables.", parser=path)
    ],
    data: Annotated[
        Path | None, typer.Option("--data", help="A folder or zip whose folders are classes.", parser=path)
    ] = None,
    eta: Annotated[str | None, typer.Option("--eta", help="η of the nuclear penalty, one strength.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", help="Optimiser steps of each network.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="auto, cpu, cuda or mps.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Train classifiers that differ in the regulariser alone, attack them; figures and a table.

    Given the folder of a run, its newest networks are measured, and nothing is trained.
    """
    # Imported here: the other commands need not wait for matplotlib.
    from jnn_studio.labs.robustness.attacks import check_available
    from jnn_studio.labs.robustness.config import RobustnessConfig
    from jnn_studio.labs.robustness.figures import write_figures
    from jnn_studio.labs.robustness.report import make_report, report_data
    from jnn_studio.labs.robustness.table import markdown

    leave_a_core_free()
    with reported():
        check_available()
        run = Path(preset)
        if not is_run(run):
            config = read_config(run) if preset.endswith(".toml") else load_preset(preset)
            if not isinstance(config, RobustnessConfig):
                known = ", ".join(preset_names({"robustness"}))
                raise UsageError(f"{preset} is a run of kind {config.kind!r}; give one of {known}")
            config = config.with_changes(data=data, eta=eta, steps=steps, device=device)
            run = out / RUN
            commands = Commands()
            with stop_on_signal(commands):
                ended = follow(start_run(config, run, commands), errors, "accuracy", _accuracy)
            if ended.state == "failed":
                complain(ended.reason)
                raise typer.Exit(FAILED)
            if ended.state != "finished":
                say(
                    "stopped before the end: give the run's folder in place of the preset to measure it "
                    "as it is"
                )
                raise typer.Exit(STOPPED)
        elif (data, eta, steps) != (None, None, None):
            raise UsageError(f"{preset} is a run that has been trained: there is nothing to change in it")
        with watching(errors, "Measuring") as watch:
            report = make_report(run, watch)
        out.mkdir(parents=True, exist_ok=True)
        written = write_figures(report, out)
        table = _table(report)
        for form, name in (
            (TableForm.csv, "table.csv"),
            (TableForm.latex, "table.tex"),
            (TableForm.json, "report.json"),
        ):
            put_out(table, form, out / name)
        write_text(out / "table.md", markdown(report))
    if as_json:
        say_json(report_data(report))
        return
    put_out(table, TableForm.table, None)
    say(
        "mean ± standard deviation over the repeats; *: of each regulariser the strongest of equal clean "
        "accuracy; "
        "HSJ: HopSkipJump, without gradients, on fewer images"
    )
    for row in report.rows:
        for one in row.failed:
            networks = counted(row.networks, "network")
            complain(f"{row.label}: it is not so that {one.words} ({one.networks} of {networks})")
    say(
        f"{counted(len(written), 'figure')}, table.csv, table.tex, table.md, report.json and the run in {out}"
    )


def _table(report: RobustnessReport) -> OutputTable:
    from jnn_studio.labs.robustness.report import report_data
    from jnn_studio.labs.robustness.table import cells, header, keys, shown_rows

    titles = header(report)
    numbers = [False, *(True for _ in titles[1:-1]), False]
    return OutputTable(titles, shown_rows(report), numbers, keys(report), cells(report), report_data(report))


def _accuracy(metrics: Metrics) -> str:
    """How often a regulariser's networks are right."""
    return f"{100 * metrics.terms['accuracy']:.0f} %" if "accuracy" in metrics.terms else ""


COMMAND = CommandSpec(order=45, run=robustness)
