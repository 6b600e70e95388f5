"""What any model of images with a latent offers to those who walk it, and what some can do besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard, runtime_checkable

import torch
from torch import Tensor, nn


class LatentConfig(Protocol):
    """Sizes of a model of images with a latent."""

    @property
    def channels(self) -> int:
        """Colour channels of its images."""

    @property
    def size(self) -> int:
        """Side of its square images, in pixels; of others, see `image_shape`, the width."""

    @property
    def latent(self) -> int:
        """Dimensions of its latent."""


class LatentModel(Protocol):
    """Images in [0, 1] → latent → images, with an encoder whose Jacobian can be taken.

    That is enough to be walked. What a model may have besides makes walks quicker or tells more of them:

    - ``affine_decoding``, an `AffineDecoding`, or None at some settings;
    - ``decode_coarse``, as in `DecodesCoarser`;
    - ``axis_kl`` (latent,): how much each latent axis carries, as mean KL in nats;
    - ``direction_kinds``, of ``"encoder"``, ``"decoder"`` and ``"axes"``, where it has not all of them.
    """

    @property
    def config(self) -> LatentConfig:
        """Its sizes."""

    @property
    def encoder(self) -> nn.Module:
        """The differentiable map to the latent: ``encode(images) = encoder(encoder_input(images))``."""

    def encoder_input(self, images: Tensor) -> Tensor:
        """Images (batch, channels, height, width) → what ``encoder`` takes."""

    def encode(self, images: Tensor) -> Tensor:
        """Images (batch, channels, height, width) → (batch, latent)."""

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, height, width), not clipped to [0, 1]."""

    def state_dict(self) -> Mapping[str, Any]:
        """Its weights by name, as a module has them."""


def has_latent(model: object) -> TypeGuard[LatentModel]:
    """Whether ``model`` is a `LatentModel`."""
    # By `hasattr`: from Python 3.12 on, isinstance() of a protocol does not find a module's submodules.
    members = ("encoder", "encoder_input", "encode", "decode", "state_dict")
    return all(hasattr(model, name) for name in members) and hasattr(getattr(model, "config", None), "latent")


@runtime_checkable
class DecodesCoarser(Protocol):
    """A model that has a coarser picture for less work."""

    def decode_coarse(self, latents: Tensor, shrink: int) -> Tensor:
        """(batch, latent) → (batch, channels, size/shrink, size/shrink), not clipped to [0, 1]."""


@dataclass(frozen=True)
class AffineDecoding:
    """A decoder after which nothing bends the picture: ``decode(latents) = render(decoder(latents))``.

    What is said of ``render`` beyond being affine changes no picture; it saves work.

    Attributes:
        decoder: (batch, latent) → what is rendered, (batch, …).
        render: affine, to images (batch, channels, height, width); each element of the batch on its own.
        linear: ``render`` takes zero to zero.
        isometric: ``render`` keeps distances, so that the decoder's singular values are the picture's.
        undone: ``encoder_input`` undoes ``render``: what the decoder gives is what the encoder takes.
    """

    decoder: nn.Module
    render: Callable[[Tensor], Tensor]
    linear: bool = False
    isometric: bool = False
    undone: bool = False

    def picture_and_push(self, output: Tensor, pushes: Tensor) -> tuple[Tensor, Tensor]:
        """What ``decoder`` gives, (1, …), and how it changes, (k, …) → image and its changes (k, values)."""
        if self.linear:
            pictures = self.render(torch.cat([output, pushes]))
            return pictures[0], pictures[1:].flatten(1)
        pictures = self.render(torch.cat([torch.zeros_like(output), output, pushes]))
        # Of an affine map only the linear part moves.
        return pictures[1], (pictures[2:] - pictures[0]).flatten(1)


def affine_decoding(model: LatentModel) -> AffineDecoding | None:
    """That of ``model``, if it has one."""
    found = getattr(model, "affine_decoding", None)
    return found if isinstance(found, AffineDecoding) else None


def image_shape(config: LatentConfig) -> tuple[int, int, int]:
    """(channels, height, width) of a model's images: what its description says of them, or square."""
    found = getattr(config, "image_shape", None)
    return found if isinstance(found, tuple) else (config.channels, config.size, config.size)


def direction_kinds(model: LatentModel) -> tuple[str, ...]:
    """Whose directions ``model`` has."""
    found: tuple[str, ...] = getattr(model, "direction_kinds", ("encoder", "decoder", "axes"))
    return found
