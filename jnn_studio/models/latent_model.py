"""What any model of images with a latent offers to those who walk it."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn


class LatentConfig(Protocol):
    """Sizes of a model of images with a latent."""

    @property
    def channels(self) -> int:
        """Colour channels of its images."""

    @property
    def size(self) -> int:
        """Side of its square images, in pixels."""

    @property
    def latent(self) -> int:
        """Dimensions of its latent."""


class LatentModel(Protocol):
    """Images in [0, 1] → latent → images, with an encoder whose Jacobian can be taken.

    A model may also have ``axis_kl`` (latent,): how much each latent axis carries, as mean KL in nats.
    """

    @property
    def config(self) -> LatentConfig:
        """Its sizes."""

    @property
    def encoder(self) -> nn.Module:
        """The differentiable map to the latent: ``encode(images) = encoder(encoder_input(images))``."""

    def encoder_input(self, images: Tensor) -> Tensor:
        """Images (batch, channels, size, size) → what ``encoder`` takes."""

    def encode(self, images: Tensor) -> Tensor:
        """Images (batch, channels, size, size) → (batch, latent)."""

    def decode(self, latents: Tensor, shrink: int = 1) -> Tensor:
        """(batch, latent) → (batch, channels, size/shrink, size/shrink), not clipped to [0, 1].

        ``shrink`` > 1 is a coarser picture for less work.
        """
