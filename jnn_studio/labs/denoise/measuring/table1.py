"""The paper's Table 1 beside our own values, in its own convention (Scarvelis & Solomon, NeurIPS 2024, §5).

Means over images spread by 2 dB because images differ; methods are compared on the same images and the same
noise. So the difference that counts is the paired one, with its confidence interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from jnn_studio.base.text import counted
from jnn_studio.labs.denoise.denoisers.methods import (
    BM3D_RGB,
    DIFFERENCES,
    METHODS,
    NOISE2NOISE,
    PENALISED,
    SUPERVISED,
)
from jnn_studio.labs.denoise.measuring.evaluation import EvaluationSettings, Measured
from jnn_studio.labs.denoise.measuring.paired import Paired, paired
from jnn_studio.models.weights import LoadedDenoiser

Dataset = Literal["cbsd68", "imagenet"]

PUBLISHED: Mapping[Dataset, Mapping[float, Mapping[str, tuple[float, float]]]] = {
    "cbsd68": {
        1.0: {
            BM3D_RGB: (19.42, 1.88),
            PENALISED: (21.08, 2.04),
            NOISE2NOISE: (20.37, 1.71),
            SUPERVISED: (21.62, 2.28),
        },
        2.0: {
            BM3D_RGB: (16.77, 1.30),
            PENALISED: (19.10, 1.80),
            NOISE2NOISE: (19.37, 1.89),
            SUPERVISED: (19.54, 1.95),
        },
    },
    "imagenet": {
        1.0: {
            BM3D_RGB: (21.26, 2.81),
            PENALISED: (23.10, 3.12),
            NOISE2NOISE: (23.12, 3.05),
            SUPERVISED: (23.37, 3.25),
        },
        2.0: {
            BM3D_RGB: (18.71, 2.33),
            PENALISED: (21.05, 2.85),
            NOISE2NOISE: (21.21, 3.02),
            SUPERVISED: (21.39, 2.97),
        },
    },
}
"""Mean and standard deviation over the paper's images in dB, by dataset, σ and method. Its networks have 13.9
million weights; *theirs* is trained with finite differences."""


@dataclass(frozen=True)
class Table1Row:
    """One method at one σ.

    Attributes:
        networks: the label of the set of networks that the rows about it are of.
        published: mean and standard deviation in the paper; None where it has no such row.
        images, mean, sd: on these images; 0 and NaN where the method was not measured.
        behind: by how much the penalised denoiser is ahead of it on the same images; None for itself, and
            where one of them was not measured on two images at least.
    """

    sigma: float
    networks: str
    method: str
    published: tuple[float, float] | None
    images: int
    mean: float
    sd: float
    behind: Paired | None


def settings_for(dataset: Dataset, sigma: float, seed: int) -> EvaluationSettings:
    """What the paper does with a dataset: CBSD68 in [0, 1] but for the last row and column; else centres."""
    if dataset == "cbsd68":
        return EvaluationSettings(sigma, "0..1", None, seed)
    return EvaluationSettings(sigma, "-1..1", 256, seed)


def table1_rows(
    dataset: Dataset, sigma: float, networks: str, measured: Sequence[Measured]
) -> tuple[Table1Row, ...]:
    """The rows of one σ and one set of networks: all methods that the paper or we have, in their order."""
    values: dict[str, dict[str, float]] = {}
    for found in measured:
        if math.isfinite(found.quality.psnr_paper):
            values.setdefault(found.method, {})[found.image] = found.quality.psnr_paper
    published = PUBLISHED[dataset].get(sigma, {})
    ours = next((key for key in (PENALISED, DIFFERENCES) if key in values), PENALISED)
    rows = []
    for method in METHODS:
        own = values.get(method, {})
        known = published.get(PENALISED if method == DIFFERENCES else method)
        if not own and (known is None or method == DIFFERENCES):
            continue
        numbers = np.array(list(own.values()))
        rows.append(
            Table1Row(
                sigma,
                networks,
                method,
                known,
                len(own),
                float(numbers.mean()) if len(own) else math.nan,
                float(numbers.std(ddof=1)) if len(own) > 1 else math.nan,
                None if method == ours else paired(values.get(ours, {}), own),
            )
        )
    return tuple(rows)


def training_of(denoisers: Mapping[str, LoadedDenoiser]) -> tuple[str, bool]:
    """How large networks are and how long they learnt, in words; and whether that is the same for all."""
    sizes = {sum(weight.numel() for weight in found.model.parameters()) for found in denoisers.values()}
    steps = {found.info.get("step", "an unknown number of") for found in denoisers.values()}
    words = " and ".join(f"{size / 1e6:.2f} M weights" for size in sorted(sizes))
    counts = " and ".join(
        counted(int(step), "step") if step.isdigit() else step + " steps" for step in sorted(steps)
    )
    return f"networks of {words}, trained for {counts}", len(sizes) == len(steps) == 1
