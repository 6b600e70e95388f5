"""Images as their lowest cosine frequencies."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def dct_matrix(size: int, keep: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """First ``keep`` rows of the orthonormal DCT-II matrix, (keep, size)."""
    k = torch.arange(keep, dtype=torch.float64).unsqueeze(1)
    i = torch.arange(size, dtype=torch.float64).unsqueeze(0)
    matrix = torch.cos(math.pi * k * (2 * i + 1) / (2 * size)) * math.sqrt(2 / size)
    matrix[0] /= math.sqrt(2)
    return matrix.to(dtype)


class TruncatedDCT(nn.Module):
    """The ``keep`` × ``keep`` lowest orthonormal DCT coefficients of each channel, flattened.

    Its rows are orthonormal, so singular values and left singular vectors of a Jacobian in these
    coordinates are those in pixel coordinates, and distances between band-limited images are kept.
    (The paper's reference code uses an unnormalised DCT, 2·size times this one.)

    Raises:
        ValueError: ``keep`` is not between 1 and ``size``.
    """

    matrix: Tensor

    def __init__(self, channels: int, size: int, keep: int) -> None:
        super().__init__()
        if not 1 <= keep <= size:
            raise ValueError(f"keep must be between 1 and the image size {size}, got {keep}")
        self.channels, self.size, self.keep = channels, size, keep
        self.register_buffer("matrix", dct_matrix(size, keep, torch.float32), persistent=False)

    @property
    def features(self) -> int:
        """Length of the coefficient vector."""
        return self.channels * self.keep**2

    def forward(self, images: Tensor) -> Tensor:
        """Images (batch, channels, size, size) → coefficients (batch, features)."""
        return (self.matrix @ images @ self.matrix.T).flatten(1)

    def inverse(self, coefficients: Tensor) -> Tensor:
        """Coefficients (batch, features) → the band-limited images they describe."""
        grid = coefficients.reshape(-1, self.channels, self.keep, self.keep)
        return self.matrix.T @ grid @ self.matrix
