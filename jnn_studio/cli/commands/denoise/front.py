"""`jnn-studio denoise front`: where methods stand from weak to strong noise, and what they cost."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jnn_studio.cli.commands.denoise.choosing import (
    Limit,
    NoiseSeed,
    all_finite,
    classical_there,
    label_of,
)
from jnn_studio.cli.output import UsageError, complain, errors, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.cli.tables import OutputTable, TableForm, put_out
from jnn_studio.training.device import leave_a_core_free

if TYPE_CHECKING:  # slow to import
    from jnn_studio.labs.denoise.measuring.front import FrontRow
    from jnn_studio.labs.denoise.measuring.paired import Paired

_NONE = "—"
_MEASURES = ("psnr_plain", "psnr_plain_sd", "psnr_paper", "psnr_paper_sd")
_AHEAD = ("ahead", "ahead_low", "ahead_high")
_KEYS = (
    *("sigma", "method", "networks", "weights", "seconds_per_megapixel", "images"),
    *_MEASURES,
    *_AHEAD,
    "worse_than_input",
    "sigma_estimated",
)
_WORSE = "worse than its input"


def front(
    images: Annotated[Path, typer.Argument(help="Folder or zip of clean photographs.", parser=path)],
    sigma: Annotated[
        list[float] | None,
        typer.Option(
            "--sigma",
            min=0.001,
            callback=lambda given: given and all_finite(given),
            help="σ; again for more; from 0.02 to 2 if not given.",
        ),
    ] = None,
    crop: Annotated[
        int, typer.Option("--crop", min=16, help="Side of the centre square that is used.")
    ] = 256,
    limit: Limit = None,
    models: Annotated[
        list[Path] | None,
        typer.Option(
            "--models",
            help="A run or weights, beside those that ship; again for more.",
            parser=path,
        ),
    ] = None,
    methods: Annotated[
        str, typer.Option("--methods", help="Of each set of networks only these, with commas between them.")
    ] = "penalised,supervised",
    estimated: Annotated[
        bool,
        typer.Option(
            "--estimated", help="Networks that are told σ also told the one estimated of each noisy image."
        ),
    ] = False,
    seed: NoiseSeed = 0,
    form: Annotated[TableForm, typer.Option("--format", "-f", help="What to write.")] = TableForm.table,
    out: Annotated[Path | None, typer.Option("--out", help="A file to write it to.", parser=path)] = None,
) -> None:
    """Weights, seconds and decibels of BM3D and all networks over σ. Interrupted, it goes on where it was."""
    from jnn_studio.labs.denoise.denoisers.methods import CLASSICAL
    from jnn_studio.labs.denoise.measuring.evaluation import (
        EvaluationSettings,
        Measured,
        Results,
        kept_at,
        list_photographs,
    )
    from jnn_studio.labs.denoise.measuring.front import SIGMAS, front_rows, measure_front
    from jnn_studio.labs.denoise.measuring.network_sets import (
        bundled_sets,
        of_methods,
        own_sets,
        with_estimates,
    )

    leave_a_core_free()
    rows: list[FrontRow] = []
    with reported():
        wanted = [name.strip() for name in methods.split(",") if name.strip()]
        sets = of_methods((*bundled_sets(), *own_sets(models or [])), wanted)
        if estimated:
            sets = with_estimates(sets)
        classical = classical_there(CLASSICAL)
        with closing(list_photographs(images.absolute())) as listing:
            indices = range(len(listing.names))[:limit]
            for value in sigma or SIGMAS:
                settings = EvaluationSettings(value, crop=crop, seed=seed)
                results = Results(kept_at(settings))
                measured = []
                with watching(errors, f"σ = {value:g}") as watch:
                    for label, found in measure_front(
                        listing, indices, sets, classical, settings, results, watch
                    ):
                        if isinstance(found, Measured):
                            measured.append((label, found))
                        else:
                            complain(found.words)
                rows += front_rows(value, sets, measured)
        if not rows:
            raise UsageError(f"nothing could be measured on {images}")
        put_out(_table(rows, crop), form, out)
    if form is TableForm.table:
        say(_convention(crop), errors)


def _convention(crop: int) -> str:
    from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS

    known = " ".join(f"{CONVENTIONS[name].label}: {CONVENTIONS[name].text}" for name in _MEASURES[::2])
    return (
        f"Mean ± standard deviation over centre squares of at most {crop} pixels in [-1, 1]. {known} "
        "Ahead: mean difference of the plain PSNR to BM3D in opponent colours on the same noisy images, with "
        "its 95 % confidence interval. Seconds are those it took when it was measured, of BM3D with starting "
        'its process. Networks of different sets were not trained alike. Behind "σ estimated" stands the '
        "median of the estimates"
    )


def _table(rows: list[FrontRow], crop: int) -> OutputTable:
    from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS

    labels = [CONVENTIONS[name].label for name in _MEASURES[::2]]
    header = ("σ", "Method", "Networks", "Weights", "s/MP", *labels, "Images", "Ahead of BM3D by", "")
    shown = [
        (
            f"{row.sigma:g}",
            label_of(row.method),
            (row.networks or _NONE) + ("" if row.estimated is None else f" ({row.estimated:.3g})"),
            _NONE if row.weights is None else f"{row.weights / 1e6:.2f} M",
            _NONE if row.seconds is None else f"{row.seconds:.3g}",
            _spread(*row.plain),
            _spread(*row.paper),
            str(row.images),
            _words(row.ahead),
            _WORSE if row.worse else "",
        )
        for row in rows
    ]
    records = [dict(zip(_KEYS, _values(row), strict=True)) for row in rows]
    cells = [["" if value is None else value for value in record.values()] for record in records]
    right = (True, False, False, True, True, True, True, True, True, False)
    data: dict[str, Any] = {"convention": _convention(crop), "rows": records}
    return OutputTable(header, shown, right, _KEYS, cells, data)


def _values(row: FrontRow) -> list[Any]:
    numbers = [number if math.isfinite(number) else None for number in (*row.plain, *row.paper)]
    ahead = row.ahead
    interval = (None, None, None) if ahead is None else (ahead.mean, ahead.low, ahead.high)
    what = [row.sigma, row.method, row.networks, row.weights, row.seconds, row.images]
    return [*what, *numbers, *interval, "yes" if row.worse else "no", row.estimated]


def _spread(mean: float, sd: float) -> str:
    if not math.isfinite(mean):
        return _NONE
    return f"{mean:.2f} ± {sd:.2f}" if math.isfinite(sd) else f"{mean:.2f}"


def _words(ahead: Paired | None) -> str:
    return _NONE if ahead is None else f"{ahead.mean:+.2f} [{ahead.low:+.2f}, {ahead.high:+.2f}]"
