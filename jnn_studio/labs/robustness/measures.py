"""What is measured of a classifier without attacking it: accuracy, calibration, its logits' Jacobian."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from jnn_studio.jacobian import effective_rank, jacobian_svd, nuclear_norm

BINS = 15
"""Of confidence, for the calibration error."""
PORTION = 512
"""Images classified at once."""
JACOBIAN_PORTION = 32


@dataclass(frozen=True)
class JacobianFigures:
    """Of the logits' Jacobian, means over images.

    Attributes:
        sigma: singular values, largest first (min(logits, values),).
        nuclear: ‖J‖_*.
        frobenius: ‖J‖_F.
        rank: effective rank.
    """

    sigma: Tensor
    nuclear: float
    frobenius: float
    rank: float


@torch.no_grad()
def logits_of(model: nn.Module, images: Tensor) -> Tensor:
    """Logits (batch, classes), in portions."""
    return torch.cat([model(part) for part in images.split(PORTION)])


def right(logits: Tensor, labels: Tensor) -> Tensor:
    """Which images are told rightly, bool (batch,)."""
    return logits.argmax(1) == labels


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Share of images told rightly."""
    return float(right(logits, labels).float().mean())


def calibration_error(logits: Tensor, labels: Tensor) -> float:
    """Expected calibration error: mean distance of confidence and accuracy, over `BINS` bins of confidence.

    Source: Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML 2017.
    """
    confidence, told = logits.softmax(1).max(1)
    bins = (confidence * BINS).long().clamp_max(BINS - 1)
    error = 0.0
    for place in range(BINS):
        mine = bins == place
        if mine.any():
            gap = (told[mine] == labels[mine]).float().mean() - confidence[mine].mean()
            error += float(gap.abs()) * float(mine.float().mean())
    return error


def jacobian_figures(model: nn.Module, images: Tensor) -> JacobianFigures:
    """Singular values of the logits' Jacobian at every image, and what they come to."""
    sigma = torch.cat([jacobian_svd(model, part).sigma for part in images.split(JACOBIAN_PORTION)])
    return JacobianFigures(
        sigma.mean(0).cpu(),
        float(nuclear_norm(sigma).mean()),
        float(sigma.norm(dim=1).mean()),
        float(effective_rank(sigma).mean()),
    )
