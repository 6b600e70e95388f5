"""Exact Jacobian singular values and vectors of two-layer maps W₂ φ(W₁x + b₁) + b₂, fast for many inputs.

J = W₂ D W₁ with D = diag φ'(W₁x + b₁), so JJᵀ = A (W₁W₁ᵀ) Aᵀ with A = W₂D. W₁W₁ᵀ = LLᵀ depends on the
weights alone; with L at hand (from a QR of W₁ᵀ), one input costs B = AL, of size latent × hidden, and the
eigenproblem of BBᵀ, of size latent × latent. BBᵀ squares the singular values, so it is formed in float64: a
float32 one would bury everything below 3e-4 σ₁ under rounding.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.elementwise import apply_elementwise, slope
from jnn_studio.jacobian.layers import LayerKind, kind_of, primitive_layers
from jnn_studio.jacobian.result import JacobianSVD
from jnn_studio.jacobian.thin_svd import float64, from_gram


def two_layers(f: object) -> tuple[nn.Linear, nn.Module, nn.Linear] | None:
    """(affine, elementwise, affine) if ``f`` is exactly that, else None."""
    if not isinstance(f, nn.Module):
        return None
    layers = list(primitive_layers(f))
    if [kind_of(layer) for layer in layers] != [LayerKind.AFFINE, LayerKind.ELEMENTWISE, LayerKind.AFFINE]:
        return None
    first, phi, last = layers
    if isinstance(first, nn.Linear) and isinstance(last, nn.Linear):
        return first, cast(nn.Module, phi), last
    return None


def two_layer_weights(f: nn.Module) -> tuple[Tensor, Tensor | None, nn.Module, Tensor, Tensor | None]:
    """Copies of (W₁, b₁, φ, W₂, b₂) of W₂ φ(W₁x + b₁) + b₂, φ itself not copied.

    Raises:
        ValueError: ``f`` is not affine, elementwise, affine.
    """
    layers = two_layers(f)
    if layers is None:
        raise ValueError(f"the Gram form needs Linear, elementwise, Linear; got {f}")
    first, phi, last = layers
    b1, b2 = (None if layer.bias is None else layer.bias.detach().clone() for layer in (first, last))
    return first.weight.detach().clone(), b1, phi, last.weight.detach().clone(), b2


class GramSVD:
    """Jacobian singular values and vectors of one two-layer map at fixed weights.

    Build once per set of weights (it copies what it needs, so later changes of ``f`` have no effect), call
    for every input.

    Raises:
        ValueError: ``f`` is not affine, elementwise, affine.

    Example:
        >>> f = nn.Sequential(nn.Linear(6, 8), nn.ELU(), nn.Linear(8, 3))
        >>> GramSVD(f)(torch.zeros(1, 6), k=2).sigma.shape
        torch.Size([1, 2])
    """

    @torch.no_grad()
    def __init__(self, f: nn.Module) -> None:
        self._w1, self._b1, self._phi, self._w2, _ = two_layer_weights(f)
        self._l = torch.linalg.qr(self._w1.T, mode="r")[1].T.contiguous()

    @torch.no_grad()
    def __call__(self, x: Tensor, k: int | None = None) -> JacobianSVD:
        """The ``k`` leading singular triplets (all by default) at every row of x (batch, n)."""
        preactivation = nn.functional.linear(x, self._w1, self._b1)
        slopes = slope(self._phi, preactivation, apply_elementwise(self._phi, preactivation))
        a = self._w2 * slopes.unsqueeze(1)
        b = a @ self._l
        wide = float64(b)
        sigma, vectors = from_gram(wide @ wide.mT)
        # There are no more singular values than the smallest of the three sizes.
        rank = min(b.shape[-1], b.shape[-2])
        k = rank if k is None else min(k, rank)
        sigma, u = sigma[:, :k].to(x), vectors[:, :, :k].to(x)
        # Row i is σᵢvᵢᵀ; where σ vanishes the direction is undefined and its row is left at zero.
        scaled = (u.mT @ a) @ self._w1
        length = torch.linalg.vector_norm(scaled, dim=-1, keepdim=True)
        known = length > torch.finfo(x.dtype).eps * sigma[:, :1, None]
        vh = torch.where(known, scaled / torch.where(known, length, 1.0), 0.0)
        # In the coordinates of L's columns, where ‖J v − σ u‖ = ‖B v' − σ u‖ with v' = Bᵀu/‖Bᵀu‖.
        reduced = torch.where(known, (u.mT @ b) / torch.where(known, length, 1.0), 0.0)
        residuals = torch.linalg.vector_norm(b @ reduced.mT - u * sigma.unsqueeze(1), dim=1)
        return JacobianSVD(u, sigma, vh, residuals, "gram")
