"""The full Jacobian: the simple exact thing every faster method is compared with."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Map = Callable[[Tensor], Tensor]


def jacobian(f: Map, x: Tensor) -> Tensor:
    """Full Jacobian of a batched map at every element of a batch.

    Args:
        f: map from (batch, *input shape) to (batch, *output shape); each output row may depend on its
            own input row only. An ``nn.Module`` in evaluation mode is the usual case.
        x: floating-point tensor (batch, *input shape).

    Returns:
        Tensor (batch, m, n), m and n being the flattened output and input sizes.

    Uses reverse mode if m < n and forward mode otherwise, vectorised over the smaller side.

    Example:
        >>> jacobian(torch.sin, torch.zeros(1, 2))
        tensor([[[1., 0.],
                 [0., 1.]]])
    """
    check_batch(x)

    def single(row: Tensor) -> Tensor:
        return f(row.unsqueeze(0)).squeeze(0).flatten()

    inputs = x[0].numel()
    outputs = f(x[:1]).numel()
    differentiate = torch.func.jacrev if outputs < inputs else torch.func.jacfwd
    return torch.stack([differentiate(single)(row).reshape(outputs, inputs) for row in x])


def check_batch(x: Tensor) -> None:
    """Raise unless ``x`` is a non-empty floating-point batch (batch, *shape)."""
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a torch tensor, got {type(x).__name__}")
    if not x.is_floating_point():
        raise TypeError(f"x must be floating point to be differentiated, got dtype {x.dtype}")
    if x.ndim < 2 or x.numel() == 0:
        raise ValueError(f"x must be a non-empty batch (batch, *input shape), got shape {tuple(x.shape)}")
