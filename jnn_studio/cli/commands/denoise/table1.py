"""`jnn-studio denoise table1`: the paper's Table 1 beside our own values, in its own convention."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from jnn_studio.cli.commands.denoise.choosing import Limit, NoiseSeed, all_finite, classical_there
from jnn_studio.cli.output import UsageError, complain, errors, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.cli.tables import OutputTable, TableForm, put_out
from jnn_studio.training.device import leave_a_core_free

if TYPE_CHECKING:  # slow to import
    from jnn_studio.labs.denoise.measuring.evaluation import EvaluationSettings
    from jnn_studio.labs.denoise.measuring.network_sets import NetworkSet
    from jnn_studio.labs.denoise.measuring.paired import Paired
    from jnn_studio.labs.denoise.measuring.table1 import Dataset, Table1Row

# As in the lab, whose modules are slow to import.
_Dataset = Literal["cbsd68", "imagenet"]
_NONE = "—"
_SHOWN = ("sigma", "networks", "method", "published_mean", "published_sd", "mean", "sd", "images")
_KEYS = (*_SHOWN, "penalised_ahead", "penalised_ahead_low", "penalised_ahead_high")
_EQUALLY = "one run trains all its methods alike"


def table1(
    images: Annotated[Path, typer.Argument(help="Folder or zip of clean photographs.", parser=path)],
    sigma: Annotated[
        list[float], typer.Option("--sigma", min=0.01, callback=all_finite, help="σ; again for more.")
    ] = [1.0, 2.0],  # noqa: B006  (Typer's way to say it)
    dataset: Annotated[
        _Dataset, typer.Option("--as", help="What the photographs are treated as, and compared with.")
    ] = "cbsd68",
    models: Annotated[
        list[Path] | None,
        typer.Option(
            "--models",
            help="A run or weights, taken for the σ they were trained on, or can be told; again for more. "
            "Without any that fit, those that ship.",
            parser=path,
        ),
    ] = None,
    limit: Limit = None,
    seed: NoiseSeed = 0,
    form: Annotated[TableForm, typer.Option("--format", "-f", help="What to write.")] = TableForm.table,
    out: Annotated[Path | None, typer.Option("--out", help="A file to write it to.", parser=path)] = None,
) -> None:
    """The paper's Table 1 and ours, with paired differences. Interrupted, it goes on where it was."""
    from jnn_studio.labs.denoise.denoisers.methods import CLASSICAL
    from jnn_studio.labs.denoise.measuring.evaluation import (
        Measured,
        Results,
        Skipped,
        evaluate,
        kept_at,
        list_photographs,
    )
    from jnn_studio.labs.denoise.measuring.network_sets import (
        NetworkSet,
        bundled_sets,
        made_for,
        own_sets,
        strong_sets,
    )
    from jnn_studio.labs.denoise.measuring.table1 import settings_for, table1_rows

    leave_a_core_free()
    rows: list[Table1Row] = []
    with reported():
        choices = (own_sets(models or []), bundled_sets(), strong_sets())
        notes: list[str] = []
        asked = []
        for value in sigma:
            settings = settings_for(dataset, value, seed)
            sets = next(filter(None, (made_for(one, settings) for one in choices)), ())
            notes += [note for one in sets for note in _notes(one, settings)] or [_lacking(value)]
            asked.append((settings, sets or (NetworkSet("", {}),)))
        classical = classical_there(CLASSICAL)
        with closing(list_photographs(images.absolute())) as listing:
            indices = range(len(listing.names))[:limit]
            for settings, sets in asked:
                results = Results(kept_at(settings))
                skipped: set[Skipped] = set()
                for one in sets:
                    measured = []
                    what = " ".join(filter(None, (f"σ = {settings.sigma:g}", one.label)))
                    with watching(errors, what) as watch:
                        for found in evaluate(
                            listing, indices, one.denoisers, classical, settings, results, watch
                        ):
                            if isinstance(found, Measured):
                                measured.append(found)
                            elif found not in skipped:
                                skipped.add(found)
                                complain(found.words)
                    rows += table1_rows(dataset, settings.sigma, one.label, measured)
        if not any(row.images for row in rows):
            raise UsageError(f"nothing could be measured on {images}")
        put_out(_table(rows, dataset, notes), form, out)
    for note in (_convention(dataset), *notes) if form is TableForm.table else ():
        say(note, errors)


def _notes(networks: NetworkSet, settings: EvaluationSettings) -> list[str]:
    """What has to be known of a set of networks to judge its rows."""
    from jnn_studio.labs.denoise.denoisers.telling import range_of
    from jnn_studio.labs.denoise.measuring.table1 import training_of

    words, alike = training_of(networks.denoisers)
    whose = f"σ = {settings.sigma:g}, networks {networks.label}"
    if not alike:
        complain(f"{whose}: these networks are not trained alike, so do not compare them: {_EQUALLY}")
    told = any(range_of(loaded) is not None for loaded in networks.denoisers.values())
    telling = f", told σ = {settings.signed_sigma:g} of images brought to [-1, 1]" if told else ""
    return [f"{whose}: {words}{telling}; the paper's have 13.9 M"]


def _lacking(sigma: float) -> str:
    return (
        f"σ = {sigma:g}: no networks made for it ship with the program; train some with the preset denoise "
        f"and noise.sigma = {sigma:g}, and give the run with --models"
    )


def _convention(dataset: Dataset) -> str:
    from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS

    loaded = (
        "images in [0, 1] with this σ, which doubles the noise relative to the image, without their last row "
        "and column"
        if dataset == "cbsd68"
        else "centre squares of 256 pixels in [-1, 1]"
    )
    known = CONVENTIONS["psnr_paper"]
    return (
        f"{known.label}, mean ± standard deviation over images. {known.text} As the paper with {dataset}: "
        f"{loaded}. Penalised ahead by: mean difference on the same noisy images, with its 95 % confidence "
        "interval. The published figures are of the paper's own images"
    )


def _table(rows: list[Table1Row], dataset: Dataset, notes: list[str]) -> OutputTable:
    from jnn_studio.labs.denoise.denoisers.methods import METHODS

    header = ("σ", "Networks", "Method", "Published", "Here", "Images", "Penalised ahead by")
    shown = [
        (
            f"{row.sigma:g}",
            row.networks or _NONE,
            METHODS[row.method].label,
            _spread(*row.published) if row.published else _NONE,
            _spread(row.mean, row.sd) if row.images else _NONE,
            str(row.images),
            _words(row.behind),
        )
        for row in rows
    ]
    records = [dict(zip(_KEYS, _values(row), strict=True)) for row in rows]
    cells = [["" if value is None else value for value in record.values()] for record in records]
    data: dict[str, Any] = {
        "as": dataset,
        "convention": _convention(dataset),
        "notes": notes,
        "rows": records,
    }
    return OutputTable(header, shown, (True, False, False, True, True, True, True), _KEYS, cells, data)


def _values(row: Table1Row) -> list[Any]:
    published, behind = row.published or (None, None), row.behind
    interval = (None, None, None) if behind is None else (behind.mean, behind.low, behind.high)
    numbers = [number if math.isfinite(number) else None for number in (row.mean, row.sd)]
    return [row.sigma, row.networks, row.method, *published, *numbers, row.images, *interval]


def _spread(mean: float, sd: float) -> str:
    return f"{mean:.2f} ± {sd:.2f}" if math.isfinite(sd) else f"{mean:.2f}"


def _words(behind: Paired | None) -> str:
    return _NONE if behind is None else f"{behind.mean:+.2f} [{behind.low:+.2f}, {behind.high:+.2f}]"
