"""Right singular vectors of two-layer maps with many outputs: the decoder's side of `GramSVD`.

J = W₂ D W₁ with D = diag φ'. W₂ = QR depends on the weights alone and Q changes no singular value, so one
input costs R D W₁, of size hidden × n, and the eigenproblem of its Gram matrix, of size n × n.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.elementwise import apply_elementwise, slope
from jnn_studio.jacobian.gram import two_layers
from jnn_studio.jacobian.thin_svd import float64


class TallGram:
    """σ and right singular vectors of a two-layer map's Jacobian, and products with it, at fixed weights.

    Build once per set of weights (it keeps its own copy), call for every input.

    Raises:
        ValueError: ``f`` is not affine, elementwise, affine.

    Example:
        >>> f = nn.Sequential(nn.Linear(3, 8), nn.ELU(), nn.Linear(8, 60))
        >>> TallGram(f).right(torch.zeros(1, 3))[1].shape
        torch.Size([1, 3, 3])
    """

    @torch.no_grad()
    def __init__(self, f: nn.Module) -> None:
        layers = two_layers(f)
        if layers is None:
            raise ValueError(f"the Gram form needs Linear, elementwise, Linear; got {f}")
        first, self._phi, last = layers
        self._w1 = first.weight.detach().clone()
        self._b1 = None if first.bias is None else first.bias.detach().clone()
        self._w2 = last.weight.detach().clone()
        self._r: Tensor | None = None

    @torch.no_grad()
    def right(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(σ (batch, n) descending, V (batch, n, n) as columns) at every row of x (batch, n)."""
        if self._r is None:
            self._r = torch.linalg.qr(self._w2, mode="r")[1]
        reduced = float64(self._r @ (self._slopes(x).unsqueeze(-1) * self._w1))
        squares, vectors = torch.linalg.eigh(reduced.mT @ reduced)
        return squares.flip(-1).clamp_min(0).sqrt().to(x), vectors.flip(-1).to(x)

    @torch.no_grad()
    def push(self, x: Tensor, v: Tensor) -> Tensor:
        """J V for columns v (n, k) at one input x (n,): (k, m)."""
        return (self._slopes(x) * (v.T @ self._w1.T)) @ self._w2.T

    def _slopes(self, x: Tensor) -> Tensor:
        a = nn.functional.linear(x, self._w1, self._b1)
        return slope(self._phi, a, apply_elementwise(self._phi, a))
