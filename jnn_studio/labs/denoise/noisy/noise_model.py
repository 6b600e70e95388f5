"""What noise an image has: Gaussian, that of counted photons, or both; and how a Gaussian denoiser meets it.

Counts have a variance that is their mean. The generalised Anscombe transform makes it 1 nearly everywhere
(Starck, Murtagh & Bijaoui, 1998); then a denoiser for Gaussian noise is asked, and what it answers, the mean
of the transform, is taken back by the exact unbiased inverse (Mäkitalo & Foi, 2011 and 2013): the plain
inverse of a mean of roots would be too dark.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from jnn_studio.labs.denoise.noisy.clipping import CutNoise
from jnn_studio.labs.denoise.noisy.noise import add_noise

GAUSSIAN, POISSON, BOTH = "gaussian", "poisson", "both"
"""Kinds of noise: of σ, everywhere alike; of counted photons; both."""
GaussianDenoise = Callable[[Tensor, float], Tensor]
"""What a method for Gaussian noise makes of an image (channels, height, width) with noise of a σ."""
_TABLED = 60.0
"""Mean counts up to which the inverse is a table; above, the closed form has no visible error."""
_NODES, _ROOTS = 32, 600


@dataclass(frozen=True)
class NoiseModel:
    """Noise of an image in [-1, 1].

    Attributes:
        sigma: σ of what is Gaussian in it; 0 for none.
        peak: how many photons a white pixel counts in the mean, where they are counted; None where not.
        cut: Gaussian noise was cut off at black and white, as in a picture that was saved.
    """

    sigma: float
    peak: float | None = None
    cut: bool = False

    def draw(self, clean: Tensor, seed: int) -> Tensor:
        """``clean`` with this noise before any cut; always the same for an image and a ``seed``."""
        if self.peak is None:
            return add_noise(clean, self.sigma, seed)
        generator = torch.Generator().manual_seed(seed)
        mean = clean.detach().to("cpu", torch.float32).add(1).mul_(self.peak / 2).clamp_min_(0)
        counted = torch.poisson(mean, generator=generator).mul_(2 / self.peak).sub_(1)
        drawn = torch.randn(clean.shape, generator=generator).mul_(self.sigma)
        return counted.add_(drawn).to(clean)

    def mean_sigma(self, grey: float = 0.0) -> float:
        """σ, root mean square, of this noise where the image has the value ``grey``."""
        counted = 0.0 if self.peak is None else 2 * max(grey + 1, 0.0) / self.peak
        return math.sqrt(counted + self.sigma**2)

    def told(self, stabilised: bool) -> float:
        """The σ that a denoiser is told, for a mid-grey image."""
        if self.peak is None:
            left = self._left if stabilised else None
            return self.sigma if left is None else left.deviation(0)
        return Stabiliser(self).sigma if stabilised else self.mean_sigma()

    def denoise(self, denoise: GaussianDenoise, noisy: Tensor, stabilised: bool) -> Tensor:
        """What ``denoise`` makes of an image with this noise.

        ``stabilised``: of counted photons by way of its `Stabiliser`; where noise was cut off, ``denoise`` is
        told what is left of it, and what the cut did to the means is undone in its answer.
        """
        if self.peak is None:
            left = self._left if stabilised else None
            if left is None:
                return denoise(noisy, self.sigma)
            return left.inverse(denoise(noisy, left.mean_deviation(noisy)))
        if not stabilised:
            return denoise(noisy, self.mean_sigma(float(noisy.mean())))
        stabiliser = Stabiliser(self)
        return stabiliser.inverse(denoise(stabiliser.forward(noisy), stabiliser.sigma))

    @property
    def words(self) -> str:
        """What it is, in a few words."""
        if self.peak is None:
            return f"σ = {self.sigma:.3g}{', cut off at black and white' if self.cut else ''}"
        read = f", σ = {self.sigma:.3g}" if self.sigma else ""
        return f"{self.peak:g} photons{read}"

    @property
    def _left(self) -> CutNoise | None:
        """Where it was cut off: what is left of it."""
        return CutNoise(self.sigma) if self.cut and self.sigma else None


@dataclass(frozen=True)
class Stabiliser:
    """The generalised Anscombe transform for a noise, between images in [-1, 1], and its inverse in the mean.

    After it black is −1 and white 1 again, and noise is Gaussian with about the same `sigma` everywhere.

    >>> stabiliser = Stabiliser(NoiseModel(0.1, peak=30))
    >>> noisy = NoiseModel(0.1, peak=30).draw(torch.zeros(1, 200, 200), 0)
    >>> round(float(stabiliser.forward(noisy).std()) / stabiliser.sigma, 1)
    1.0
    """

    noise: NoiseModel

    def __post_init__(self) -> None:
        if self.noise.peak is None or not self.noise.peak > 0:
            raise ValueError(f"only counted photons are stabilised, got {self.noise}")

    @property
    def sigma(self) -> float:
        """σ of the noise after the transform."""
        return 2 / (self._root(self._peak) - self._root(0))

    def forward(self, noisy: Tensor) -> Tensor:
        """The transform of an image."""
        counts = (noisy + 1) * (self._peak / 2)
        roots = 2 * (counts + 3 / 8 + self._read**2).clamp_min(0).sqrt()
        low, high = self._root(0), self._root(self._peak)
        return (roots - low) * (2 / (high - low)) - 1

    def inverse(self, denoised: Tensor) -> Tensor:
        """The image whose noisy transforms have the mean ``denoised``."""
        low, high = self._root(0), self._root(self._peak)
        roots = (denoised.detach().to("cpu", torch.float64).numpy() + 1) * ((high - low) / 2) + low
        means, counts = self._table
        few = np.interp(roots, means, np.sqrt(counts)) ** 2
        d = np.maximum(roots, means[-1])
        root = math.sqrt(3 / 2)
        many = d**2 / 4 + root / (4 * d) - 11 / (8 * d**2) + 5 * root / (8 * d**3) - 1 / 8 - self._read**2
        found = np.where(roots <= means[-1], few, many)
        return torch.from_numpy(2 * found / self._peak - 1).to(denoised)

    @property
    def _peak(self) -> float:
        assert self.noise.peak is not None
        return self.noise.peak

    @property
    def _read(self) -> float:
        """σ of what is Gaussian, in photons."""
        return self.noise.sigma * self._peak / 2

    def _root(self, counts: float) -> float:
        return 2 * math.sqrt(counts + 3 / 8 + self._read**2)

    @cached_property
    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        """The mean of the transform for mean counts, and those counts, ascending."""
        from scipy.special import gammaln  # type: ignore[import-untyped]  # takes a while to import

        counts = np.linspace(0, math.sqrt(_TABLED), _ROOTS) ** 2
        seen = np.arange(int(_TABLED + 12 * math.sqrt(_TABLED)) + 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            log = seen * np.log(counts[:, None]) - counts[:, None] - gammaln(seen + 1)
        chance = np.exp(np.where(np.isnan(log), 0.0, log))  # of 0 counts where none are expected: 0 · log 0
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        values = seen[:, None] + self._read * nodes + 3 / 8 + self._read**2
        roots = 2 * np.sqrt(values.clip(0)) @ (weights / weights.sum())
        return chance @ roots, counts
