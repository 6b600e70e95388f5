"""`jnn-studio denoise restore`: an inverse problem on a photograph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from jnn_studio.cli.commands.denoise.choosing import Bundled, Method, Models, Ships, denoisers_for
from jnn_studio.cli.output import UsageError, errors, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.training.device import leave_a_core_free

# As in the lab, whose modules are slow to import.
_Task = Literal["missing", "scratches", "box", "gaussian", "motion", "disc", "kernel", "shrunk"]


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
    width: Annotated[
        float, typer.Option("--width", help="σ of the Gaussian blur, or radius of the disc, in pixels.")
    ] = 2.0,
    factor: Annotated[int, typer.Option("--factor", min=2, max=4, help="How many times it is shrunk.")] = 2,
    kernel: Annotated[
        str, typer.Option("--kernel", help="File of a blur's kernel: a picture, or a .npy.")
    ] = "",
    length: Annotated[float, typer.Option("--length", help="Length of the motion in pixels.")] = 15.0,
    angle: Annotated[float, typer.Option("--angle", help="Its angle in degrees.")] = 20.0,
    sigma: Annotated[
        float, typer.Option("--sigma", help="σ of the noise on what is seen, in [-1, 1].")
    ] = 0.5,
    strength: Annotated[float, typer.Option("--strength", help="How much the prior counts.")] = 1.0,
    steps: Annotated[int, typer.Option("--steps", help="How often the denoiser is asked.")] = 12,
    method: Method = "",
    models: Models = None,
    bundled: Ships = Bundled.any,
    seed: Annotated[int, typer.Option("--seed", help="Which pixels are lost, and which noise.")] = 0,
    seen: Annotated[Path | None, typer.Option("--seen", help="Also write what is seen.", parser=path)] = None,
    control: Annotated[
        Path | None,
        typer.Option("--control", help="Also write what colour total variation makes of it.", parser=path),
    ] = None,
) -> None:
    """Spoil a photograph and restore it, with a denoiser as the prior and by colour total variation."""
    from pydantic import ValidationError

    from jnn_studio.data.image_formats import format_to_write
    from jnn_studio.data.photo import read_photo
    from jnn_studio.data.pixels import write_picture
    from jnn_studio.labs.denoise.denoisers.methods import BM3D, CLASSICAL, chosen
    from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS
    from jnn_studio.labs.denoise.noisy.noise import to_pixels, to_signed
    from jnn_studio.labs.denoise.restoring.priors import DenoiserPrior, bm3d_prior, prior_of, sigma_words
    from jnn_studio.labs.denoise.restoring.restoration import (
        DegradationConfig,
        PriorConfig,
        pose,
        restore_both,
        seen_psnr,
    )

    leave_a_core_free()
    try:
        values: dict[str, Any] = {
            "task": task,
            "share": share,
            "width": width,
            "length": length,
            "angle": angle,
        }
        values |= {"factor": factor, "kernel": kernel}
        wanted = DegradationConfig.model_validate(values | {"noise": sigma, "seed": seed})
        prior = PriorConfig(strength=strength, steps=steps)
    except ValidationError as error:
        first = error.errors()[0]
        name = {"noise": "sigma"}.get(str(first["loc"][0]), first["loc"][0])
        raise typer.BadParameter(first["msg"], param_hint=f"--{name}") from None
    with reported():
        for written in (out, seen, control):
            if written is not None:
                format_to_write(written)
        denoisers = {} if method == BM3D else denoisers_for(models, sigma, bundled)
        method = chosen(denoisers, method)
        if method in CLASSICAL and method != BM3D:
            raise UsageError(f"{method} is no prior here; there are: {', '.join((*denoisers, BM3D))}")
        opened = read_photo(photo)
        clean = to_signed(opened.channels)
        try:
            problem = pose(clean, wanted)
        except ValueError as error:
            hint = {"motion": "--length", "kernel": "--kernel", "shrunk": "--factor"}.get(task, "--width")
            raise typer.BadParameter(str(error), param_hint=hint) from None
        with watching(errors, "") as watch:
            asked: DenoiserPrior | None = (
                bm3d_prior(watch) if method == BM3D else prior_of(denoisers[method], watch)
            )
            if asked is None:
                raise UsageError(f"the file of {method!r} does not say for which σ it was trained")
            for found in restore_both(problem, asked, prior, watch):
                last = found
        for path, image_ in ((out, last.learnt.image), (seen, problem.shown), (control, last.control.image)):
            if path is not None:
                write_picture(to_pixels(image_, opened.depth), path, profile=opened.profile)
    learnt, alone = last.psnr
    say(
        f"{CONVENTIONS['psnr_plain'].label}: seen {seen_psnr(problem):.2f} dB, "
        f"total variation {alone:.2f} dB, {'BM3D' if method == BM3D else 'learnt'} prior {learnt:.2f} dB"
    )
    name = "BM3D" if method == BM3D else denoisers[method].name
    say(f"{out}, by {name}, {sigma_words(asked, sigma, steps)}")
