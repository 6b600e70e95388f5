"""A learnt prior beside total variation: ``python -m benchmarks.restoring --images FOLDER`` prints JSON.

For every problem and noise, over centre squares of photographs, PSNR in dB (range 2, clipped) of what is
seen, of smoothness alone (‖∇x‖², at one strength), of colour total variation, and of the bundled denoisers
trained for the σ nearest to the noise: the mean, and by how much they are ahead of total variation (mean ±
sample standard deviation over the photographs, and in how many they are ahead). ``--strengths`` tries others
than the page's, ``--weights`` other weights of total variation than its own (on photographs that nothing is
to be measured on).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import torch
from torch import Tensor

from jnn_studio.data.listing import list_images
from jnn_studio.data.photo import read_photo
from jnn_studio.labs.denoise import methods
from jnn_studio.labs.denoise.noise import to_signed
from jnn_studio.labs.denoise.plug_and_play import restore
from jnn_studio.labs.denoise.restoration import (
    DegradationConfig,
    DegradedPhoto,
    PriorConfig,
    pose,
    prior_of,
    restore_both,
    seen_psnr,
)
from jnn_studio.labs.denoise.total_variation import restore_tv

SMOOTH_STRENGTH = 0.6
"""What smoothness alone does best at, over photographs, with noise from 0.02 to 1."""

PROBLEMS: dict[str, dict[str, Any]] = {
    "half missing": {"task": "missing", "share": 0.5},
    "80 % missing": {"task": "missing", "share": 0.8},
    "scratches": {"task": "scratches", "share": 0.2},
    "Gaussian blur": {"task": "gaussian", "width": 2.0},
    "motion blur": {"task": "motion", "length": 15.0, "angle": 20.0},
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=Path, required=True, help="folder of photographs")
    parser.add_argument("--limit", type=int, default=8, help="only the first so many")
    parser.add_argument("--side", type=int, default=256, help="side of the centre squares")
    parser.add_argument("--noise", type=float, nargs="+", default=[0.02, 0.1, 0.3, 0.5, 1.0])
    parser.add_argument("--problems", nargs="+", choices=list(PROBLEMS), default=list(PROBLEMS))
    parser.add_argument("--methods", nargs="+", default=[methods.SUPERVISED, methods.PENALISED])
    parser.add_argument("--strengths", type=float, nargs="+", default=[1.0])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--weights", type=float, nargs="+", help="only total variation, with these")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    squares = list(photographs(arguments.images, arguments.limit, arguments.side))
    result: dict[str, Any] = {"images": len(squares), "side": arguments.side, "steps": arguments.steps}
    for name in arguments.problems:
        for noise in arguments.noise:
            config = DegradationConfig(**PROBLEMS[name], noise=noise)
            if arguments.weights:
                problems = [pose(square, config) for square in squares]
                figures = {
                    f"{weight:g}": round(total_variation(problems, weight), 2) for weight in arguments.weights
                }
                result[f"{name}, noise {noise:g}"] = figures
                print(f"{name}, noise {noise:g}: {figures}", file=sys.stderr)
                continue
            figures = measure(squares, config, arguments.methods, arguments.strengths, arguments.steps)
            result[f"{name}, noise {noise:g}"] = figures
            print(f"{name}, noise {noise:g}: {figures}", file=sys.stderr)  # it takes minutes
    print(json.dumps(result, indent=2, ensure_ascii=False))


def photographs(folder: Path, limit: int, side: int) -> Iterator[Tensor]:
    """Centre squares (3, side, side) in [-1, 1]; a photograph that is smaller is passed over."""
    found = 0
    listing = list_images(folder.expanduser().absolute())
    for name in listing.names:
        image = to_signed(read_photo(folder / name).pixels)
        height, width = image.shape[-2:]
        if min(height, width) >= side and found < limit:
            top, left = (height - side) // 2, (width - side) // 2
            found += 1
            yield image[:, top : top + side, left : left + side].contiguous()
    listing.close()


def measure(
    squares: list[Tensor], config: DegradationConfig, wanted: list[str], strengths: list[float], steps: int
) -> dict[str, Any]:
    """One problem at one noise: every method at every strength, beside total variation."""
    sigma = methods.nearest_sigma(methods.bundled_sigmas(), config.noise)
    denoisers = methods.bundled_denoisers(sigma)
    seen: list[float] = []
    smooth: list[float] = []
    control: list[float] = []
    learnt: dict[str, list[float]] = defaultdict(list)
    for square in squares:
        problem = pose(square, config)
        seen.append(seen_psnr(problem))
        for method in wanted:
            for strength in strengths:
                prior = PriorConfig(strength=strength, steps=steps)
                *_, last = restore_both(problem, prior_of(denoisers[method].model), sigma, prior)
                key = method if len(strengths) == 1 else f"{method}, {strength:g}"
                learnt[key].append(last.psnr[0])
        control.append(last.psnr[1])
        smooth.append(_smoothness(problem))
    return {
        "denoisers_sigma": sigma,
        "seen": round(mean(seen), 2),
        "smooth": round(mean(smooth), 2),
        "tv": round(mean(control), 2),
        **{key: _compared(values, control) for key, values in learnt.items()},
    }


def total_variation(problems: list[DegradedPhoto], weight: float) -> float:
    """Mean PSNR of total variation with this weight."""
    found = []
    for problem in problems:
        *_, last = restore_tv(
            problem.degradation,
            problem.seen,
            problem.start,
            problem.config.noise,
            weight=weight,
            clean=problem.clean,
        )
        assert last.psnr is not None
        found.append(last.psnr)
    return mean(found)


def _smoothness(problem: DegradedPhoto) -> float:
    """PSNR of ‖∇x‖² alone: the scheme of the learnt prior with a denoiser that answers 0."""
    *_, last = restore(
        problem.degradation,
        problem.seen,
        problem.start,
        torch.zeros_like,
        1.0,
        noise=problem.config.noise,
        strength=SMOOTH_STRENGTH,
        steps=4,
        clean=problem.clean,
    )
    assert last.psnr is not None
    return last.psnr


def _compared(values: list[float], control: list[float]) -> dict[str, Any]:
    gains = [a - b for a, b in zip(values, control, strict=True)]
    spread = stdev(gains) if len(gains) > 1 else 0.0
    return {
        "psnr": round(mean(values), 2),
        "gain": round(mean(gains), 2),
        "gain_sd": round(spread, 2),
        "ahead_in": sum(gain > 0 for gain in gains),
    }


if __name__ == "__main__":
    main()
