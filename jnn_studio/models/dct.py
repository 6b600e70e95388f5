"""Images as their lowest cosine frequencies."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn


def dct_matrix(size: int, keep: int) -> np.ndarray:
    """First ``keep`` rows of the orthonormal DCT-II matrix, float64 (keep, size)."""
    k, i = np.arange(keep)[:, None], np.arange(size)[None, :]
    matrix: np.ndarray = np.cos(np.pi * k * (2 * i + 1) / (2 * size)) * np.sqrt(2 / size)
    matrix[0] /= np.sqrt(2)
    return matrix


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
        # From NumPy, so that it is a real tensor also while a network is built on the meta device.
        matrix = torch.from_numpy(dct_matrix(size, keep).astype(np.float32))
        self.register_buffer("matrix", matrix, persistent=False)

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

    def inverse_small(self, coefficients: Tensor, keep: int, size: int) -> Tensor:
        """The lowest ``keep`` × ``keep`` coefficients of each channel → images of another ``size``.

        The same picture sampled more coarsely: brightness is kept.
        """
        matrix = torch.from_numpy(dct_matrix(size, keep).astype(np.float32)).to(coefficients)
        grid = coefficients.reshape(-1, self.channels, keep, keep) * (size / self.size)
        return matrix.T @ grid @ matrix
