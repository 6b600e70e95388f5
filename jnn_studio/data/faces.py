"""Procedural faces: an image source whose images are a known smooth function of sixteen factors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from jnn_studio.data.face_renderer import FACTOR_NAMES, render_faces
from jnn_studio.data.pixels import to_uint8

MIN_SIZE = 16
"""Below this a face has too few pixels to show its factors."""


DIFFERENCE = 1e-6
"""Step of the factors' derivatives: of the order of the cube root of float64's precision."""


class FaceSource:
    """``count`` portraits of ``size`` × ``size`` pixels, drawn when asked for; a `FactorSource`.

    The factors are independent and nearly uniform in [-1, 1]. Face ``i`` of a seed is the same at every
    size and in sources of every length.

    Raises:
        ValueError: ``count`` is below 1, or ``size`` below `MIN_SIZE`.
    """

    def __init__(self, count: int = 8192, size: int = 64, seed: int = 0) -> None:
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        if size < MIN_SIZE:
            raise ValueError(f"size must be at least {MIN_SIZE} pixels, got {size}")
        self._size, self._seed = size, seed
        generator = torch.Generator().manual_seed(seed)
        uniform = 2 * torch.rand(count, len(FACTOR_NAMES), generator=generator) - 1
        # A normal variable narrower than the standard one, through the standard one's distribution
        # function: flat in the middle, falling smoothly to nothing at -1 and 1.
        self._factors = torch.erf(0.9 * torch.erfinv(uniform))

    @property
    def name(self) -> str:
        return "faces"

    @property
    def key(self) -> str:
        return f"{len(self)} faces of {self._size} pixels, seed {self._seed}"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        return 3, self._size, self._size

    @property
    def factor_names(self) -> tuple[str, ...]:
        return FACTOR_NAMES

    def __len__(self) -> int:
        return len(self._factors)

    def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
        """float32 (batch, 3, size, size) in [0, 1]; IndexError for a face that is not there."""
        with torch.no_grad():
            return self.render(self.factors(indices).to(device))

    def thumbnails(self, indices: Sequence[int], size: int) -> np.ndarray:
        """uint8 (batch, size, size, 3), drawn at that size; IndexError for a face that is not there."""
        if size < 1:
            raise ValueError(f"size must be at least 1 pixel, got {size}")
        with torch.no_grad():
            images = render_faces(self.factors(indices), size)
        return to_uint8(images)

    def label(self, index: int) -> str:
        """``"face 12"``; IndexError for a face that is not there."""
        self._check(index)
        return f"face {index}"

    def factors(self, indices: Sequence[int]) -> Tensor:
        """float32 (batch, factors) in [-1, 1], on the CPU; IndexError for a face that is not there."""
        for index in indices:
            self._check(index)
        return self._factors[torch.as_tensor(list(indices), dtype=torch.int64)]

    def render(self, factors: Tensor) -> Tensor:
        """Images (batch, 3, size, size) of factor vectors, in their dtype, on their device, differentiable.

        ValueError if ``factors`` is not (batch, factors).
        """
        return render_faces(factors, self._size)

    def factor_derivatives(self, index: int) -> Tensor:
        """∂image/∂factor, float32 (factors, 3, size, size); IndexError for a face that is not there.

        Central differences in float64: their error is below float32's rounding (2e-8 relative, held against
        forward mode), at a fraction of its time.
        """
        factors = self.factors([index]).double()
        steps = DIFFERENCE * torch.eye(factors.shape[1], dtype=torch.float64)
        with torch.no_grad():
            above, below = self.render(torch.cat([factors + steps, factors - steps])).chunk(2)
        return ((above - below) / (2 * DIFFERENCE)).float()

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise IndexError(f"index {index}: this source has faces 0 to {len(self) - 1}")
