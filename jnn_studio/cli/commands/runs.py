"""`jnn-studio runs`: the runs there are, one of them, several side by side, and what they logged."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jnn_studio.base.text import counted, printable
from jnn_studio.base.watch import Watch
from jnn_studio.cli.command_spec import CommandSpec
from jnn_studio.cli.output import UsageError, errors, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.cli.tables import OutputTable, TableForm, put_out
from jnn_studio.runs.choosing import RunFilter, run_called
from jnn_studio.runs.columns import COLUMNS, sort_key
from jnn_studio.runs.comparing import compared, settings_of
from jnn_studio.runs.exporting import LOGGED, SPECTRA, Row, as_data, for_json, last_spectra, logged_values
from jnn_studio.runs.index import RunIndex
from jnn_studio.runs.places import RunPlaces, standard_data_folder, standard_memory, standard_runs_folder
from jnn_studio.runs.summary import RunSummary
from jnn_studio.runs.tensorboard import TensorBoardRun

app = typer.Typer(
    no_args_is_help=True,
    help="List runs, show one, compare several, export what they logged.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
SortedBy = StrEnum("SortedBy", {key: key for key in COLUMNS})  # type: ignore[misc]
_FOLLOW_SECONDS = 2.0
_BEGUN = SortedBy("created")

Folders = Annotated[
    list[Path] | None,
    typer.Option(
        "--in", help="A folder of runs, or a run; again for more. Else those the window knows.", parser=path
    ),
]
Form = Annotated[TableForm, typer.Option("--format", "-f", help="What to write.")]
Out = Annotated[Path | None, typer.Option("--out", help="A file to write it to.", parser=path)]
Which = Annotated[list[str], typer.Argument(help="Runs by their folder, id (or how it begins) or name.")]


@app.command("list")
def list_runs(
    folders: Folders = None,
    text: Annotated[str, typer.Option("--text", help="Words in name, kind, data, tags, note or id.")] = "",
    state: Annotated[
        list[str] | None,
        typer.Option("--state", help="finished, training, stopped, died, …; again for more."),
    ] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="A kind of run; again for more.")] = None,
    sort: Annotated[SortedBy, typer.Option("--sort", help="By which column.")] = _BEGUN,
    descending: Annotated[bool, typer.Option("--descending", help="The other way round.")] = False,
    form: Form = TableForm.table,
    out: Out = None,
) -> None:
    """List runs: name, state, kind, data, η, steps, held-out PSNR, effective rank, gap, time."""
    with reported():
        there = _found(folders)
        asked = RunFilter(text, tuple(state or ()), tuple(kind or ()))
        runs = [run for run in there if asked.keeps(run)]
        column = COLUMNS[sort.value]
        runs.sort(key=lambda run: sort_key(column, run)[1:], reverse=descending)
        runs.sort(key=lambda run: sort_key(column, run)[0])  # what is not there stays last
        if form is TableForm.table and not runs and out is None:
            asked_all = asked == RunFilter()
            say("There are no runs here." if asked_all else f"None of {counted(len(there), 'run')} is so.")
            _say_where(folders)
            return
        put_out(_listed(runs), form, out)


@app.command("show")
def show_run(
    run: Annotated[str, typer.Argument(help="A run by its folder, id (or how it begins) or name.")],
    folders: Folders = None,
    form: Form = TableForm.table,
    out: Out = None,
) -> None:
    """Show one run: what it came to, each of its models, and its settings."""
    with reported():
        found = _chosen([run], folders)[0]
        rows = [(column.title, column.text(found)) for column in COLUMNS.values()]
        rows += [("Why", found.problem or found.reason), ("Notes", " ".join(found.notes))]
        if found.copy_of is not None:
            rows.append(("Copy of", str(found.copy_of)))
        for member in found.members:
            values = {"rank": member.rank, **member.last}
            words = (f"{term} {value:.5g}" for term, value in values.items() if value is not None)
            rows.append((member.label, ", ".join(words)))
        settings = settings_of(found.path)
        rows += [(name, value) for name, value in settings.items() if name != "schema_version"]
        rows = [(title, value) for title, value in rows if value]
        data = as_data(found) | {"settings": dict(settings)}
        put_out(OutputTable(("", found.name), rows, (False, False), ("name", "value"), rows, data), form, out)


@app.command("compare")
def compare_runs(
    runs: Which,
    folders: Folders = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what all of them have alike.")] = False,
    form: Form = TableForm.table,
    out: Out = None,
) -> None:
    """Compare runs: what they came to, and the settings in which they differ."""
    with reported():
        found = _chosen(runs, folders)
        if len(found) < 2:
            raise UsageError("give two runs or more to compare")
        rows = compared(found, [settings_of(run.path) for run in found])
        rows = [row for row in rows if row.differs or row.result or everything]
        names = _told_apart(found)
        mark = [("≠" if row.differs else "") for row in rows] if everything else []
        shown = [(row.name, *((mark[i],) if mark else ()), *row.values) for i, row in enumerate(rows)]
        header = ("", *(("",) if mark else ()), *names)
        data = {
            "runs": [as_data(run) for run in found],
            "rows": [{"name": r.name, "differs": r.differs, "values": list(r.values)} for r in rows],
        }
        keys = ("name", *(("differs",) if mark else ()), *names)
        put_out(OutputTable(header, shown, (False,) * len(header), keys, shown, data), form, out)


@app.command("export")
def export_runs(
    runs: Which,
    folders: Folders = None,
    term: Annotated[
        list[str] | None, typer.Option("--term", help="Only this term, such as total; again for more.")
    ] = None,
    spectra: Annotated[
        bool, typer.Option("--spectra", help="The last singular values of every model instead.")
    ] = False,
    form: Form = TableForm.csv,
    out: Out = None,
) -> None:
    """Write all that runs have logged: a row for each value."""
    with reported():
        if spectra and term:
            raise UsageError("--spectra has no terms; give one of the two")
        found = _chosen(runs, folders)
        header: tuple[str, ...] = SPECTRA if spectra else LOGGED
        rows: list[Row] = list(last_spectra(found) if spectra else logged_values(found, term or ()))
        if term and not rows:
            known = sorted({name for run in found for member in run.members for name in member.last})
            raise UsageError(
                f"nothing was logged as {', '.join(term)}; there are {', '.join(known) or 'none'}"
            )
        numbers = [name not in ("run", "id", "model", "term") for name in header]
        shown = [tuple(f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in row) for row in rows]
        data = [dict(zip(header, map(for_json, row), strict=True)) for row in rows]
        put_out(OutputTable(header, shown, numbers, header, rows, data), form, out)


@app.command("tensorboard")
def write_for_tensorboard(
    runs: Which,
    to: Annotated[
        Path, typer.Option("--to", help="The folder that TensorBoard is given as --logdir.", parser=path)
    ],
    folders: Folders = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on while they train, until all have ended or Ctrl-C.")
    ] = False,
) -> None:
    """Write what runs have logged for TensorBoard: scalars, singular values, previews, settings."""
    with reported(), suppress(KeyboardInterrupt):
        found = _chosen(runs, folders)
        names = [run.path.name for run in found]
        logs = {
            name if names.count(name) == 1 else f"{name} {run.id}": run
            for name, run in zip(names, found, strict=True)
        }
        written = {name: TensorBoardRun(run.path, to / name) for name, run in logs.items()}
        while True:
            more = [log.under_way for log in written.values()]
            for log in written.values():
                log.update()
            if not follow or not any(more):
                break
            time.sleep(_FOLLOW_SECONDS)
        for name, log in written.items():
            log.close()
            say(f"{name}: in {to / name}")
        say(f"tensorboard --logdir {shlex.quote(str(to))}")


def _listed(runs: Sequence[RunSummary]) -> OutputTable:
    columns = [column for column in COLUMNS.values() if column.in_list]
    shown = [tuple(_shown(run, column.key) for column in columns) for run in runs]
    cells = [tuple(_cell(run, key) for key in COLUMNS) for run in runs]
    return OutputTable(
        [column.title for column in columns],
        shown,
        [column.number for column in columns],
        list(COLUMNS),
        cells,
        [as_data(run) for run in runs],
    )


def _shown(run: RunSummary, key: str) -> str:
    """A cell; of what cannot be read the state says why."""
    return f"{run.state_word}: {run.problem}" if run.problem and key == "state" else COLUMNS[key].text(run)


def _cell(run: RunSummary, key: str) -> str | int | float:
    """Every digit of a number; a date as one."""
    column = COLUMNS[key]
    value = column.text(run) if key == "created" else column.value(run)
    return "" if value is None else value


def _chosen(names: Sequence[str], folders: Sequence[Path] | None) -> list[RunSummary]:
    """The runs that are named; folders among the names are looked into whether they are known or not."""
    given = [folder for name in names if (folder := path(name)).is_dir()]
    there = _found([*given, *(folders or (() if given and len(given) == len(names) else _known()))])
    found = (run_called(there, name) for name in names)
    return list({run.path: run for run in found}.values())


def _found(folders: Sequence[Path] | None) -> tuple[RunSummary, ...]:
    places = RunPlaces(standard_data_folder())
    where = [folder.absolute() for folder in folders] if folders else _known()
    # Only what the window looks at too is worth remembering.
    index = RunIndex(places.kept, None if folders else standard_memory())
    with watching(errors, "runs", transient=True) as watch:
        return index.refresh(where, Watch(watch.tell))


def _known() -> list[Path]:
    """Where the window looks."""
    return RunPlaces(standard_data_folder()).looked_into(standard_runs_folder())


def _say_where(folders: Sequence[Path] | None) -> None:
    looked = ", ".join(printable(str(folder)) for folder in folders or _known())
    say(f"Looked in {looked or printable(str(standard_runs_folder()))}; give other folders with --in.")


def _told_apart(runs: Sequence[RunSummary]) -> list[str]:
    """Names of runs, with ids where two are called the same."""
    names = [run.name for run in runs]
    return [f"{run.name} ({run.id})" if names.count(run.name) > 1 else run.name for run in runs]


COMMAND = CommandSpec(order=12, run=app)
