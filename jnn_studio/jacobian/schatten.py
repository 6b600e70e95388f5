"""Σσᵖ of matrices, with a gradient that stays finite where singular values vanish or coincide."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def schatten_power(j: Tensor, p: float = 1.0) -> Tensor:
    """‖J‖_{S_p}^p = Σσᵢᵖ for p ≥ 1: (..., m, n) → (...); differentiable once. p = 1 is the nuclear norm.

    The gradient is p U Σ^{p−1} Vᵀ, which needs no gaps between singular values. At p = 1, directions with
    σ below rounding are left out: of all subgradients, the one of least norm.

    Raises:
        ValueError: p < 1.
    """
    if not p >= 1:
        raise ValueError(f"p must be at least 1, got {p}")
    value: Tensor = _SchattenPower.apply(j, float(p))
    return value


class _SchattenPower(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, j: Tensor, p: float) -> Tensor:
        u, sigma, vh = torch.linalg.svd(j, full_matrices=False)
        ctx.save_for_backward(u, sigma, vh)
        ctx.p = p
        return sigma.pow(p).sum(-1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        u, sigma, vh = ctx.saved_tensors
        floor = sigma[..., :1] * max(u.shape[-2], vh.shape[-1]) * torch.finfo(sigma.dtype).eps
        slope = torch.where(sigma > floor, ctx.p * sigma.pow(ctx.p - 1), 0.0)
        return grad[..., None, None] * ((u * slope.unsqueeze(-2)) @ vh), None
