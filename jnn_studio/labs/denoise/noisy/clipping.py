"""Gaussian noise that was cut off at black and white, as any picture that was saved has it.

Cutting pulls means towards grey and makes deviations smaller. Both are known in closed form for a value and
a σ, and so a mean can be taken back (Foi, "Clipped noisy images: heteroskedastic modeling and practical
denoising", Signal Processing 2009).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_GREYS = 2001
"""Values that the table of means holds."""
_NEIGHBOURS = 8
"""Side of the squares whose mean tells what noise they have."""
_PORTION = 2**20
_FEW = 0.005
"""Share of pixels that are black or white beside others, from which on noise counts as cut off."""


@dataclass(frozen=True)
class CutNoise:
    """clip(x + σε) to [-1, 1] for x in [-1, 1] and ε standard normal; ``sigma`` is what σ was before the cut.

    >>> noise = CutNoise(1.0)
    >>> round(noise.deviation(0.0), 3)
    0.718
    >>> cut = (0.5 + torch.randn(100_000, generator=torch.Generator().manual_seed(0))).clamp(-1, 1)
    >>> round(float(cut.mean()), 1), round(float(noise.inverse(cut.mean())), 1)
    (0.3, 0.5)
    """

    sigma: float

    def __post_init__(self) -> None:
        if not (self.sigma > 0 and math.isfinite(self.sigma)):
            raise ValueError(f"σ of noise that was cut off must be a positive number, not {self.sigma:g}")

    def deviation(self, grey: float) -> float:
        """σ of what is left where the clean image has the value ``grey``."""
        return float(self._moments(torch.tensor([grey], dtype=torch.float64))[1])

    def mean_deviation(self, noisy: Tensor) -> float:
        """σ of what is left, root mean square over an image (channels, height, width)."""
        side = min(_NEIGHBOURS, *noisy.shape[-2:])
        means = functional.avg_pool2d(noisy.detach().to("cpu", torch.float32)[None], side).flatten()
        known, deviations = self._table[1:]
        found = np.interp(means.numpy(), known, deviations)
        return float(np.sqrt(np.square(found).mean()))

    def inverse(self, means: Tensor) -> Tensor:
        """The values in [-1, 1] that noise, and the cut, gave these ``means``."""
        greys, known, _ = self._table
        found = means.detach().to("cpu", torch.float32, copy=True).contiguous()
        for part in found.view(-1).split(_PORTION):  # in double precision a large photograph takes much room
            part.copy_(torch.from_numpy(np.interp(part.numpy(), known, greys)))
        return found.to(means)

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values from black to white, and the means and deviations that cutting gives them."""
        greys = torch.linspace(-1, 1, _GREYS, dtype=torch.float64)
        means, deviations = self._moments(greys)
        return greys.numpy(), means.numpy(), deviations.numpy()

    def _moments(self, greys: Tensor) -> tuple[Tensor, Tensor]:
        low, high = (-1 - greys) / self.sigma, (1 - greys) / self.sigma
        black, white = torch.special.ndtr(low), torch.special.ndtr(-high)
        inside, at_low, at_high = 1 - black - white, _density(low), _density(high)
        means = white - black + greys * inside + self.sigma * (at_low - at_high)
        squares = (
            (black + white)
            + greys.square() * inside
            + 2 * greys * self.sigma * (at_low - at_high)
            + self.sigma**2 * (inside + low * at_low - high * at_high)
        )
        return means, (squares - means.square()).clamp_min(0).sqrt()


def was_cut(image: Tensor) -> bool:
    """Whether noise was cut off in an image (channels, height, width) in [-1, 1].

    Black or white stands beside other values then, and nothing lies beyond; an even black border, or a sky
    that is white throughout, is no sign of it.
    """
    sizes = image.detach().abs()
    if min(image.shape[-2:]) < 2 or float(sizes.max()) > 1:
        return False
    pixels = (sizes >= 1).to(torch.float32)
    squares = functional.avg_pool2d(pixels[None], 2)
    return float(squares.where(squares < 1, 0.0).mean()) > _FEW


def _density(values: Tensor) -> Tensor:
    return torch.exp(-values.square() / 2) / math.sqrt(2 * math.pi)
