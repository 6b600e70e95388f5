"""`jnn-studio denoise figure4`: clean, noisy and the paper's four methods, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jnn_studio.cli.commands.denoise.choosing import (
    Bundled,
    Models,
    NoiseSeed,
    classical_there,
    denoisers_for,
    finite,
)
from jnn_studio.cli.output import errors, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.training.device import leave_a_core_free


def figure4(
    photo: Annotated[Path, typer.Argument(help="A clean photograph.", parser=path)],
    out: Annotated[Path, typer.Argument(help="Figure to write: .png, .svg or .pdf.", parser=path)],
    sigma: Annotated[
        float, typer.Option("--sigma", min=0.01, callback=finite, help="σ of the noise, in [-1, 1].")
    ] = 1.0,
    side: Annotated[
        int, typer.Option("--side", min=16, help="Of the centre square that is shown, in pixels.")
    ] = 256,
    models: Models = None,
    bundled: Annotated[
        Bundled | None,
        typer.Option(
            "--bundled",
            help="Of the networks that ship: any, told σ, or paper; else the paper's, if made for this σ.",
        ),
    ] = None,
    seed: NoiseSeed = 0,
) -> None:
    """The paper's Figure 4 for a photograph of your own."""
    from jnn_studio.data.photo import read_photo
    from jnn_studio.labs.denoise.denoisers.methods import BM3D, bundled_sigmas
    from jnn_studio.labs.denoise.measuring.figure4 import RESULTS, centre_part, panels_of
    from jnn_studio.labs.denoise.measuring.figure4_file import write_figure4
    from jnn_studio.labs.denoise.noisy.noise import add_noise, digest_of, seed_of, to_signed
    from jnn_studio.labs.denoise.photos.applying import Treatment

    leave_a_core_free()
    with reported():
        if bundled is None and models is None:
            bundled = Bundled.paper if sigma in bundled_sigmas() else Bundled.any
        denoisers = denoisers_for(models, sigma, bundled or Bundled.any)
        there = {*denoisers, *classical_there((BM3D,))}
        opened = read_photo(photo)
        clean = to_signed(opened.channels)
        noisy = add_noise(clean, sigma, seed_of(digest_of(opened.channels), seed))
        results = {}
        for method in RESULTS:
            if method in there:
                with watching(errors, method) as watch:
                    results[method] = Treatment(method, lambda _: denoisers, sigma).apply(noisy, watch).image
        caption = (
            f"{opened.name}, noise of σ = {sigma:g} in [-1, 1], as in Figure 4 of Scarvelis & Solomon (2024)"
        )
        panels = panels_of(noisy, clean, results, centre_part(opened.pixels.shape[:2], side))
        write_figure4(panels, caption, out)
    say(f"{out}: {', '.join(panel.title for panel in panels)}")
