"""`jnn-studio denoise image`: one photograph."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from jnn_studio.cli.commands.denoise.choosing import Models, NoiseSeed, denoisers_for, finite
from jnn_studio.cli.output import UsageError, complain, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.training.device import leave_a_core_free


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
            callback=finite,
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
    seed: NoiseSeed = 0,
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
            denoisers = denoisers_for(models, found)
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
