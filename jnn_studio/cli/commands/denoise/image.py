"""`jnn-studio denoise image`: one photograph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jnn_studio.cli.commands.denoise.choosing import (
    Bundled,
    Method,
    Models,
    NoiseSeed,
    Peak,
    Ships,
    Sigma,
    Stabilise,
    Strength,
    opener,
)
from jnn_studio.cli.output import complain, errors, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.training.device import leave_a_core_free


def image(
    photo: Annotated[Path, typer.Argument(help="A photograph of any size.", parser=path)],
    out: Annotated[
        Path, typer.Argument(help="Picture to write: .png, .jpg, .webp, .tif or .bmp.", parser=path)
    ],
    sigma: Sigma = None,
    method: Method = "",
    models: Models = None,
    bundled: Ships = Bundled.any,
    strength: Strength = 1.0,
    peak: Peak = None,
    stabilise: Stabilise = True,
    add_noise: Annotated[
        bool, typer.Option("--add-noise", help="The photo is clean: add noise first.")
    ] = False,
    seed: NoiseSeed = 0,
    noisy: Annotated[
        Path | None, typer.Option("--noisy", help="Also write what was denoised.", parser=path)
    ] = None,
) -> None:
    """Denoise one photograph."""
    from jnn_studio.data.image_formats import format_to_write
    from jnn_studio.data.photo import read_photo
    from jnn_studio.data.pixels import write_picture
    from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS, decibels, quality
    from jnn_studio.labs.denoise.noisy import noise
    from jnn_studio.labs.denoise.noisy.noise_model import NoiseModel
    from jnn_studio.labs.denoise.photos.applying import Treatment

    leave_a_core_free()
    if add_noise and sigma is None and peak is None:
        raise typer.BadParameter("say how much noise to add", param_hint="--sigma")
    with reported():
        for written in (out, noisy):
            if written is not None:
                format_to_write(written)
        opened = read_photo(photo)
        seen = clean = noise.to_signed(opened.channels)
        if add_noise:
            drawn = noise.seed_of(noise.digest_of(opened.channels), seed)
            seen = NoiseModel(sigma or 0.0, peak).draw(clean, drawn)
        with watching(errors, "tiles") as watch:
            open_for = opener(models, bundled)
            found = Treatment(method, open_for, sigma, strength, peak, stabilise).apply(seen, watch)
        if found.remark:
            complain(found.remark)
        for image_, place in ((found.image, out), (seen, noisy)):
            if place is not None:
                write_picture(noise.to_pixels(image_, opened.depth), place, profile=opened.profile)
    if add_noise:
        value = quality(found.image, clean)
        say(
            f"{CONVENTIONS['psnr_paper'].label} {decibels(value.psnr_paper)}, "
            f"{CONVENTIONS['psnr_plain'].label} {decibels(value.psnr_plain)}"
        )
    say(f"{out}, taken as having noise of {found.noise.words} in [-1, 1]")
