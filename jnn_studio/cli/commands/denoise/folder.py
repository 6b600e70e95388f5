"""`jnn-studio denoise folder`: every photograph of a folder."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from jnn_studio.base.text import counted
from jnn_studio.cli.commands.denoise.choosing import (
    Bundled,
    Method,
    Models,
    Peak,
    Ships,
    Sigma,
    Stabilise,
    Strength,
    opener,
)
from jnn_studio.cli.output import FAILED, UsageError, complain, errors, reported, say
from jnn_studio.cli.paths import path
from jnn_studio.cli.progress import watching
from jnn_studio.training.device import leave_a_core_free


def folder(
    images: Annotated[Path, typer.Argument(help="Folder or zip of photographs.", parser=path)],
    out: Annotated[
        Path, typer.Argument(help="Folder for the results; what is there already stays.", parser=path)
    ],
    sigma: Sigma = None,
    method: Method = "",
    models: Models = None,
    bundled: Ships = Bundled.any,
    strength: Strength = 1.0,
    peak: Peak = None,
    stabilise: Stabilise = True,
) -> None:
    """Denoise a whole folder. Stopped or killed, it goes on where it was when asked again."""
    from jnn_studio.labs.denoise.measuring.evaluation import list_photographs
    from jnn_studio.labs.denoise.photos.applying import Treatment, denoise_listing

    leave_a_core_free()
    written = there = 0
    skipped: list[str] = []
    with reported():
        if images.exists() and out.exists() and images.samefile(out):
            raise UsageError(f"{out} is where the photographs are; give another folder for the results")
        treatment = Treatment(method, opener(models, bundled), sigma, strength, peak, stabilise)
        with closing(list_photographs(images.absolute())) as listing, watching(errors, "") as watch:
            skipped += [f"{name}: {reason}" for name, reason in listing.unlisted]
            for done in denoise_listing(listing, out, treatment, watch):
                if done.written is None:
                    skipped.append(f"{done.name}: {done.reason}")
                elif done.noise is None:
                    there += 1
                else:
                    written += 1
    for words in skipped:
        complain(words)
    say(
        f"{counted(written, 'photograph')} denoised into {out}, {there:,} there already, "
        f"{len(skipped):,} skipped"
    )
    if not written and not there:
        raise typer.Exit(FAILED)
