"""The published procedure, written from the paper's description: what the engine is compared with.

Scarvelis & Solomon, NeurIPS 2024: equation (6) with one draw and σ = 1e-3, every term evaluated afresh; and
the leading singular values by a single-pass randomised SVD with oversampling 10 (Halko, Martinsson & Tropp,
SIAM Review 2011, algorithm 4.1) over vmapped Jacobian-vector and vector-Jacobian products.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from jnn_studio.penalty import Composition


def regulariser(f: Composition, x: Tensor, sigma: float = 1e-3) -> Tensor:
    """R(x; f) of every element, (batch,): four evaluations of a factor on top of the forward pass's two."""
    h, g = f
    first = h(x + sigma * torch.randn_like(x)) - h(x)
    z = h(x)
    second = g(z + sigma * torch.randn_like(z)) - g(z)
    return (first.flatten(1).square().sum(1) + second.flatten(1).square().sum(1)) / (2 * sigma**2)


def single_pass_svd(
    f: Callable[[Tensor], Tensor], x: Tensor, k: int, oversampling: int = 10
) -> tuple[Tensor, Tensor, Tensor]:
    """(U, σ, Vᵀ) of rank ``k`` at one input, without power iterations."""

    def single(row: Tensor) -> Tensor:
        return f(row.unsqueeze(0)).squeeze(0)

    probes = torch.randn(k + oversampling, *x.shape, device=x.device)
    transpose = torch.func.vjp(single, x)[1]
    images = torch.func.vmap(lambda v: torch.func.jvp(single, (x,), (v,))[1])(probes)
    q = torch.linalg.qr(images.flatten(1).T)[0]
    cotangents = q.T.reshape(-1, *images.shape[1:])
    b = torch.func.vmap(lambda u: transpose(u)[0])(cotangents).flatten(1)
    u, sigma, vh = torch.linalg.svd(b, full_matrices=False)
    return q @ u[:, :k], sigma[:k], vh[:k]
