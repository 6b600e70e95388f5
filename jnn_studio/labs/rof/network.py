"""The network of the validation: Fourier features, and two small factors (Scarvelis & Solomon, B.1)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from jnn_studio.labs.rof.config import NetworkConfig
from jnn_studio.penalty import Composition


class FourierFeatures(nn.Module):
    """x (batch, n) ↦ [sin Bx, cos Bx, x]; B is fixed, Gaussian of deviation π/√n, its first column halved."""

    frequencies: Tensor

    def __init__(self, n: int, count: int, generator: torch.Generator) -> None:
        super().__init__()
        matrix = torch.randn(count, n, generator=generator) * math.pi / math.sqrt(n)
        matrix[:, 0] *= 0.5
        self.register_buffer("frequencies", matrix)

    @property
    def features(self) -> int:
        """Length of one output."""
        count, n = self.frequencies.shape
        return 2 * count + n

    def forward(self, x: Tensor) -> Tensor:
        """(batch, features)."""
        phase = x @ self.frequencies.T
        return torch.cat([phase.sin(), phase.cos(), x], 1)


def build(n: int, config: NetworkConfig, seed: int) -> Composition:
    """f = g∘h with initial weights that are a function of ``seed``."""
    generator = torch.Generator().manual_seed(seed)
    features = FourierFeatures(n, config.frequencies, generator)
    width = config.hidden
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        h = nn.Sequential(features, nn.Linear(features.features, width), nn.ELU(), nn.Linear(width, width))
        g = nn.Sequential(nn.Linear(width, width), nn.ELU(), nn.Linear(width, 1))
    return Composition(h, g)
