"""Singular values and latent-side singular vectors of two-layer encoders and decoders, one input at a time.

`GramSVD` gives both sides of an encoder's Jacobian; most of its time goes into the side with many numbers.
Where only the latent's side is wanted, J = F D N or its transpose, with D = diag φ' and F's Gram matrix
FᵀF = LLᵀ known from the weights alone (a QR), so that one input costs B = NᵀDL, of size latent × hidden, and
the eigenproblem of BBᵀ in float64.
"""

from __future__ import annotations

import copy
from typing import Literal

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.elementwise import apply_elementwise, slope
from jnn_studio.jacobian.gram import two_layer_weights
from jnn_studio.jacobian.thin_svd import float64, from_gram


class LatentSide:
    """One two-layer map at fixed weights; it keeps its own copy of them.

    Args:
        f: Linear, elementwise, Linear.
        side: the latent's: ``"left"`` where f is an encoder, ``"right"`` where it is a decoder.

    Raises:
        ValueError: ``f`` is not affine, elementwise, affine.

    Example:
        >>> f = nn.Sequential(nn.Linear(3, 8), nn.ELU(), nn.Linear(8, 60))
        >>> LatentSide(f, "right")(torch.zeros(3))[1].shape
        torch.Size([3, 3])
    """

    @torch.no_grad()
    def __init__(self, f: nn.Module, side: Literal["left", "right"]) -> None:
        self._w1, self._b1, self._phi, self._w2, b2 = two_layer_weights(f)
        self._b2 = self._w2.new_zeros(len(self._w2)) if b2 is None else b2
        self._inner: LatentSide | None = None
        near, far = (self._w2, self._w1.T) if side == "left" else (self._w1.T, self._w2)
        self._near = near.contiguous()
        self._l = torch.linalg.qr(far, mode="r")[1].T.contiguous()

    @torch.no_grad()
    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(σ (r,) descending, vectors as columns (latent, r)) at an input (n,)."""
        sigma, vectors = from_gram(self.gram(x))
        rank = min(self._near.shape[0], self._l.shape[1])
        return sigma[:rank].to(x), vectors[:, :rank].to(x)

    @torch.no_grad()
    def gram(self, x: Tensor) -> Tensor:
        """JJᵀ of an encoder, JᵀJ of a decoder, at an input (n,): (latent, latent), in float64."""
        b = float64((self._near * self._slopes(x)) @ self._l)
        return b @ b.T

    @torch.no_grad()
    def after(self, inner: LatentSide) -> LatentSide:
        """The same Jacobians at the outputs of another map, asked for by that map's inputs.

        What leads from its nonlinearity to this one is a single product of weights, so that its outputs,
        the most numerous of all, are never computed. Such a one can only be called.
        """
        one = copy.copy(self)
        w1 = self._w1.double()
        b1 = w1 @ inner._b2.double() + (0.0 if self._b1 is None else self._b1.double())
        one._inner, one._b1 = inner, b1.to(self._w1)
        one._w1 = (w1 @ inner._w2.double()).to(self._w1)
        return one

    @torch.no_grad()
    def push(self, x: Tensor, v: Tensor) -> Tensor:
        """J V for columns v (n, k) at an input (n,): (k, m)."""
        return self.value_and_push(x, v)[1]

    @torch.no_grad()
    def value_and_push(self, x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """(f(x), J V): the weights of the last layer, which are the most, are gone through once for both."""
        y, slopes = self._hidden(x)
        both = torch.cat([y.unsqueeze(0), slopes * (v.T @ self._w1.T)]) @ self._w2.T
        return both[0] + self._b2, both[1:]

    def _slopes(self, x: Tensor) -> Tensor:
        return self._hidden(x)[1]

    def _hidden(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The nonlinearity's values and slopes at an input."""
        if self._inner is not None:
            x = self._inner._hidden(x)[0]
        a = nn.functional.linear(x, self._w1, self._b1)
        y = apply_elementwise(self._phi, a)
        return y, slope(self._phi, a, y)
