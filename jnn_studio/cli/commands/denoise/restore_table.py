"""`jnn-studio denoise restore-table`: operators × noise × priors over a folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jnn_studio.cli.commands.denoise.choosing import (
    Bundled,
    Limit,
    Models,
    Ships,
    all_finite,
    classical_there,
    label_of,
    opener,
)
from jnn_studio.cli.output import UsageError, complain, errors, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.cli.tables import OutputTable, TableForm, put_out
from jnn_studio.training.device import leave_a_core_free

if TYPE_CHECKING:  # slow to import
    from torch import Tensor

    from jnn_studio.base.watch import Watch
    from jnn_studio.labs.denoise.restoring.priors import DenoiserPrior
    from jnn_studio.labs.denoise.restoring.restore_table import RestoredRow
    from jnn_studio.models.weights import LoadedDenoiser

ONE_SIGMA = ", one σ"
"""What follows the method of a denoiser that knows one σ, in the table."""
_NAMES = {"seen": "What is seen", "total-variation": "Total variation"}
_KEYS = ("operator", "sigma", "prior", "images", "mean", "sd", "ahead", "ahead_low", "ahead_high")


def restore_table(
    images: Annotated[Path, typer.Argument(help="Folder or zip of clean photographs.", parser=path)],
    operators: Annotated[
        str, typer.Option("--operators", help="Only these, with commas between them; all if not given.")
    ] = "",
    sigma: Annotated[
        list[float],
        typer.Option("--sigma", min=0.0, max=4.0, callback=all_finite, help="Noise; again for more."),
    ] = [0.1, 0.5],  # noqa: B006  (Typer's way to say it)
    methods: Annotated[
        str, typer.Option("--methods", help="Priors, with commas between them; bm3d among them.")
    ] = "penalised,supervised",
    models: Models = None,
    bundled: Ships = Bundled.any,
    one_sigma: Annotated[
        bool,
        typer.Option(
            "--one-sigma", help="Also the bundled denoisers for the nearest σ alone, where others are told σ."
        ),
    ] = False,
    side: Annotated[int, typer.Option("--side", min=32, help="Of the centre squares, in pixels.")] = 128,
    limit: Limit = None,
    steps: Annotated[int, typer.Option("--steps", min=1, max=500, help="How often a prior is asked.")] = 12,
    strength: Annotated[float, typer.Option("--strength", min=0.01, help="How much a prior counts.")] = 1.0,
    form: Annotated[TableForm, typer.Option("--format", "-f", help="What to write.")] = TableForm.table,
    out: Annotated[Path | None, typer.Option("--out", help="A file to write it to.", parser=path)] = None,
) -> None:
    """Restoration over a folder: operators × σ × priors, with total variation as the control."""
    from jnn_studio.labs.denoise.denoisers.methods import BM3D
    from jnn_studio.labs.denoise.measuring.evaluation import list_photographs
    from jnn_studio.labs.denoise.restoring.restoration import PriorConfig
    from jnn_studio.labs.denoise.restoring.restore_table import OPERATORS, restore_squares, restored_rows

    leave_a_core_free()
    chosen = [name.strip() for name in operators.split(",") if name.strip()] or list(OPERATORS)
    wanted = [name.strip() for name in methods.split(",") if name.strip()]
    if unknown := [name for name in chosen if name not in OPERATORS]:
        raise typer.BadParameter(
            f"there is no operator {unknown[0]!r}; there are: {', '.join(OPERATORS)}",
            param_hint="--operators",
        )
    with reported():
        if BM3D in wanted and not classical_there((BM3D,)):
            wanted.remove(BM3D)
        if not wanted:
            raise UsageError("give at least one prior with --methods")
        with closing(list_photographs(images.absolute())) as listing:
            squares = _squares(listing, side, limit)
        if not squares:
            raise UsageError(f"no photograph in {images} has {side} × {side} pixels")
        config = PriorConfig(strength=strength, steps=steps)
        with watching(errors, "") as watch:
            opened = opener(models, bundled)
            priors = {value: _priors(wanted, opened, one_sigma, value, watch) for value in sigma}
            found = list(restore_squares(squares, chosen, sigma, priors, config, watch))
        put_out(_table(restored_rows(found), side), form, out)
    if form is TableForm.table:
        say(_convention(side), errors)


def _priors(
    wanted: list[str],
    opened: Callable[[float], Mapping[str, LoadedDenoiser]],
    one_sigma: bool,
    noise: float,
    watch: Watch,
) -> dict[str, DenoiserPrior]:
    """What is asked, by the name that the table has for it; one denoiser for one σ alone is called that."""
    from jnn_studio.labs.denoise.denoisers.methods import (
        BM3D,
        bundled_denoisers,
        bundled_sigmas,
        nearest_sigma,
    )
    from jnn_studio.labs.denoise.restoring.priors import OneSigmaPrior, bm3d_prior, prior_of

    networks = [name for name in wanted if name != BM3D]
    there = opened(noise) if networks else {}
    found: dict[str, DenoiserPrior] = {}
    for name in networks:
        if name not in there:
            raise UsageError(f"there is no denoiser {name!r}; there are: {', '.join(there)}")
        prior = prior_of(there[name], watch)
        if prior is None:
            raise UsageError(f"the file of {name!r} does not say for which σ it was trained")
        found[f"{name}{ONE_SIGMA}" if isinstance(prior, OneSigmaPrior) else name] = prior
    if one_sigma and networks:
        alone = bundled_denoisers(nearest_sigma(bundled_sigmas(), noise))
        for name in networks:
            if name in alone and (prior := prior_of(alone[name], watch)) is not None:
                found.setdefault(f"{name}{ONE_SIGMA}", prior)
    if BM3D in wanted:
        found[BM3D] = bm3d_prior(watch)
    return found


def _squares(listing: Any, side: int, limit: int | None) -> dict[str, Tensor]:
    """Centre squares in [-1, 1] of the first so many photographs that are large enough."""
    from jnn_studio.data.errors import UnreadableImageError
    from jnn_studio.data.photo import decode_photo
    from jnn_studio.labs.denoise.noisy.noise import to_signed

    found: dict[str, Tensor] = {}
    for index, name in enumerate(listing.names):
        if len(found) == limit:
            break
        try:
            with listing.open(index) as file:
                pixels = decode_photo(file, name).channels
        except (UnreadableImageError, OSError) as error:
            complain(f"{name}: {error}")
            continue
        height, width = pixels.shape[:2]
        if min(height, width) < side:
            complain(f"{name}: {width} × {height} pixels, less than {side} × {side}")
            continue
        top, left = (height - side) // 2, (width - side) // 2
        found[name] = to_signed(pixels[top : top + side, left : left + side])
    return found


def _convention(side: int) -> str:
    from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS

    return (
        f"{CONVENTIONS['psnr_plain'].label}, mean ± standard deviation over centre squares of {side} pixels. "
        "Ahead: mean difference to total variation on the same problems, with its 95 % confidence interval. "
        "Priors that are told σ are told a falling one, the others the one they were trained for"
    )


def _label(prior: str) -> str:
    method = prior.removesuffix(ONE_SIGMA)
    return label_of(method) + prior[len(method) :]


def _table(rows: tuple[RestoredRow, ...], side: int) -> OutputTable:
    shown, cells, records = [], [], []
    for row in rows:
        ahead = row.ahead
        interval = (None, None, None) if ahead is None else (ahead.mean, ahead.low, ahead.high)
        sd = row.sd if math.isfinite(row.sd) else None
        values = (row.operator, row.noise, row.prior, row.images, row.mean, sd, *interval)
        records.append(dict(zip(_KEYS, values, strict=True)))
        cells.append(["" if value is None else value for value in values])
        spread = f"{row.mean:.2f}" if sd is None else f"{row.mean:.2f} ± {sd:.2f}"
        words = "—" if ahead is None else f"{ahead.mean:+.2f} [{ahead.low:+.2f}, {ahead.high:+.2f}]"
        name = _NAMES.get(row.prior) or _label(row.prior)
        shown.append((row.operator, f"{row.noise:g}", name, spread, str(row.images), words))
    header = ("Operator", "σ", "Prior", "PSNR (plain)", "Images", "Ahead of total variation by")
    data = {"convention": _convention(side), "rows": records}
    return OutputTable(header, shown, (False, True, False, True, True, True), _KEYS, cells, data)
