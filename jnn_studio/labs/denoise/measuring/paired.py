"""Methods on the same noisy images: their difference on each, and how sure its mean is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jnn_studio.labs.denoise.measuring.evaluation import Measured

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Paired:
    """Ours minus another method on the same noisy images, in dB: the mean and its confidence interval."""

    mean: float
    low: float
    high: float


def paired(ours: Mapping[str, float], other: Mapping[str, float]) -> Paired | None:
    """The mean difference over the images both have, with Student's interval at `CONFIDENCE`.

    >>> found = paired({"a": 21.0, "b": 24.0}, {"a": 20.0, "b": 22.0})
    >>> round(found.mean, 2), round(found.low, 2), round(found.high, 2)
    (1.5, -4.85, 7.85)
    """
    from scipy import stats  # type: ignore[import-untyped]  # takes a second to import

    gains = np.array([ours[image] - other[image] for image in ours if image in other])
    if len(gains) < 2:
        return None
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2, len(gains) - 1) * gains.std(ddof=1) / len(gains) ** 0.5)
    mean = float(gains.mean())
    return Paired(mean, mean - reach, mean + reach)


def ahead(measured: Sequence[Measured], ours: str, field: str = "psnr_paper") -> dict[str, Paired | None]:
    """By how much ``ours`` is ahead of every method, by a field of `Quality`; None of itself, and where one
    of them was not measured on two images at least.
    """
    values: dict[str, dict[str, float]] = {}
    for found in measured:
        value = getattr(found.quality, field)
        if value is not None and math.isfinite(value):
            values.setdefault(found.method, {})[found.image] = value
    own = values.get(ours, {})
    return {method: None if method == ours else paired(own, other) for method, other in values.items()}
