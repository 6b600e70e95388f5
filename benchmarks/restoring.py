"""What Restore's constants are chosen by: ``python -m benchmarks.restoring --images FOLDER`` prints JSON.

For photographs that nothing is to be measured on: mean PSNR in dB (range 2, clipped) over their centre
squares, for every operator, every noise and every setting, and by how much each setting is ahead of the
first one in the mean over all of them.

* ``--weights 0.5 1 2``: colour total variation, with its weight times these.
* ``--strengths 0.3 1 3``: a denoiser as the prior, at these strengths; with ``--steps``, and ``--first``, the
  σ that a denoiser which is told σ begins with. ``--models`` and ``--method`` say which, as elsewhere.

What the priors then come to is `jnn-studio denoise restore-table`'s to say, on other photographs.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.listing import list_images
from jnn_studio.data.photo import read_photo
from jnn_studio.labs.denoise.denoisers.methods import BM3D, PENALISED, bundled_denoisers, open_denoisers
from jnn_studio.labs.denoise.noisy.noise import to_signed
from jnn_studio.labs.denoise.restoring.annealed import FIRST
from jnn_studio.labs.denoise.restoring.plug_and_play import Iterate
from jnn_studio.labs.denoise.restoring.priors import AnySigmaPrior, DenoiserPrior, bm3d_prior, prior_of
from jnn_studio.labs.denoise.restoring.restoration import (
    DegradationConfig,
    DegradedPhoto,
    PriorConfig,
    pose,
    restore_learnt,
)
from jnn_studio.labs.denoise.restoring.restore_table import OPERATORS
from jnn_studio.labs.denoise.restoring.total_variation import restore_tv, weight_for

Way = Callable[[DegradedPhoto], Iterator[Iterate]]
"""How a problem is solved."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--limit", type=int, default=4, help="only the first so many")
    parser.add_argument("--side", type=int, default=128, help="side of the centre squares")
    parser.add_argument("--operators", nargs="+", choices=list(OPERATORS), default=list(OPERATORS))
    parser.add_argument("--noise", type=float, nargs="+", default=[0.05, 0.1, 0.5])
    parser.add_argument("--weights", type=float, nargs="+", default=[])
    parser.add_argument("--strengths", type=float, nargs="+", default=[])
    parser.add_argument("--first", type=float, nargs="+", default=[FIRST])
    parser.add_argument("--steps", type=int, nargs="+", default=[12])
    parser.add_argument("--models", type=Path, help="a run or weights; else the bundled ones for σ = 0.5")
    parser.add_argument("--method", default=PENALISED)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    ways: dict[str, Way] = {f"weight {factor:g}": total_variation(factor) for factor in arguments.weights}
    if arguments.strengths:
        prior = prior_called(arguments.method, arguments.models)
        settings = itertools.product(arguments.strengths, arguments.first, arguments.steps)
        for strength, first, steps in settings:
            name = f"strength {strength:g}, first {first:g}, {steps} steps"
            ways[name] = with_prior(prior, PriorConfig(strength=strength, steps=steps), first)
    squares = list(photographs(arguments.images, arguments.limit, arguments.side))
    result: dict[str, Any] = {"images": len(squares), "side": arguments.side}
    found: dict[str, dict[str, float]] = {}
    for name, noise in itertools.product(arguments.operators, arguments.noise):
        config = DegradationConfig.model_validate({**OPERATORS[name], "noise": noise})
        key = f"{name}, noise {noise:g}"
        found[key] = measure([pose(square, config) for square in squares], ways)
        shown = {way: round(value, 2) for way, value in found[key].items()}
        print(f"{key}: {shown}", file=sys.stderr, flush=True)  # it takes minutes
        result[key] = shown
    result["ahead of the first"] = {way: round(gain, 3) for way, gain in ahead(found).items()}
    print(json.dumps(result, indent=2, ensure_ascii=False))


def photographs(folder: Path, limit: int, side: int) -> Iterator[Tensor]:
    """Centre squares (3, side, side) in [-1, 1]; a photograph that is smaller is passed over."""
    found = 0
    listing = list_images(folder.expanduser().absolute())
    for name in listing.names:
        if found == limit:
            break
        image = to_signed(read_photo(folder / name).pixels)
        height, width = image.shape[-2:]
        if min(height, width) >= side:
            top, left = (height - side) // 2, (width - side) // 2
            found += 1
            yield image[:, top : top + side, left : left + side].contiguous()
    listing.close()


def prior_called(method: str, models: Path | None) -> DenoiserPrior:
    """The prior of a method, of a run or of weights."""
    if method == BM3D:
        return bm3d_prior(Watch())
    there = bundled_denoisers(0.5) if models is None else open_denoisers(models)
    prior = prior_of(there[method])
    if prior is None:
        sys.exit(f"{method} does not say for which σ it was trained")
    return prior


def total_variation(factor: float) -> Way:
    """Colour total variation, with its weight times ``factor``."""

    def solve(problem: DegradedPhoto) -> Iterator[Iterate]:
        noise = problem.config.noise
        weight = factor * weight_for(noise, problem.degradation, problem.start)
        return restore_tv(
            problem.degradation, problem.seen, problem.start, noise, weight=weight, clean=problem.clean
        )

    return solve


def with_prior(prior: DenoiserPrior, config: PriorConfig, first: float) -> Way:
    """A denoiser as the prior; ``first`` is for one that is told σ."""
    asked = replace(prior, first=first) if isinstance(prior, AnySigmaPrior) else prior
    return lambda problem: restore_learnt(problem, asked, config, Watch())


def measure(problems: list[DegradedPhoto], ways: Mapping[str, Way]) -> dict[str, float]:
    """Mean PSNR of every way."""
    found = {}
    for name, way in ways.items():
        ends = []
        for problem in problems:
            *_, last = way(problem)
            assert last.psnr is not None
            ends.append(last.psnr)
        found[name] = mean(ends)
    return found


def ahead(found: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """By how much each way is ahead of the first, in the mean over all problems."""
    gains: dict[str, list[float]] = {}
    for by_way in found.values():
        first = next(iter(by_way.values()))
        for way, value in by_way.items():
            gains.setdefault(way, []).append(value - first)
    return {way: mean(values) for way, values in gains.items()}


if __name__ == "__main__":
    main()
