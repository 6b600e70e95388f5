"""The model that a portable file describes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal, Self, TypeVar

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from jnn_studio.base.settings import Finite, Frozen, Positive
from jnn_studio.models.config import OblongModelConfig
from jnn_studio.models.latent_model import AffineDecoding
from jnn_studio.models.model_kind import ModelKind
from jnn_studio.models.portable.description import INPUT, GraphDescription, NodeDescription
from jnn_studio.models.portable.limits import GraphError, output_shape
from jnn_studio.models.portable.operator_graph import OperatorGraph

N = TypeVar("N", bound=nn.Module)


class PixelScale(Frozen):
    """How a network's numbers stand to pixels in [0, 1]: number = (pixel - mean) / deviation, by channel."""

    mean: tuple[Finite, ...] = Field((0.0,), max_length=3)
    deviation: tuple[Positive, ...] = Field((1.0,), max_length=3)

    def numbers(self, pixels: Tensor) -> Tensor:
        """(pixel - mean) / deviation of images (…, channels, height, width)."""
        mean, deviation = self._columns(pixels)
        return (pixels - mean) / deviation

    def pixels(self, numbers: Tensor) -> Tensor:
        """The inverse of `numbers`."""
        mean, deviation = self._columns(numbers)
        return numbers * deviation + mean

    def _columns(self, like: Tensor) -> tuple[Tensor, Tensor]:
        mean, deviation = (
            torch.tensor(values, dtype=like.dtype, device=like.device).reshape(-1, 1, 1)
            for values in (self.mean, self.deviation)
        )
        return mean, deviation


def _reshaped(*sizes: int) -> GraphDescription:
    node = NodeDescription(name="n0", operator="reshape", args=({"node": INPUT}, [-1, *sizes]))
    return GraphDescription(nodes=(node,), output="n0")


class PortableConfig(OblongModelConfig):
    """What a portable model computes, and the sizes of what goes in and comes out.

    Without anything said, the pixels themselves are the latent.
    """

    kind: Literal["portable"] = "portable"
    size: int = Field(8, ge=1, le=1024, description="Width of the images, in pixels.")
    latent: int = Field(192, ge=1, le=1_000_000, description="Numbers in the latent.")
    latent_shape: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (192,), max_length=8, description="The latent as the decoder takes it."
    )
    encoded: PixelScale = Field(PixelScale(), description="What the encoder takes.")
    decoded: PixelScale = Field(PixelScale(), description="What the decoder gives.")
    encoder: GraphDescription = Field(_reshaped(192), description="What the encoder computes.")
    decoder: GraphDescription = Field(_reshaped(3, 8, 8), description="What the decoder computes.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if math.prod(self.latent_shape) != self.latent:
            raise ValueError(f"a latent of {self.latent} numbers cannot have the shape {self.latent_shape}")
        for scale in (self.encoded, self.decoded):
            if not {len(scale.mean), len(scale.deviation)} <= {1, self.channels}:
                raise ValueError(f"a scale for {len(scale.mean)} channels, of images with {self.channels}")
        return self


class _Flat(nn.Module):
    """A network whose latent may be of any shape, as one of vectors."""

    def __init__(self, description: GraphDescription, latent_shape: Sequence[int], side: str) -> None:
        super().__init__()
        self.graph = OperatorGraph(description)
        self._shape, self._before = tuple(latent_shape), side == "decoder"

    def forward(self, x: Tensor) -> Tensor:
        if self._before:
            result: Tensor = self.graph(x.reshape(-1, *self._shape))
            return result
        return self.graph(x).flatten(1)


class PortableModel(nn.Module):
    """Images in [0, 1] → latent → images, by networks that are written down; see `save_portable`."""

    def __init__(self, config: PortableConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = _Flat(config.encoder, config.latent_shape, "encoder")
        self.decoder = _Flat(config.decoder, config.latent_shape, "decoder")

    def encoder_input(self, images: Tensor) -> Tensor:
        """What ``encoder`` takes: pixels on the scale of its author."""
        return self.config.encoded.numbers(images)

    def encode(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) → (batch, latent)."""
        latents: Tensor = self.encoder(self.encoder_input(images))
        return latents

    def decode(self, latents: Tensor) -> Tensor:
        """(batch, latent) → (batch, channels, height, width); not clipped to [0, 1]."""
        return self.render(self.decoder(latents))

    def render(self, decoded: Tensor) -> Tensor:
        """What ``decoder`` gives → images."""
        return self.config.decoded.pixels(decoded)

    @property
    def affine_decoding(self) -> AffineDecoding:
        """Another scale is all that comes after the decoder."""
        scale = self.config.decoded
        same = set(scale.deviation) == {1.0}
        return AffineDecoding(self.decoder, self.render, linear=set(scale.mean) == {0.0}, isometric=same)

    def forward(self, images: Tensor) -> Tensor:
        """Reconstructions."""
        return self.decode(self.encode(images))


def network(config: PortableConfig) -> PortableModel:
    """The model of a description, without sensible weights.

    Raises:
        GraphError: what is described cannot be computed, takes too much, or has other sizes than it says.
    """
    with torch.device("meta"):
        model = PortableModel(config)
    encoded = output_shape(model.encoder.graph, config.image_shape, "its encoder")
    if math.prod(encoded) != config.latent:
        raise GraphError(f"its encoder gives {encoded}, which are no {config.latent} numbers")
    decoded = output_shape(model.decoder.graph, config.latent_shape, "its decoder")
    if decoded != config.image_shape:
        raise GraphError(f"its decoder gives {decoded} where images are {config.image_shape}")
    return PortableModel(config)


def build(config: PortableConfig, seed: int) -> PortableModel:
    """The model with random weights, which nobody has trained; buffers are ones."""
    return untrained(network(config), seed)


def untrained(model: N, seed: int) -> N:
    """``model`` itself, with random weights; buffers are ones."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            per_output = max(parameter[:1].numel(), 1) if parameter.ndim else 1
            parameter.normal_(generator=generator).div_(math.sqrt(per_output))
        for buffer in model.buffers():
            buffer.fill_(1)
    return model


MODEL = ModelKind("portable", PortableConfig, "a portable model", network, build)
