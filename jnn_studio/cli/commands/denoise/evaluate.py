"""`jnn-studio denoise evaluate`: every method on a folder, as the rows of a table."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from jnn_studio.cli.commands.denoise.choosing import (
    Bundled,
    Limit,
    Models,
    NoiseSeed,
    Peak,
    Ships,
    classical_there,
    denoisers_for,
    finite,
    label_of,
)
from jnn_studio.cli.output import FAILED, UsageError, complain, errors, reported, say, say_json
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.cli.tables import OutputTable, TableForm, put_out
from jnn_studio.models.weights import LoadedDenoiser
from jnn_studio.training.device import leave_a_core_free

if TYPE_CHECKING:  # slow to import
    from jnn_studio.base.csv_file import Cell
    from jnn_studio.labs.denoise.measuring.evaluation import EvaluationSettings, Measured, Row, Skipped

_DIGITS = {"psnr_paper": 2, "psnr_plain": 2, "ssim": 3}
# As in the lab, whose modules are slow to import.
_Range = Literal["-1..1", "0..1"]


def evaluate(
    images: Annotated[
        Path, typer.Option("--images", help="Folder or zip of clean photographs.", parser=path)
    ],
    sigma: Annotated[
        float | None,
        typer.Option(
            "--sigma", min=0.0, callback=finite, help="σ of the noise; 1, or 0 beside photons, if not given."
        ),
    ] = None,
    peak: Peak = None,
    range_: Annotated[
        _Range, typer.Option("--range", help="Black and white: -1..1, or 0..1 as the paper's CBSD68 script.")
    ] = "-1..1",
    models: Models = None,
    bundled: Ships = Bundled.any,
    methods: Annotated[str, typer.Option("--methods", help="Only these, with commas between them.")] = "",
    crop: Annotated[
        int | None, typer.Option("--crop", min=1, help="Only the centre square of this side.")
    ] = None,
    limit: Limit = None,
    seed: NoiseSeed = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where values are kept as they are found; by default a cache.", parser=path
        ),
    ] = None,
    form: Annotated[TableForm, typer.Option("--format", "-f", help="What to print.")] = TableForm.table,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Mean PSNR and SSIM of every method over a folder. Interrupted, it goes on where it was."""
    # Imported here: the other commands need not wait for scikit-image.
    from jnn_studio.labs.denoise.denoisers import bm3d
    from jnn_studio.labs.denoise.denoisers.methods import CLASSICAL
    from jnn_studio.labs.denoise.measuring.evaluation import (
        EvaluationSettings,
        Results,
        Skipped,
        evaluate,
        kept_at,
        list_photographs,
        rows,
    )
    from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS

    leave_a_core_free()
    sigma = (1.0 if peak is None else 0.0) if sigma is None else sigma
    if peak is not None and range_ != "-1..1":
        raise typer.BadParameter("photons are counted for images in -1..1 alone", param_hint="--range")
    ways = (True,) if peak is None else (True, False)
    tables: list[tuple[EvaluationSettings, tuple[Row, ...], list[Skipped], dict[str, LoadedDenoiser]]] = []
    values: list[list[Measured]] = []
    with reported(), closing(list_photographs(images.absolute())) as listing:
        for stabilised in ways:
            settings = EvaluationSettings(sigma, range_, crop, seed, peak, stabilised)
            denoisers = denoisers_for(models, settings.noise.told(stabilised), bundled)
            chosen, wanted = _chosen(methods, denoisers)
            classical = classical_there(wanted)
            indices = range(len(listing.names))[:limit]
            results = Results(out or kept_at(settings))
            measured: list[Measured] = []
            skipped: list[Skipped] = []
            values.append(measured)
            with watching(errors, "") as watch:
                for found in evaluate(listing, indices, chosen, classical, settings, results, watch):
                    if not isinstance(found, Skipped):
                        measured.append(found)
                    else:
                        skipped.append(found)
            tables.append((settings, rows(measured), skipped, denoisers))
            for gap in skipped:
                complain(gap.words)
    if not any(table for _, table, _, _ in tables):
        raise typer.Exit(FAILED)
    if as_json or form is TableForm.json:
        say_json(_as_json(tables))
        return
    if form is not TableForm.table:
        put_out(_written([table for _, table, _, _ in tables], values, peak), form, None)
        return
    for settings, table, _, _ in tables:
        _show(table, settings)
    for convention in CONVENTIONS.values():
        say(f"{convention.label}: {convention.text}")
    say(f"values of every image in {results.path}")
    if any(row.method in CLASSICAL for _, table, _, _ in tables for row in table):
        say(bm3d.LICENCE)


def _chosen(
    methods: str, denoisers: dict[str, LoadedDenoiser]
) -> tuple[dict[str, LoadedDenoiser], tuple[str, ...]]:
    """The denoisers to measure, and those of the methods that learn nothing."""
    from jnn_studio.labs.denoise.denoisers.methods import CLASSICAL

    if not methods:
        return denoisers, CLASSICAL
    wanted = [name.strip() for name in methods.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in denoisers and name not in CLASSICAL]
    if unknown:
        known = ", ".join((*denoisers, *CLASSICAL))
        raise UsageError(f"there is no denoiser {unknown[0]!r}; there are: {known}")
    chosen = {key: loaded for key, loaded in denoisers.items() if key in wanted}
    return chosen, tuple(key for key in CLASSICAL if key in wanted)


def _written(tables: list[tuple[Row, ...]], values: list[list[Measured]], peak: float | None) -> OutputTable:
    """The rows as they are to be written down; of counted photons stabilised first, then as they are."""
    from jnn_studio.labs.denoise.measuring.evaluation_table import CSV_HEADER, csv_cells
    from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS

    ways: list[list[Cell]] = [[]] if peak is None else [["stabilised"], ["as it is"]]
    cells = [[*way, *row] for way, found in zip(ways, values, strict=True) for row in csv_cells(found)]
    shown = [
        [*map(str, way), label_of(row.method), str(row.images), *(_cell_of(row, name) for name in _DIGITS)]
        for way, table in zip(ways, tables, strict=True)
        for row in table
    ]
    first = [] if peak is None else ["variance"]
    heads = [*(name.capitalize() for name in first), "Method", "Images"]
    return OutputTable(
        [*heads, *(CONVENTIONS[name].label for name in _DIGITS)],
        shown,
        [*(False for _ in first), False, True, *(True for _ in _DIGITS)],
        [*first, *CSV_HEADER],
        cells,
        None,
    )


def _show(table: tuple[Row, ...], settings: EvaluationSettings) -> None:
    from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS

    way = "" if settings.peak is None else ", stabilised" if settings.stabilised else ", taken as it is"
    range_ = settings.range.replace("..", " to ")
    say(f"{settings.noise.words}{way}, images in {range_}, mean ± sd over images")
    heads = [CONVENTIONS[name].label for name in _DIGITS]
    say(f"{'':24} {'images':>6}  " + "  ".join(f"{head:>16}" for head in heads))
    for row in table:
        cells = [_cell_of(row, name) for name in _DIGITS]
        say(f"{label_of(row.method):24} {row.images:6}  " + "  ".join(f"{cell:>16}" for cell in cells))


def _cell_of(row: Row, name: str) -> str:
    return _cell(row.mean[name], row.sd[name], _DIGITS[name])


def _cell(mean: float, sd: float, digits: int) -> str:
    """A spread there is only of several; without noise every PSNR is infinite."""
    if not math.isfinite(mean):
        return "∞" if math.isinf(mean) else "undefined"
    spread = f"{sd:6.{digits}f}" if math.isfinite(sd) else f"{'—':>6}"
    return f"{mean:7.{digits}f} ± {spread}"


def _as_json(
    tables: list[tuple[EvaluationSettings, tuple[Row, ...], list[Skipped], dict[str, LoadedDenoiser]]],
) -> dict[str, Any]:
    from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS

    def plain(values: Any) -> dict[str, float | None]:
        return {name: value if math.isfinite(value) else None for name, value in values.items()}

    settings = tables[0][0]
    photons: dict[str, Any] = {} if settings.peak is None else {"peak": settings.peak}
    found, gaps = [], []
    for own, table, skipped, _ in tables:
        way: dict[str, Any] = {} if own.peak is None else {"stabilised": own.stabilised}
        found += [
            {"method": row.method, **way, "images": row.images, "mean": plain(row.mean), "sd": plain(row.sd)}
            for row in table
        ]
        gaps += [{"image": gap.image, "method": gap.method, "reason": gap.reason} for gap in skipped]
    return {
        "sigma": settings.sigma,
        **photons,
        "range": settings.range,
        "crop": settings.crop,
        "seed": settings.seed,
        "conventions": {name: convention.text for name, convention in CONVENTIONS.items()},
        "denoisers": {key: dict(loaded.info) for key, loaded in tables[0][3].items()},
        "rows": found,
        "skipped": gaps,
    }
