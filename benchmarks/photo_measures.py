"""What a direction does to photographs, and what coordinates along directions say of people never seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jnn_studio.explore.meaning.linear_fit import Moments, ridge

DRAWS = 1000
"""Resamplings of the persons behind each interval."""
Measured = Callable[[np.ndarray], np.ndarray]
"""Weights of images (draws, images) → one figure for each draw."""


def level_shares(changes: Tensor, pictures: Tensor) -> dict[str, Tensor]:
    """How much of the squared length of changes of pictures is a change of levels, each in [0, 1].

    ``brightness``: all values changed alike; ``colour``: each channel by its own constant, brightness aside;
    ``levels``: what can be had by adding a constant to each channel and multiplying it by one (brightness,
    colour, contrast and gain together). The rest moves, bends or shades something.

    Args:
        changes: decoded push-forwards (batch, k, channels, size, size).
        pictures: what they change, (batch, channels, size, size).

    Returns:
        (batch, k) each; 0 where nothing changes.
    """
    flat = changes.flatten(3).double()
    total = flat.square().sum((2, 3)).clamp_min(1e-300)
    means = flat.mean(3)
    count = flat.shape[3]
    brightness = count * flat.shape[2] * means.mean(2).square()
    constant = count * means.square().sum(2)
    contrast = pictures.flatten(2).double()
    contrast = contrast - contrast.mean(2, keepdim=True)
    contrast = contrast / torch.linalg.vector_norm(contrast, dim=2, keepdim=True).clamp_min(1e-300)
    gain = torch.einsum("bkcn,bcn->bkc", flat, contrast).square().sum(2)
    found = {"brightness": brightness, "colour": constant - brightness, "levels": constant + gain}
    return {name: (part / total).clamp(0, 1) for name, part in found.items()}


def share_of_readout(weights: np.ndarray, covariance: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """How much of a readout's variance coordinates along the first directions of one image carry.

    With latents of this ``covariance`` C, the squared correlation of wᵀz with its best linear prediction from
    the first k of uᵢᵀz. Directions of different images are not compared: the readout is the same everywhere.

    Args:
        weights: w, (latent,).
        directions: orthonormal columns u₁, u₂, … (latent, k).

    Returns:
        (k,), rising; 1 once the first ones span what the readout reads.
    """
    triangle = np.linalg.cholesky(directions.T @ covariance @ directions + _least(covariance, directions))
    along = np.linalg.solve(triangle, directions.T @ covariance @ weights)
    found: np.ndarray = (along**2).cumsum() / max(float(weights @ covariance @ weights), 1e-300)
    return found.clip(0, 1)


def _least(covariance: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """A variance that no direction is below, also those that the images do not vary along."""
    floor: np.ndarray = 1e-9 * np.trace(covariance) / len(covariance) * np.eye(directions.shape[1])
    return floor


def predicted(train: np.ndarray, values: np.ndarray, test: np.ndarray) -> np.ndarray:
    """What a ridge regression of ``values`` on rows ``train`` (images, k) says of rows ``test``.

    Its strength is chosen by generalised cross-validation among the training rows.
    """
    centre, mean, spread = train.mean(0), values.mean(), max(float(values.std()), 1e-300)
    fit = ridge(Moments.of(train - centre, (values - mean) / spread))
    return fit.predict(test - centre) * spread + mean


def r_squared(values: np.ndarray, guesses: np.ndarray) -> Measured:
    """1 - Σ(y - ŷ)² / Σ(y - ȳ)², ȳ being the mean of the very images it is judged on."""

    def measure(weights: np.ndarray) -> np.ndarray:
        total = weights.sum(1)
        mean = weights @ values / total
        variance = weights @ values**2 / total - mean**2
        found: np.ndarray = 1 - weights @ (values - guesses) ** 2 / total / np.maximum(variance, 1e-300)
        return found

    return measure


def area_under_curve(yes: np.ndarray, guesses: np.ndarray) -> Measured:
    """The chance that an image of the one kind is guessed above one of the other; equal ones count half."""
    order = np.argsort(guesses, kind="stable")
    _, starts = np.unique(guesses[order], return_index=True)

    def measure(weights: np.ndarray) -> np.ndarray:
        sorted_weights = weights[:, order]
        those = np.add.reduceat(sorted_weights * yes[order], starts, axis=1)
        others = np.add.reduceat(sorted_weights * ~yes[order], starts, axis=1)
        below = others.cumsum(1) - others / 2
        found: np.ndarray = (those * below).sum(1) / np.maximum(those.sum(1) * others.sum(1), 1e-300)
        return found

    return measure


def mean_of(values: np.ndarray) -> Measured:
    """The mean over images."""

    def measure(weights: np.ndarray) -> np.ndarray:
        found: np.ndarray = weights @ values / weights.sum(1)
        return found

    return measure


@dataclass(frozen=True)
class Persons:
    """Who is on which image, and the same resamplings of them for every figure.

    Persons are drawn, with all their images: images of one person are alike, and intervals over images would
    be too narrow. All figures see the same draws, so that differences of models have intervals of their own.
    """

    names: Sequence[str]

    def draws(self) -> np.ndarray:
        """Weights (draws + 1, images), the first of them of every image once."""
        _, person = np.unique(np.asarray(self.names), return_inverse=True)
        count = int(person.max()) + 1
        times = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), DRAWS)
        weights = np.concatenate([np.ones((1, count)), times])
        drawn: np.ndarray = weights[:, person]
        return drawn


def with_interval(found: np.ndarray) -> list[float]:
    """[as it is, 2.5th percentile, 97.5th] of a figure (draws + 1,)."""
    low, high = np.quantile(found[1:], (0.025, 0.975))
    return [round(float(value), 3) for value in (found[0], low, high)]
