"""Where methods stand from weak to strong noise: weights, seconds per megapixel, decibels.

Networks that were not trained alike stand beside each other here, which is what somebody who has to choose
wants to see; that they are of different sets is said with every row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from jnn_studio.base.watch import Watch
from jnn_studio.data.listing import Listing
from jnn_studio.labs.denoise.denoisers.methods import BM3D
from jnn_studio.labs.denoise.measuring.evaluation import (
    NOISY,
    EvaluationSettings,
    Measured,
    Results,
    Skipped,
    evaluate,
    rows,
)
from jnn_studio.labs.denoise.measuring.network_sets import NetworkSet
from jnn_studio.labs.denoise.measuring.paired import Paired, paired
from jnn_studio.models.weights import LoadedDenoiser

SIGMAS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
"""From noise that can hardly be seen to noise that hides the picture."""


@dataclass(frozen=True)
class FrontRow:
    """One method at one σ.

    Attributes:
        networks: the label of the set it is of; "" where nothing is learnt.
        weights: how many it has; None where nothing is learnt.
        images: that it was measured on.
        plain, paper: mean and standard deviation of the PSNR in dB, by both conventions.
        seconds: per megapixel; None of the noisy image itself.
        ahead: of BM3D in opponent colours on the same images, by the plain PSNR; None of that itself, and
            where there are not two images of both.
        worse: the mean is below that of what it was given.
        estimated: the median over the images of the σ it was told, where that was estimated; else None.
    """

    sigma: float
    method: str
    networks: str
    weights: int | None
    images: int
    plain: tuple[float, float]
    paper: tuple[float, float]
    seconds: float | None
    ahead: Paired | None
    worse: bool
    estimated: float | None = None


def measure_front(
    photographs: Listing,
    indices: Sequence[int],
    sets: Sequence[NetworkSet],
    classical: Sequence[str],
    settings: EvaluationSettings,
    results: Results,
    watch: Watch | None = None,
) -> Iterator[tuple[str, Measured | Skipped]]:
    """(label of the set, value) of everything at one σ; as `evaluate`, with which it shares what is kept.

    Raises:
        ValueError: as there.
        Cancelled: ``watch``, which hears of the values of one set after the other, said so.
        OSError: values cannot be kept.
    """
    for found in evaluate(photographs, indices, {}, classical, settings, results, watch):
        yield "", found
    for one in sets:
        for found in evaluate(
            photographs, indices, one.denoisers, (), settings, results, watch, estimated=one.estimated
        ):
            if found.method and found.method != NOISY:
                yield one.label, found


def front_rows(
    sigma: float, sets: Sequence[NetworkSet], measured: Sequence[tuple[str, Measured]]
) -> tuple[FrontRow, ...]:
    """The rows of one σ, in the order they were first met."""
    values: dict[tuple[str, str], list[Measured]] = {}
    for label, found in measured:
        values.setdefault((label, found.method), []).append(found)
    known = {one.label: one.denoisers for one in sets}
    reference, given = (_plain(values.get(("", key), [])) for key in (BM3D, NOISY))
    found_rows = []
    for (label, method), own in values.items():
        plain, (row,) = _plain(own), rows(own)
        both = [image for image in plain if image in given]
        gain = float(np.mean([plain[image] - given[image] for image in both])) if both else math.nan
        pixels = sum(found.pixels for found in own)
        guesses = [found.estimated for found in own if found.estimated is not None]
        seconds = None if method == NOISY else 1e6 * sum(found.seconds for found in own) / max(pixels, 1)
        found_rows.append(
            FrontRow(
                sigma,
                method,
                label,
                _weights(known[label][method]) if label else None,
                len(own),
                (row.mean["psnr_plain"], row.sd["psnr_plain"]),
                (row.mean["psnr_paper"], row.sd["psnr_paper"]),
                seconds,
                None if (label, method) == ("", BM3D) else paired(plain, reference),
                gain < 0,
                median(guesses) if guesses else None,
            )
        )
    return tuple(found_rows)


def _plain(measured: Sequence[Measured]) -> dict[str, float]:
    """The plain PSNR by image, where there is one."""
    found = {one.image: one.quality.psnr_plain for one in measured}
    return {image: value for image, value in found.items() if math.isfinite(value)}


def _weights(loaded: LoadedDenoiser) -> int:
    return sum(weight.numel() for weight in loaded.model.parameters())
