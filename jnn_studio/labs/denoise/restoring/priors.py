"""What restoring asks at every step: a denoiser for one σ, or one that can be told any."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.denoisers.bm3d import denoise_bm3d
from jnn_studio.labs.denoise.denoisers.methods import trained_sigma
from jnn_studio.labs.denoise.denoisers.tiling import denoise_photo
from jnn_studio.labs.denoise.restoring.annealed import FIRST, DenoiseAt, falling_sigmas, restore_annealed
from jnn_studio.labs.denoise.restoring.degradations import Degradation
from jnn_studio.labs.denoise.restoring.plug_and_play import Denoise, Iterate, restore
from jnn_studio.labs.denoise.spectra.lipschitz import local_lipschitz
from jnn_studio.models.denoising_model import AnySigmaModel, DenoisingModel, takes_sigma
from jnn_studio.models.weights import LoadedDenoiser

BM3D_SIGMAS = (1e-3, 10.0)
"""The least and the largest σ that BM3D is told: it takes any."""


@dataclass(frozen=True)
class Data:
    """What is known of an image.

    Attributes:
        degradation: A.
        seen: y (channels, height, width) in [-1, 1], with noise.
        start: a first guess at x.
        noise: σ of the noise in ``seen``.
        seed: of what a prior adds at random.
        clean: the truth, if it is known, to measure against.
    """

    degradation: Degradation
    seen: Tensor
    start: Tensor
    noise: float
    seed: int = 0
    clean: Tensor | None = None


class DenoiserPrior(Protocol):
    """A denoiser in the place of the prior's step."""

    def restore(self, data: Data, strength: float, steps: int) -> Iterator[Iterate]:
        """The images on the way from the first guess, it included."""

    def sigmas(self, noise: float, steps: int) -> tuple[float, ...]:
        """σ that it is asked about, step by step, for data with this noise."""

    def lipschitz(self, found: Iterate, watch: Watch) -> float:
        """The largest singular value of the denoiser's Jacobian where it was asked, for the σ it was asked
        about; NaN where it was not.
        """


@dataclass(frozen=True)
class OneSigmaPrior:
    """A denoiser trained for one σ: see `plug_and_play`. ``model``: the network that answers, if one does."""

    denoise: Denoise
    sigma: float
    model: DenoisingModel | None = None

    def restore(self, data: Data, strength: float, steps: int) -> Iterator[Iterate]:
        """The images on the way from the first guess, it included."""
        return restore(
            data.degradation,
            data.seen,
            data.start,
            self.denoise,
            self.sigma,
            noise=data.noise,
            strength=strength,
            steps=steps,
            seed=data.seed,
            clean=data.clean,
        )

    def sigmas(self, noise: float, steps: int) -> tuple[float, ...]:
        """The one it knows, whatever the noise."""
        return (self.sigma,) * steps

    def lipschitz(self, found: Iterate, watch: Watch) -> float:
        """At the image with the noise it was asked about."""
        if found.asked is None or self.model is None:
            return math.nan
        return local_lipschitz(self.model, found.asked, watch)


@dataclass(frozen=True)
class AnySigmaPrior:
    """A denoiser that is told σ, from ``known[0]`` to ``known[1]``, at first ``first``: see `annealed`."""

    denoise: DenoiseAt
    known: tuple[float, float]
    model: AnySigmaModel | None = None
    first: float = FIRST

    def restore(self, data: Data, strength: float, steps: int) -> Iterator[Iterate]:
        """The images on the way from the first guess, it included."""
        return restore_annealed(
            data.degradation,
            data.seen,
            data.start,
            self.denoise,
            self.known,
            noise=data.noise,
            strength=strength,
            steps=steps,
            first=self.first,
            clean=data.clean,
        )

    def sigmas(self, noise: float, steps: int) -> tuple[float, ...]:
        """From a strong one to the noise's."""
        return falling_sigmas(noise, self.known, steps, self.first)

    def lipschitz(self, found: Iterate, watch: Watch) -> float:
        """Of the denoiser that was told this step's σ."""
        if found.asked is None or self.model is None:
            return math.nan
        return local_lipschitz(self.model.at(found.sigma), found.asked, watch)


def prior_of(loaded: LoadedDenoiser, watch: Watch | None = None) -> DenoiserPrior | None:
    """A network as what restoring asks; its use ends when ``watch`` says so. None if it says no σ."""
    quiet = None if watch is None else watch.quiet()
    model: object = loaded.model
    if takes_sigma(model):
        told = model

        def denoise_at(image: Tensor, sigma: float) -> Tensor:
            return denoise_photo(told.at(sigma), image, watch=quiet)

        return AnySigmaPrior(denoise_at, told.sigmas, told)
    sigma = trained_sigma(loaded)
    if not sigma:
        return None
    return OneSigmaPrior(lambda image: denoise_photo(loaded.model, image, watch=quiet), sigma, loaded.model)


def bm3d_prior(watch: Watch) -> AnySigmaPrior:
    """BM3D, which is told σ as well."""
    return AnySigmaPrior(lambda image, sigma: denoise_bm3d(image, sigma, watch=watch), BM3D_SIGMAS)


def sigma_words(prior: DenoiserPrior, noise: float, steps: int) -> str:
    """Which σ it is asked about for data with this noise, in words."""
    asked = prior.sigmas(noise, steps)
    if isinstance(prior, OneSigmaPrior):
        return f"which knows σ = {asked[0]:g} alone"
    return f"told σ from {asked[0]:.3g} to {asked[-1]:.3g}"
