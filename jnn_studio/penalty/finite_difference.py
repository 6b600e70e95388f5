"""The paper's Jacobian-free estimator of ‖J‖_F² (Scarvelis & Solomon, NeurIPS 2024, Theorem 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor

from jnn_studio.penalty.composition import FactorPass


def finite_difference(
    done: FactorPass, sigma: float, probes: int = 1, generator: torch.Generator | None = None
) -> Tensor:
    """(1/σ²) mean over probes of ‖f(x + ε) − f(x)‖², ε ~ N(0, σ²I): (batch,); differentiable.

    f(x) is the forward pass's own output; each probe costs one evaluation of the factor. Unbiased up to
    O(σ²); for a single probe the standard deviation is about √2 ‖JᵀJ‖_F.

    Args:
        done: the factor with its input and output.
        sigma: noise scale, in the units of the factor's input.
        probes: draws per element.
        generator: source of the noise, on the input's device; torch's own by default.
    """
    total = torch.zeros((), dtype=done.output.dtype, device=done.output.device)
    for _ in range(probes):
        noise = torch.randn(
            done.input.shape, dtype=done.input.dtype, device=done.input.device, generator=generator
        )
        moved = done.factor(done.input + sigma * noise)
        total = total + (moved - done.output).flatten(1).square().sum(1)
    return total / (probes * sigma**2)
