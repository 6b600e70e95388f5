"""`jnn-studio denoise`: every method on a folder, as in the paper's Table 1, or one on a photograph."""

from __future__ import annotations

import hashlib
import math
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from platformdirs import user_cache_path

from jnn_studio.cli.command_spec import CommandSpec
from jnn_studio.cli.output import UsageError, complain, errors, reported, say, say_json
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.models.weights import LoadedDenoiser
from jnn_studio.training.device import leave_a_core_free

if TYPE_CHECKING:  # slow to import
    from jnn_studio.labs.denoise.evaluation import EvaluationSettings, Row, Skipped

app = typer.Typer(help="Denoising learnt from noisy images alone, beside methods that are given more.")

# As in the lab, whose modules are slow to import.
_Range = Literal["-1..1", "0..1"]
_Task = Literal["missing", "scratches", "gaussian", "motion"]

Models = Annotated[
    Path | None,
    typer.Option(
        "--models", help="A run, a folder of weights or one file; bundled ones if not given.", parser=path
    ),
]


def _finite(sigma: float | None) -> float | None:
    if sigma is not None and not math.isfinite(sigma):
        raise typer.BadParameter(f"must be a finite number, not {sigma:g}")
    return sigma


Sigma = Annotated[float, typer.Option("--sigma", min=0.0, callback=_finite, help="σ of the noise.")]


@app.command()
def evaluate(
    images: Annotated[
        Path, typer.Option("--images", help="Folder or zip of clean photographs.", parser=path)
    ],
    sigma: Sigma = 1.0,
    range_: Annotated[
        _Range, typer.Option("--range", help="Black and white: -1..1, or 0..1 as the paper's CBSD68 script.")
    ] = "-1..1",
    models: Models = None,
    methods: Annotated[str, typer.Option("--methods", help="Only these, with commas between them.")] = "",
    crop: Annotated[
        int | None, typer.Option("--crop", min=1, help="Only the centre square of this side.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Only the first so many images.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the noise.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where values are kept as they are found; by default a cache.", parser=path
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Mean PSNR and SSIM of every method over a folder. Interrupted, it goes on where it was."""
    # Imported here: the other commands need not wait for scikit-image.
    from jnn_studio.labs.denoise import bm3d
    from jnn_studio.labs.denoise.evaluation import (
        EvaluationSettings,
        Measured,
        Results,
        evaluate,
        list_photographs,
        rows,
    )
    from jnn_studio.labs.denoise.methods import BM3D

    leave_a_core_free()
    settings = EvaluationSettings(sigma, range_, crop, seed)
    with reported():
        denoisers = _denoisers(models, sigma)
        chosen, with_bm3d = _chosen(methods, denoisers)
        if with_bm3d and not bm3d.available():
            with_bm3d = False
            complain(bm3d.HOW_TO_GET)
        with closing(list_photographs(images.absolute())) as listing:
            indices = range(len(listing.names))[:limit]
            results = Results(out or _cache(settings))
            measured, skipped = [], []
            with watching(errors, "") as watch:
                for found in evaluate(listing, indices, chosen, with_bm3d, settings, results, watch):
                    if isinstance(found, Measured):
                        measured.append(found)
                    else:
                        skipped.append(found)
    table = rows(measured)
    for gap in skipped:
        complain(f"{gap.image}{', ' + gap.method if gap.method else ''}: {gap.reason}")
    if not table:
        raise typer.Exit(1)
    if as_json:
        say_json(_as_json(table, skipped, settings, denoisers))
        return
    _show(table, settings)
    say(f"values of every image in {results.path}")
    if with_bm3d and any(row.method == BM3D for row in table):
        say(bm3d.LICENCE)


@app.command()
def image(
    photo: Annotated[Path, typer.Argument(help="A photograph of any size.", parser=path)],
    out: Annotated[
        Path, typer.Argument(help="Picture to write: .png, .jpg, .webp, .tif or .bmp.", parser=path)
    ],
    sigma: Annotated[
        float | None,
        typer.Option(
            "--sigma",
            min=0.0,
            callback=_finite,
            help="σ of its noise, for images in [-1, 1]; else estimated.",
        ),
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="penalised, supervised, noise2noise, bm3d, …")
    ] = "penalised",
    models: Models = None,
    add_noise: Annotated[
        bool, typer.Option("--add-noise", help="The photo is clean: add noise first.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of that noise.")] = 0,
) -> None:
    """Denoise one photograph."""
    from jnn_studio.data.image_formats import format_to_write
    from jnn_studio.data.photo import read_photo
    from jnn_studio.data.pixels import write_picture
    from jnn_studio.labs.denoise import bm3d, noise
    from jnn_studio.labs.denoise.measures import CONVENTIONS, quality
    from jnn_studio.labs.denoise.methods import BM3D, trained_sigma
    from jnn_studio.labs.denoise.tiling import denoise_photo

    leave_a_core_free()
    if add_noise and sigma is None:
        raise typer.BadParameter("say how much noise to add", param_hint="--sigma")
    with reported():
        format_to_write(out)
        seen = clean = noise.to_signed(read_photo(photo).channels)
        if add_noise:
            assert sigma is not None
            seen = noise.add_noise(clean, sigma, seed)
        found = noise.estimate_sigma(seen) if sigma is None else sigma
        if method == BM3D:
            result = bm3d.denoise_bm3d(seen, found)
        else:
            denoisers = _denoisers(models, found)
            if method not in denoisers:
                raise UsageError(f"there is no denoiser {method!r}; there are: {', '.join(denoisers)}, bm3d")
            trained = trained_sigma(denoisers[method])
            if trained is not None and not math.isclose(trained, found, rel_tol=0.1):
                complain(f"this denoiser was trained on σ = {trained:g}; the image has about {found:.2g}")
            result = denoise_photo(denoisers[method].model, seen)
        write_picture(noise.to_pixels(result), out)
    if add_noise:
        value = quality(result, clean)
        say(
            f"{CONVENTIONS['psnr_paper'].label} {value.psnr_paper:.2f} dB, "
            f"{CONVENTIONS['psnr_plain'].label} {value.psnr_plain:.2f} dB"
        )
    say(f"{out}, taken as having noise of σ = {found:.3g} in [-1, 1]")


@app.command()
def restore(
    photo: Annotated[
        Path, typer.Argument(help="A clean photograph; what is seen of it is made from it.", parser=path)
    ],
    out: Annotated[
        Path,
        typer.Argument(help="Picture to write: what the learnt prior makes of what is seen.", parser=path),
    ],
    task: Annotated[_Task, typer.Option("--task", help="What is to be undone.")] = "missing",
    share: Annotated[float, typer.Option("--share", help="How much is missing or scratched.")] = 0.5,
    width: Annotated[float, typer.Option("--width", help="σ of the Gaussian blur in pixels.")] = 2.0,
    length: Annotated[float, typer.Option("--length", help="Length of the motion in pixels.")] = 15.0,
    angle: Annotated[float, typer.Option("--angle", help="Its angle in degrees.")] = 20.0,
    sigma: Annotated[
        float, typer.Option("--sigma", help="σ of the noise on what is seen, in [-1, 1].")
    ] = 0.5,
    strength: Annotated[float, typer.Option("--strength", help="How much the prior counts.")] = 1.0,
    steps: Annotated[int, typer.Option("--steps", help="How often the denoiser is asked.")] = 12,
    method: Annotated[str, typer.Option("--method", help="penalised, supervised, …")] = "penalised",
    models: Models = None,
    seed: Annotated[int, typer.Option("--seed", help="Which pixels are lost, and which noise.")] = 0,
    seen: Annotated[Path | None, typer.Option("--seen", help="Also write what is seen.", parser=path)] = None,
    smooth: Annotated[
        Path | None,
        typer.Option("--smooth", help="Also write what smoothness alone makes of it.", parser=path),
    ] = None,
) -> None:
    """Spoil a photograph and restore it, with a denoiser as the prior and with smoothness alone."""
    from pydantic import ValidationError

    from jnn_studio.data.image_formats import format_to_write
    from jnn_studio.data.photo import read_photo
    from jnn_studio.data.pixels import write_picture
    from jnn_studio.labs.denoise.measures import CONVENTIONS
    from jnn_studio.labs.denoise.methods import trained_sigma
    from jnn_studio.labs.denoise.noise import to_pixels, to_signed
    from jnn_studio.labs.denoise.restoration import (
        DegradationConfig,
        PriorConfig,
        pose,
        prior_of,
        restore_both,
        seen_psnr,
    )

    leave_a_core_free()
    try:
        values = {"task": task, "share": share, "width": width, "length": length, "angle": angle}
        wanted = DegradationConfig.model_validate(values | {"noise": sigma, "seed": seed})
        prior = PriorConfig(strength=strength, steps=steps)
    except ValidationError as error:
        first = error.errors()[0]
        name = {"noise": "sigma"}.get(str(first["loc"][0]), first["loc"][0])
        raise typer.BadParameter(first["msg"], param_hint=f"--{name}") from None
    with reported():
        for written in (out, seen, smooth):
            if written is not None:
                format_to_write(written)
        denoisers = _denoisers(models, sigma)
        if method not in denoisers:
            raise UsageError(f"there is no denoiser {method!r}; there are: {', '.join(denoisers)}")
        trained = trained_sigma(denoisers[method])
        if not trained:
            raise UsageError(f"the file of {method!r} does not say for which σ it was trained")
        clean = to_signed(read_photo(photo).channels)
        try:
            problem = pose(clean, wanted)
        except ValueError as error:
            hint = "--width" if task == "gaussian" else "--length"
            raise typer.BadParameter(str(error), param_hint=hint) from None
        with watching(errors, "") as watch:
            for found in restore_both(problem, prior_of(denoisers[method].model), trained, prior, watch):
                last = found
        write_picture(to_pixels(last.learnt.image), out)
        for path, image_ in ((seen, problem.seen), (smooth, last.smooth.image)):
            if path is not None:
                write_picture(to_pixels(image_), path)
    learnt, alone = last.psnr
    say(
        f"{CONVENTIONS['psnr_plain'].label}: seen {seen_psnr(problem):.2f} dB, "
        f"smoothness alone {alone:.2f} dB, learnt prior {learnt:.2f} dB"
    )
    say(f"{out}, by {denoisers[method].name}, trained for σ = {trained:g}")


def _denoisers(models: Path | None, sigma: float) -> dict[str, LoadedDenoiser]:
    """Those asked for, or the bundled ones trained on the nearest σ."""
    from jnn_studio.labs.denoise.methods import (
        bundled_denoisers,
        bundled_sigmas,
        nearest_sigma,
        open_denoisers,
    )

    if models is not None:
        return open_denoisers(models)
    known = bundled_sigmas()
    if not known:
        raise UsageError(
            "no denoisers ship with this copy of the program; give a run or weights with --models"
        )
    nearest = nearest_sigma(known, sigma)
    if nearest != sigma:
        complain(f"no denoisers for σ = {sigma:g} ship with the program: taking those of σ = {nearest:g}")
    return bundled_denoisers(nearest)


def _chosen(methods: str, denoisers: dict[str, LoadedDenoiser]) -> tuple[dict[str, LoadedDenoiser], bool]:
    """The denoisers to measure, and whether BM3D is to be."""
    from jnn_studio.labs.denoise.methods import BM3D

    if not methods:
        return denoisers, True
    wanted = [name.strip() for name in methods.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in denoisers and name != BM3D]
    if unknown:
        raise UsageError(f"there is no denoiser {unknown[0]!r}; there are: {', '.join(denoisers)}, {BM3D}")
    return {key: loaded for key, loaded in denoisers.items() if key in wanted}, BM3D in wanted


def _cache(settings: EvaluationSettings) -> Path:
    name = hashlib.sha256(repr(settings).encode()).hexdigest()[:16]
    return user_cache_path("jnn-studio", appauthor=False) / "evaluations" / f"{name}.jsonl"


def _label(method: str) -> str:
    from jnn_studio.labs.denoise.methods import METHODS

    return METHODS[method].label if method in METHODS else method.capitalize()


def _show(table: tuple[Row, ...], settings: EvaluationSettings) -> None:
    from jnn_studio.labs.denoise.measures import CONVENTIONS

    say(f"σ = {settings.sigma:g}, images in {settings.range.replace('..', ' to ')}, mean ± sd over images")
    heads = [CONVENTIONS[name].label for name in ("psnr_paper", "psnr_plain", "ssim")]
    say(f"{'':22} {'images':>6}  " + "  ".join(f"{head:>16}" for head in heads))
    for row in table:
        cells = [
            f"{row.mean[name]:7.{digits}f} ± {row.sd[name]:6.{digits}f}"
            for name, digits in (("psnr_paper", 2), ("psnr_plain", 2), ("ssim", 3))
        ]
        say(f"{_label(row.method):22} {row.images:6}  " + "  ".join(f"{cell:>16}" for cell in cells))
    for convention in CONVENTIONS.values():
        say(f"{convention.label}: {convention.text}")


def _as_json(
    table: tuple[Row, ...],
    skipped: list[Skipped],
    settings: EvaluationSettings,
    denoisers: dict[str, LoadedDenoiser],
) -> dict[str, Any]:
    from jnn_studio.labs.denoise.measures import CONVENTIONS

    def plain(values: Any) -> dict[str, float | None]:
        return {name: value if math.isfinite(value) else None for name, value in values.items()}

    return {
        "sigma": settings.sigma,
        "range": settings.range,
        "crop": settings.crop,
        "seed": settings.seed,
        "conventions": {name: convention.text for name, convention in CONVENTIONS.items()},
        "denoisers": {key: dict(loaded.info) for key, loaded in denoisers.items()},
        "rows": [
            {"method": row.method, "images": row.images, "mean": plain(row.mean), "sd": plain(row.sd)}
            for row in table
        ],
        "skipped": [{"image": gap.image, "method": gap.method, "reason": gap.reason} for gap in skipped],
    }


COMMAND = CommandSpec(order=50, run=app)
