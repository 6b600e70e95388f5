"""Singular values and vectors of the Jacobian of a torch map."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.dense import Map, check_batch, jacobian
from jnn_studio.jacobian.gram import GramSVD, product_jacobian, two_layers
from jnn_studio.jacobian.result import JacobianSVD

Method = Literal["auto", "dense", "gram"]


@torch.no_grad()
def jacobian_svd(f: Map, x: Tensor, k: int | None = None, method: Method = "auto") -> JacobianSVD:
    """The ``k`` leading singular triplets of the Jacobian of ``f`` at every element of a batch.

    Args:
        f: map (batch, *input shape) → (batch, *output shape), each row depending on its own input only.
        x: floating-point batch.
        k: how many triplets; all of them by default.
        method: ``"gram"`` for affine-elementwise-affine maps (exact, see `GramSVD`), ``"dense"`` for the
            full Jacobian and its SVD, ``"auto"`` for whichever needs fewer operations.

    Raises:
        TypeError, ValueError: ``x`` is no floating-point batch; ``k`` < 1; ``"gram"`` does not apply.

    Example:
        >>> u, sigma, vh = jacobian_svd(torch.nn.Linear(5, 3), torch.zeros(1, 5), k=2)
        >>> sigma.shape
        torch.Size([1, 2])
    """
    check_batch(x)
    if k is not None and k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if method not in ("auto", "dense", "gram"):
        raise ValueError(f"method must be 'auto', 'dense' or 'gram', got {method!r}")
    layers = two_layers(f) if x.ndim == 2 else None
    if method == "gram" and layers is None:
        raise ValueError("method 'gram' needs x of shape (batch, n) and f = Linear, elementwise, Linear")
    if layers is not None:
        assert isinstance(f, nn.Module)
        if method == "gram" or (method == "auto" and _gram_is_cheaper(layers[0], layers[2], len(x))):
            return GramSVD(f)(x, k)
        j = product_jacobian(f, x)
    else:
        j = jacobian(f, x)
    u, sigma, vh = torch.linalg.svd(j, full_matrices=False)
    k = sigma.shape[-1] if k is None else min(k, sigma.shape[-1])
    u, sigma, vh = u[:, :, :k], sigma[:, :k], vh[:, :k]
    residuals = torch.linalg.vector_norm(j @ vh.mT - u * sigma.unsqueeze(1), dim=1)
    return JacobianSVD(u, sigma, vh, residuals, "dense")


def _gram_is_cheaper(first: nn.Linear, last: nn.Linear, batch: int) -> bool:
    hidden, n = first.weight.shape
    m = last.weight.shape[0]
    return n * hidden**2 + batch * m * hidden**2 < batch * m * hidden * n
