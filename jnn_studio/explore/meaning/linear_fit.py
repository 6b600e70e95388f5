"""Ridge regression from sums over the data, so that folds can be taken out by subtraction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

STRENGTHS = np.logspace(-6, 2, 33)
"""Candidate penalties, relative to the mean variance of a latent axis."""


@dataclass(frozen=True)
class Moments:
    """Sums over rows (x, y): their number, Σx, Σxxᵀ, Σy, Σxy and Σy²."""

    count: int
    x: np.ndarray
    xx: np.ndarray
    y: float
    xy: np.ndarray
    yy: float

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray) -> Moments:
        """Of rows ``x`` (n, latent), centred well enough not to lose digits, and ``y`` (n,)."""
        return cls(len(x), x.sum(0), x.T @ x, float(y.sum()), x.T @ y, float(y @ y))

    @classmethod
    def total(cls, parts: Sequence[Moments]) -> Moments:
        """Of all parts together."""
        return cls(
            sum(part.count for part in parts),
            np.sum([part.x for part in parts], axis=0),
            np.sum([part.xx for part in parts], axis=0),
            sum(part.y for part in parts),
            np.sum([part.xy for part in parts], axis=0),
            sum(part.yy for part in parts),
        )

    def without(self, part: Moments) -> Moments:
        """Of the rows that are not in ``part``."""
        return Moments(
            self.count - part.count,
            self.x - part.x,
            self.xx - part.xx,
            self.y - part.y,
            self.xy - part.xy,
            self.yy - part.yy,
        )


@dataclass(frozen=True)
class LinearFit:
    """y ≈ weights·x + offset; ``mean`` is that of the y it was fitted to, ``strength`` the chosen penalty."""

    weights: np.ndarray
    offset: float
    mean: float
    strength: float

    def predict(self, x: np.ndarray) -> np.ndarray:
        """For rows (n, latent): (n,)."""
        return x @ self.weights + self.offset


def ridge(sums: Moments) -> LinearFit:
    """Ridge regression with intercept; of `STRENGTHS`, the one with the least generalised CV error.

    Source: Golub, Heath & Wahba, Technometrics 1979.
    """
    n = sums.count
    centre, mean = sums.x / n, sums.y / n
    covariance = sums.xx / n - np.outer(centre, centre)
    cross = sums.xy / n - centre * mean
    variance = max(sums.yy / n - mean**2, 0.0)
    values, vectors = np.linalg.eigh(covariance)
    values = values.clip(0)
    scale = values.mean()
    if scale == 0:
        return LinearFit(np.zeros(len(centre)), mean, mean, float(STRENGTHS[-1]))
    rotated = vectors.T @ cross
    penalties = STRENGTHS[:, None] * scale
    inverse = 1 / (values + penalties)
    # Residual and effective degrees of freedom, the intercept among them, of all strengths at once.
    residual = variance - (rotated**2 * inverse * (2 - values * inverse)).sum(1)
    freedom = 1 - (1 + (values * inverse).sum(1)) / n
    error = np.where(freedom > 1e-6, residual.clip(0) / np.maximum(freedom, 1e-6) ** 2, np.inf)
    best = int(error.argmin()) if np.isfinite(error).any() else len(STRENGTHS) - 1
    weights = vectors @ (rotated * inverse[best])
    return LinearFit(weights, float(mean - centre @ weights), float(mean), float(STRENGTHS[best]))
