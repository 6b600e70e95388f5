"""The full Jacobian: the simple exact thing every faster method is compared with."""

from __future__ import annotations

from torch import Tensor

from jnn_studio.jacobian.operator import JacobianOperator, Map
from jnn_studio.jacobian.structure import Structure


def jacobian(f: Map, x: Structure) -> Tensor:
    """Full Jacobian of a batched map at every element of a batch; differentiable.

    Args:
        f: map from (batch, *input shape) to (batch, *output shape); each output row may depend on its
            own input row only. An ``nn.Module`` in evaluation mode is the usual case.
        x: floating-point tensor (batch, *input shape), or a tuple of them.

    Returns:
        Tensor (batch, m, n), m and n being the flattened output and input sizes.

    Raises:
        TypeError, ValueError: ``x`` is no finite floating-point batch.

    Uses reverse mode if m < n and forward mode otherwise, vectorised over the smaller side.

    Example:
        >>> jacobian(torch.sin, torch.zeros(1, 2))
        tensor([[[1., 0.],
                 [0., 1.]]])
    """
    return JacobianOperator(f, x).dense()
