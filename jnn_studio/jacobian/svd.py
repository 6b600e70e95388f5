"""Singular values and vectors of the Jacobian of a torch map."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.errors import NoDerivativeError
from jnn_studio.jacobian.gram import GramSVD, two_layers
from jnn_studio.jacobian.krylov import OVERSAMPLING, krylov_svd
from jnn_studio.jacobian.operator import JacobianOperator, Map
from jnn_studio.jacobian.result import JacobianSVD
from jnn_studio.jacobian.structure import Structure, check_finite, check_structure
from jnn_studio.jacobian.thin_svd import thin_svd

SvdMethod = Literal["auto", "dense", "gram", "krylov"]
SVD_METHODS = ("auto", "dense", "gram", "krylov")

# Products with J and Jᵀ that block Krylov needs for one block's worth of triplets, as a rule of thumb.
KRYLOV_PRODUCTS = 8


@torch.no_grad()
def jacobian_svd(
    f: Map,
    x: Structure,
    k: int | None = None,
    method: SvdMethod = "auto",
    *,
    tolerance: float = 1e-4,
    start: Tensor | JacobianSVD | None = None,
    generator: torch.Generator | None = None,
) -> JacobianSVD:
    """The ``k`` leading singular triplets of the Jacobian of ``f`` at every element of a batch.

    Args:
        f: map (batch, *input shape) → (batch, *output shape), each row depending on its own input only.
        x: finite floating-point batch, or a tuple of tensors with one batch axis.
        k: how many triplets; all of them by default.
        method: ``"gram"`` for affine-elementwise-affine maps (exact, see `GramSVD`), ``"dense"`` for the
            full Jacobian and its SVD (exact), ``"krylov"`` for products with J and Jᵀ alone (see
            `krylov_svd`), ``"auto"`` for whichever needs fewer operations, of those that the layers allow.
        tolerance: of ``"krylov"``: largest residual relative to σ₁.
        start: of ``"krylov"``: an answer for weights or an input near by, to start from.
        generator: of ``"krylov"``: source of its random start; with one the result is reproducible.

    Raises:
        TypeError, ValueError: ``x`` is no finite floating-point batch; ``k`` < 1; ``"gram"`` does not apply.
        NoDerivativeError: a layer, which it names, lacks the derivatives that the method needs.

    Example:
        >>> u, sigma, vh = jacobian_svd(torch.nn.Linear(5, 3), torch.zeros(1, 5), k=2)
        >>> sigma.shape
        torch.Size([1, 2])
    """
    if k is not None and k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if method not in SVD_METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, SVD_METHODS))}, got {method!r}")
    check_structure(x, "x")
    layers = two_layers(f) if isinstance(x, Tensor) and x.ndim == 2 else None
    if method == "gram" and layers is None:
        raise ValueError("method 'gram' needs x of shape (batch, n) and f = Linear, elementwise, Linear")
    if layers is not None and isinstance(x, Tensor):
        assert isinstance(f, nn.Module)
        if method == "gram" or (method == "auto" and _gram_is_cheapest(layers[0], layers[2], len(x), k)):
            check_finite(x, "x")
            return GramSVD(f)(x, k)
    j = JacobianOperator(f, x)
    small = min(j.m, j.n)
    k = small if k is None else min(k, small)
    if method == "krylov" or (method == "auto" and small > _products(k)):
        try:
            return krylov_svd(j, k, tolerance=tolerance, start=start, generator=generator)
        except NoDerivativeError as error:
            if method == "krylov":
                raise
            return replace(_dense(j, k), reason=f"{error.place} has no {error.wanted}")
    return _dense(j, k)


def _dense(operator: JacobianOperator, k: int) -> JacobianSVD:
    entries = operator.dense()
    return JacobianSVD(*thin_svd(entries.to(torch.promote_types(entries.dtype, torch.float32)), k), "dense")


def _products(k: int) -> int:
    return KRYLOV_PRODUCTS * (k + OVERSAMPLING)


def _gram_is_cheapest(first: nn.Linear, last: nn.Linear, batch: int, k: int | None) -> bool:
    """Multiplications: a QR and m products with L against min(m, Krylov's number) of products with W₁."""
    hidden, n = first.weight.shape
    m = last.weight.shape[0]
    products = m if k is None else min(m, _products(k))
    return n * hidden**2 + batch * m * hidden**2 < batch * products * hidden * n
