"""Numbers that summarise a list of singular values. All accept (..., k) and reduce the last axis."""

from __future__ import annotations

import torch
from torch import Tensor


def nuclear_norm(sigma: Tensor) -> Tensor:
    """Σσᵢ."""
    return sigma.sum(-1)


def effective_rank(sigma: Tensor) -> Tensor:
    """exp of the Shannon entropy of pᵢ = σᵢ/Σσ: k if all are equal, 1 if one dominates; 0 if all are 0.

    Source: Roy & Vetterli, "The effective rank", EUSIPCO 2007.
    """
    total = sigma.sum(-1, keepdim=True)
    p = sigma / total.clamp_min(torch.finfo(sigma.dtype).tiny)
    return torch.where(total.squeeze(-1) > 0, torch.special.entr(p).sum(-1).exp(), 0.0)


def stable_rank(sigma: Tensor) -> Tensor:
    """‖J‖_F² / σ₁², between 1 and the rank; 0 if all are 0."""
    largest = sigma.amax(-1)
    ratio = sigma.square().sum(-1) / largest.square().clamp_min(torch.finfo(sigma.dtype).tiny)
    return torch.where(largest > 0, ratio, 0.0)
