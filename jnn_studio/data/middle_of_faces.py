"""Drawn faces for models of images that are not square: what of each there is in the middle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from jnn_studio.data.pixels import fitted
from jnn_studio.data.source import FactorSource


class MiddleOfFaces:
    """The middle of every image of a square source, (height, width); a `FactorSource` as that is."""

    def __init__(self, whole: FactorSource, height: int, width: int) -> None:
        self._whole, self._height, self._width = whole, height, width

    @property
    def name(self) -> str:
        return self._whole.name

    @property
    def key(self) -> str:
        return f"{self._whole.key}, the middle {self._height} × {self._width}"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return self._whole.image_shape[0], self._height, self._width

    @property
    def factor_names(self) -> tuple[str, ...]:
        return self._whole.factor_names

    def __len__(self) -> int:
        return len(self._whole)

    def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
        """float32 (batch, channels, height, width) in [0, 1]; IndexError for one that is not there."""
        return self._cut(self._whole.images(indices, device))

    def thumbnails(self, indices: Sequence[int], size: int) -> np.ndarray:
        """uint8 (batch, size, size, 3): all of the face."""
        return self._whole.thumbnails(indices, size)

    def label(self, index: int) -> str:
        return self._whole.label(index)

    def factors(self, indices: Sequence[int]) -> Tensor:
        """(batch, factors)."""
        return self._whole.factors(indices)

    def render(self, factors: Tensor) -> Tensor:
        """(batch, channels, height, width); differentiable in ``factors``."""
        return self._cut(self._whole.render(factors))

    def factor_derivatives(self, index: int) -> Tensor:
        """(factors, channels, height, width)."""
        return self._cut(self._whole.factor_derivatives(index))

    def _cut(self, images: Tensor) -> Tensor:
        return fitted(images, self._height, self._width)
