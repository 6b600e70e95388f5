"""What the rest of the program may ask of a collection of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from torch import Tensor

Size = int | tuple[int, int]
"""(height, width) in pixels, or the side of squares."""


def height_and_width(size: Size) -> tuple[int, int]:
    """Both sides."""
    return (size, size) if isinstance(size, int) else size


@runtime_checkable
class ImageSource(Protocol):
    """A finite, indexable collection of equally sized images.

    Images are float32 in [0, 1], channels first. The same index always gives the same image, so a
    batch is fully described by its indices; that is what makes runs repeatable.
    """

    @property
    def name(self) -> str:
        """Short name shown to people: ``"faces"`` or the folder's name."""

    @property
    def key(self) -> str:
        """Names the content: another as soon as any image is."""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of every image."""

    def __len__(self) -> int: ...

    def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
        """The images at ``indices`` as a float32 tensor (batch, channels, height, width) on ``device``."""

    def thumbnails(self, indices: Sequence[int], size: int) -> np.ndarray:
        """uint8 array (batch, size, size, 3), cheap enough to be called while scrolling."""

    def label(self, index: int) -> str:
        """What to call image ``index`` in the window: a file name or ``"face 12"``."""


@runtime_checkable
class FactorSource(ImageSource, Protocol):
    """A source whose images are a known smooth function of named factors."""

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the factor vector."""

    def factors(self, indices: Sequence[int]) -> Tensor:
        """Factor vectors (batch, factors) of the images at ``indices``, each entry in [-1, 1]."""

    def render(self, factors: Tensor) -> Tensor:
        """Images (batch, channels, height, width) of factor vectors; differentiable in ``factors``."""

    def factor_derivatives(self, index: int) -> Tensor:
        """∂image/∂factor at image ``index``: (factors, channels, height, width)."""
