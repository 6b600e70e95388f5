"""Small networks that tell classes of images apart, their layers in blocks with names to be cut after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from jnn_studio.models.config import ModelConfig, Width
from jnn_studio.models.model_kind import ModelKind
from jnn_studio.penalty.composition import Composition

LOGITS = "logits"
"""The last block."""


class ClassifierConfig(ModelConfig):
    """Sizes of a classifier of square images."""

    kind: Literal["classifier"] = "classifier"
    size: int = Field(32, ge=8, le=1024, description="Side of the square images, in pixels.")
    logits: int = Field(2, ge=2, le=1000, description="One for each class.")
    layout: Literal["convolutional", "dense"] = Field(
        "convolutional",
        description="convolutional: 3×3 convolutions of stride 2, then a linear hidden layer; dense: linear "
        "layers alone.",
    )
    widths: Annotated[tuple[Width, ...], Field(min_length=1, max_length=8)] = Field(
        (16, 32),
        description="Channels after each convolution, or units of each hidden layer of a dense network.",
    )
    hidden: Width = Field(64, description="Units of the hidden layer behind the convolutions.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.layout == "convolutional" and self.size < 2 ** len(self.widths):
            raise ValueError(f"images of {self.size} pixels cannot be halved {len(self.widths)} times")
        return self

    @property
    def block_names(self) -> tuple[str, ...]:
        """The blocks in the order they are applied; a network is cut after one of them."""
        kind = "convolution" if self.layout == "convolutional" else "hidden"
        blocks = [f"{kind}-{place}" for place in range(1, len(self.widths) + 1)]
        return (*blocks, *(("hidden",) if self.layout == "convolutional" else ()), LOGITS)


class Classifier(nn.Module):
    """Images (batch, channels, size, size) in [0, 1] → logits (batch, classes).

    Every block is an affine layer and ELU, the last one, `LOGITS`, affine alone.
    """

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__()
        self.config = config
        self.blocks = nn.ModuleDict(dict(zip(config.block_names, _blocks(config), strict=True)))

    def forward(self, images: Tensor) -> Tensor:
        """Logits."""
        values = self.centred(images)
        for block in self.blocks.values():
            values = block(values)
        return values

    def centred(self, images: Tensor) -> Tensor:
        """What the first block takes: ½ less than the images. A Jacobian is the same by either."""
        return images - 0.5

    def cut(self, after: Sequence[str]) -> Composition:
        """The same network, not a copy, of `centred` images: factors that end with these blocks.

        Raises:
            ValueError: a name is no block's, comes twice, or is that of the last block.
        """
        check_cuts(self.config, after)
        factors: list[list[nn.Module]] = [[]]
        for name, block in self.blocks.items():
            factors[-1].append(block)
            if name in after:
                factors.append([])
        return Composition(*(nn.Sequential(*blocks) for blocks in factors))


def check_cuts(config: ClassifierConfig, after: Sequence[str]) -> None:
    """Raise `ValueError` unless a network of these sizes can be cut after the blocks of these names."""
    known = config.block_names[:-1]
    for name in after:
        if name not in known:
            raise ValueError(f"there is no block {name!r} to cut after; there are: {', '.join(known)}")
    if len(set(after)) < len(after) or not after:
        raise ValueError(f"the network is cut after different blocks, at least one, of {', '.join(known)}")


def _blocks(config: ClassifierConfig) -> Iterator[nn.Module]:
    if config.layout == "dense":
        values = config.channels * config.size**2
        for place, width in enumerate(config.widths):
            flat = [] if place else [nn.Flatten()]
            yield nn.Sequential(*flat, nn.Linear(values, width), nn.ELU())
            values = width
    else:
        channels, side = int(config.channels), config.size
        for width in config.widths:
            yield nn.Sequential(nn.Conv2d(channels, width, 3, stride=2, padding=1), nn.ELU())
            channels, side = width, (side + 1) // 2
        values = config.hidden
        yield nn.Sequential(nn.Flatten(), nn.Linear(channels * side**2, values), nn.ELU())
    yield nn.Linear(values, config.logits)


def build(config: ClassifierConfig, seed: int) -> Classifier:
    """A freshly initialised network; the same seed gives the same weights on any device."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Classifier(config)


MODEL = ModelKind("classifier", ClassifierConfig, "a classifier", Classifier, build)
