"""The noise levels that a network which is told σ learns from, and how they weigh against each other.

The logarithm of σ is uniform between the least and the largest. An image's objective is in units of its own
noise, ½‖f(y) − target‖² / σ² + penalty, and weighs 1 + σ/0.07, over the mean of that. The error of a good
denoiser falls short of σ² by about that factor (BM3D's on photographs: 0.4 σ² at σ = 0.02, 0.023 at
σ = 1), so that a decibel is worth about the same at every σ.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from jnn_studio.penalty.batch_rows import for_rows

_BENT = 0.07
"""σ from which on a good denoiser's error grows with σ rather than with σ²."""


def draw_levels(sigmas: tuple[float, float], count: int, random: torch.Generator) -> Tensor:
    """σ of each image of a batch, (count,), between the two."""
    least, largest = (math.log(end) for end in sigmas)
    drawn = for_rows(lambda rows: torch.rand(rows, device=random.device, generator=random), count, random)
    return torch.exp(least + (largest - least) * drawn)


def weights_of(sigma: Tensor, sigmas: tuple[float, float]) -> Tensor:
    """How much images of these σ weigh; 1 in the mean over all that are drawn."""
    least, largest = sigmas
    mean = 1 + (largest - least) / math.log(largest / least) / _BENT
    return (1 + sigma / _BENT) / mean
