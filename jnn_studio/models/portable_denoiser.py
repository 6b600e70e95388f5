"""A denoiser of somebody's own that a portable file describes: what it computes, and no code."""

from __future__ import annotations

import math
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from jnn_studio.base.settings import Positive
from jnn_studio.models.config import ModelConfig
from jnn_studio.models.model_kind import ModelKind
from jnn_studio.models.portable.description import INPUT, GraphDescription, NodeDescription
from jnn_studio.models.portable.limits import GraphError, output_shape
from jnn_studio.models.portable.model import PixelScale, untrained
from jnn_studio.models.portable.operator_graph import OperatorGraph


class PortableDenoiserConfig(ModelConfig):
    """What a portable denoiser computes, of squares of one size.

    Without anything said, they stay as they are.
    """

    kind: Literal["portable-denoiser"] = "portable-denoiser"
    side: int = Field(64, ge=8, le=1024, description="Side of the squares it takes, in pixels.")
    margin: int = Field(
        16, ge=0, le=480, description="How far away, in pixels, what it sees can change what it gives."
    )
    scale: PixelScale = Field(
        PixelScale(mean=(0.5,), deviation=(0.5,)), description="How its numbers stand to pixels in [0, 1]."
    )
    sigmas: tuple[Positive, Positive] | None = Field(
        None,
        description="The least and the largest σ, for images in [-1, 1], that it can be told.",
    )
    graph: GraphDescription = Field(
        GraphDescription(
            nodes=(NodeDescription(name="n0", operator="mul.Scalar", args=({"node": INPUT}, 1.0)),),
            output="n0",
        ),
        description="What it computes.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if 2 * self.margin >= self.side:
            raise ValueError(f"a margin of {self.margin} pixels leaves nothing of squares of {self.side}")
        if not {len(self.scale.mean), len(self.scale.deviation)} <= {1, self.channels}:
            raise ValueError(f"a scale for {len(self.scale.mean)} channels, of images with {self.channels}")
        if self.sigmas is not None:
            if not self.sigmas[0] <= self.sigmas[1] < math.inf:
                raise ValueError(f"σ from {self.sigmas[0]:g} to {self.sigmas[1]:g}")
            if len(self.scale.deviation) != 1:
                raise ValueError("σ is told as one number: give one deviation for all channels")
        return self


class PortableDenoiser(nn.Module):
    """A `DenoisingModel`: images of any size by squares of the one it was written for.

    Squares overlap by twice the margin, and what lies nearer to their border than that is taken from the
    next, so that there are no seams where the network sees no further. A smaller image is mirrored outwards.

    Args:
        graph: to be shared with others that compute the same; by default its own.
        sigma: what a network that is told σ is told, for images in [-1, 1]; within its range.
    """

    def __init__(
        self,
        config: PortableDenoiserConfig,
        graph: OperatorGraph | None = None,
        sigma: float | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.graph = OperatorGraph(config.graph) if graph is None else graph
        self._told: float | None = None
        if sigma is not None and config.sigmas is not None:
            least, largest = config.sigmas
            self._told = min(max(sigma, least), largest) / 2 / config.scale.deviation[0]

    @property
    def reach(self) -> int:
        """How far away, in pixels, an input pixel can be that still changes an output pixel."""
        return self.config.margin

    def forward(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) in [-1, 1] → the same without noise."""
        side, margin = self.config.side, self.config.margin
        height, width = images.shape[-2:]
        wide = _extended(images, max(side - height, 0), max(side - width, 0))
        rows, columns = (_squares(length, side, margin) for length in wide.shape[-2:])
        strips = []
        for top, first, last in rows:
            parts = [
                self._square(wide[..., top : top + side, left : left + side])[
                    ..., first - top : last - top, begin - left : end - left
                ]
                for left, begin, end in columns
            ]
            strips.append(torch.cat(parts, dim=-1))
        return torch.cat(strips, dim=-2)[..., :height, :width]

    def _square(self, square: Tensor) -> Tensor:
        numbers = self.config.scale.numbers((square + 1) / 2)
        if self._told is not None:
            numbers = torch.cat([numbers, torch.full_like(numbers[:, :1], self._told)], dim=1)
        found: Tensor = self.graph(numbers.contiguous())
        return 2 * self.config.scale.pixels(found) - 1


class ToldPortableDenoiser(nn.Module):
    """Somebody's denoiser that is told σ: a `PortableDenoiser` for each σ, of the same weights.

    Its graph takes one more channel than images have, in which every pixel is σ in the unit of the other
    channels' numbers, as DRUNet's takes it (Zhang et al., TPAMI 2022).
    """

    def __init__(self, config: PortableDenoiserConfig) -> None:
        super().__init__()
        self.config = config
        self.graph = OperatorGraph(config.graph)

    @property
    def sigmas(self) -> tuple[float, float]:
        """The least and the largest σ it is made for, for images in [-1, 1]."""
        assert self.config.sigmas is not None
        return self.config.sigmas

    @property
    def reach(self) -> int:
        """How far away, in pixels, an input pixel can be that still changes an output pixel."""
        return self.config.margin

    def forward(self, images: Tensor, sigma: float) -> Tensor:
        """The images (batch, channels, height, width) in [-1, 1] without their noise of this σ."""
        output: Tensor = self.at(sigma)(images)
        return output

    def at(self, sigma: float) -> PortableDenoiser:
        """The denoiser for one σ; beyond `sigmas`, the one for the nearer end."""
        return PortableDenoiser(self.config, self.graph, sigma)


def _extended(images: Tensor, below: int, right: int) -> Tensor:
    """Mirrored as often as it takes."""
    while below or right:
        height, width = images.shape[-2:]
        rows, columns = min(below, height), min(right, width)
        images = torch.cat([images, images.flip(-2)[..., :rows, :]], dim=-2) if rows else images
        images = torch.cat([images, images.flip(-1)[..., :columns]], dim=-1) if columns else images
        below, right = below - rows, right - columns
    return images


def _squares(length: int, side: int, margin: int) -> list[tuple[int, int, int]]:
    """(start, first, last) of squares along a stretch: what is taken from each lies between the last two.

    >>> _squares(20, 10, 2)
    [(0, 0, 8), (6, 8, 14), (10, 14, 20)]
    """
    step = side - 2 * margin
    count = max(0, math.ceil((length - side) / step))
    starts = [min(place * step, length - side) for place in range(count + 1)]
    ends = [start + side - margin for start in starts[:-1]] + [length]
    return list(zip(starts, [0, *ends[:-1]], ends, strict=True))


def network(config: PortableDenoiserConfig) -> PortableDenoiser | ToldPortableDenoiser:
    """The denoiser of a description, without sensible weights.

    Raises:
        GraphError: what is described cannot be computed, takes too much, or changes the size.
    """
    with torch.device("meta"):
        graph = OperatorGraph(config.graph)
    shape = (config.channels, config.side, config.side)
    told = config.sigmas is not None
    found = output_shape(graph, (config.channels + told, *shape[1:]), "the denoiser")
    if found != shape:
        raise GraphError(f"the denoiser gives {found} where images are {shape}")
    return ToldPortableDenoiser(config) if told else PortableDenoiser(config)


def build(config: PortableDenoiserConfig, seed: int) -> PortableDenoiser | ToldPortableDenoiser:
    """The denoiser with random weights, which nobody has trained; buffers are ones."""
    return untrained(network(config), seed)


MODEL = ModelKind("portable-denoiser", PortableDenoiserConfig, "a portable denoiser", network, build)
