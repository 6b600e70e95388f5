"""What any network that takes the noise out of images offers to those who use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeGuard

from torch import Tensor, nn


class DenoisingConfig(Protocol):
    """Sizes of a denoising network."""

    @property
    def channels(self) -> int:
        """Colour channels of its images."""


class DenoisingModel(Protocol):
    """Noisy images (batch, channels, height, width) in [-1, 1] → images without noise.

    Sides are multiples of `models.denoiser.STRIDE`.
    """

    @property
    def config(self) -> DenoisingConfig:
        """Its sizes."""

    @property
    def reach(self) -> int:
        """How far away, in pixels, an input pixel can be that still changes an output pixel; at most."""

    def __call__(self, images: Tensor, /) -> Tensor:
        """The images without noise."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """Its weights."""

    def state_dict(self) -> Mapping[str, Any]:
        """Its weights by name, as a module has them."""


def denoises(model: object) -> TypeGuard[DenoisingModel]:
    """Whether ``model`` is a `DenoisingModel`."""
    members = ("config", "reach", "parameters", "state_dict")
    return callable(model) and all(hasattr(model, name) for name in members)


class AnySigmaModel(Protocol):
    """A denoiser that is told σ: for every σ of a range a `DenoisingModel`."""

    @property
    def sigmas(self) -> tuple[float, float]:
        """The least and the largest σ it is made for, of Gaussian noise on images in [-1, 1]."""

    def at(self, sigma: float, /) -> DenoisingModel:
        """The denoiser for noise of ``sigma``, which lies in the range: the same weights."""


def takes_sigma(model: object) -> TypeGuard[AnySigmaModel]:
    """Whether ``model`` is told σ before it denoises: an `AnySigmaModel`."""
    return hasattr(model, "sigmas") and callable(getattr(model, "at", None))
