"""The nuclear norm of a Jacobian itself: for oracles and small problems."""

from __future__ import annotations

import torch
from torch import Tensor

from jnn_studio.jacobian import jacobian, schatten_power
from jnn_studio.jacobian.operator import Map
from jnn_studio.jacobian.structure import Structure


def exact_nuclear_norm(f: Map, x: Structure) -> Tensor:
    """‖Jf[x]‖_* at every element of a batch, (batch,); differentiable once.

    Forms the full Jacobian (min(m, n) products) and its SVD; what the penalty avoids (problem (3) of
    Scarvelis & Solomon, NeurIPS 2024). The gradient stays finite where singular values coincide or vanish.

    Args:
        f: map (batch, *input shape) → (batch, *output shape), each row depending on its own input only.
        x: finite floating-point batch, or a tuple of tensors with one batch axis.

    Raises:
        TypeError, ValueError: ``x`` is no finite floating-point batch.

    Example:
        >>> exact_nuclear_norm(torch.nn.Tanh(), torch.zeros(2, 3))
        tensor([3., 3.])
    """
    entries = jacobian(f, x)
    return schatten_power(entries.to(torch.promote_types(entries.dtype, torch.float32)), 1)
