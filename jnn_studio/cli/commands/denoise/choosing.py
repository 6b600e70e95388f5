"""What the subcommands share: options, and which denoisers they mean."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jnn_studio.cli.output import UsageError, complain
from jnn_studio.cli.paths import path
from jnn_studio.models.weights import LoadedDenoiser

Models = Annotated[
    Path | None,
    typer.Option(
        "--models",
        help="A run, weights, a .jnnmodel or a folder of them; bundled ones if not given.",
        parser=path,
    ),
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many images.")]
NoiseSeed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the noise.")]


def finite(sigma: float | None) -> float | None:
    """Refuse what is no number."""
    if sigma is not None and not math.isfinite(sigma):
        raise typer.BadParameter(f"must be a finite number, not {sigma:g}")
    return sigma


def all_finite(sigmas: list[float]) -> list[float]:
    """Refuse a list in which one is no number."""
    for sigma in sigmas:
        finite(sigma)
    return sigmas


Sigma = Annotated[
    float | None,
    typer.Option(
        "--sigma", min=0.0, callback=finite, help="σ of its noise, for images in [-1, 1]; else estimated."
    ),
]
Method = Annotated[
    str,
    typer.Option("--method", help="penalised, supervised, noise2noise, bm3d, …; else the only one there is."),
]
Strength = Annotated[
    float, typer.Option("--strength", min=0.0, max=1.0, help="From 0, as it is, to 1, wholly denoised.")
]


Peak = Annotated[
    float | None,
    typer.Option(
        "--peak",
        min=0.1,
        callback=finite,
        help="Photons that white counts: Poisson noise; with --sigma, Gaussian noise beside it.",
    ),
]
Stabilise = Annotated[
    bool,
    typer.Option(
        "--stabilise/--as-it-is",
        help="Whether the variance of counts is made alike everywhere first, and taken back from the answer; "
        "whether means are put right where noise was cut off at black and white.",
    ),
]


class Bundled(StrEnum):
    """Which of the denoisers that ship."""

    any = "any"
    paper = "paper"


Ships = Annotated[
    Bundled,
    typer.Option(
        "--bundled",
        help="Of the networks that ship: any, told σ; paper, the paper's architecture, for the nearest σ.",
    ),
]


def opener(models: Path | None, ships: Bundled = Bundled.any) -> Callable[[float], dict[str, LoadedDenoiser]]:
    """What opens the denoisers for a σ: those at ``models``, or bundled ones; each is read once.

    Those that are told σ are as they are read.
    """
    # Imported here: the other commands need not wait.
    from jnn_studio.labs.denoise.denoisers import models_choice
    from jnn_studio.labs.denoise.denoisers.methods import ANY, bundled_keys

    if models is not None and ships is not Bundled.any:
        raise UsageError("give --models or --bundled, not both")
    keys = bundled_keys()
    choice = models_choice.ModelsChoice(models, paper=ships is Bundled.paper, all_methods=True)
    open_for = models_choice.opener(choice)
    said: set[float] = set()

    def open_and_tell(sigma: float) -> dict[str, LoadedDenoiser]:
        meant = choice.meant(keys, sigma)
        if models is None and meant is None:
            lacking = "networks of the paper's architecture" if keys else "denoisers"
            raise UsageError(
                f"no {lacking} ship with this copy of the program; give a run or weights with --models"
            )
        if meant is not None and meant != ANY and meant != sigma and meant not in said:
            said.add(meant)
            complain(f"no denoisers for σ = {sigma:.3g} ship with the program: taking those of σ = {meant:g}")
        return dict(open_for(sigma))

    return open_and_tell


def denoisers_for(
    models: Path | None, sigma: float, ships: Bundled = Bundled.any
) -> dict[str, LoadedDenoiser]:
    """Those asked for, or the bundled ones: told any σ, or trained on the nearest σ."""
    return opener(models, ships)(sigma)


def classical_there(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of ``wanted`` that can be used here; it is said what is missing."""
    from jnn_studio.labs.denoise.denoisers import bm3d

    if wanted and not bm3d.available():
        complain(bm3d.HOW_TO_GET)
        return ()
    return wanted


def label_of(method: str) -> str:
    """What people call a method, or the noisy image."""
    from jnn_studio.labs.denoise.denoisers.methods import METHODS

    return METHODS[method].label if method in METHODS else method.capitalize()
