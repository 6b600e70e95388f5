"""The three penalties at points of space: ‖∇f‖ itself, and its bound by the two factors' Jacobians."""

from __future__ import annotations

import torch
from torch import Tensor

from jnn_studio.labs.rof.config import RofPenaltyConfig
from jnn_studio.penalty import Composition, NuclearNormPenalty, Trace


def gradient_norm(trace: Trace) -> Tensor:
    """‖Jf[x]‖_* = |∇f(x)| of a scalar f = g∘h, (batch,); exact, differentiable, from its forward pass.

    One VJP through both factors. Where ∇f vanishes the derivative is taken to be 0.
    """
    h, g = trace.passes
    unit = torch.ones_like(trace.output).unsqueeze(0)
    return torch.linalg.vector_norm(h.pull(g.pull(unit))[0], dim=1)


def exact_composite() -> NuclearNormPenalty:
    """½(‖Jg‖² + ‖Jh‖²) by the engine's choice: for few inputs and one output, forward and reverse mode."""
    return NuclearNormPenalty(exact_budget=64)


def drawn_composite(config: RofPenaltyConfig) -> NuclearNormPenalty:
    """The same by the paper's estimator: Gaussian finite differences of a fixed σ."""
    return NuclearNormPenalty("finite_difference", config.sigma, config.draws)


@torch.no_grad()
def objectives(f: Composition, x: Tensor, tau: Tensor, eta: float) -> tuple[float, float, float]:
    """(8), (9) and the tightness gap E[½(‖Jg‖² + ‖Jh‖²) − |∇f|], means over points x (points, n)."""
    trace = f.trace(x)
    data = 0.5 * (trace.output[:, 0] - tau).square().mean()
    nuclear = gradient_norm(trace).mean()
    bound = exact_composite().values(f, trace).mean()
    return float(data + eta * nuclear), float(data + eta * bound), float(bound - nuclear)
