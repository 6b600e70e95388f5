"""Layers that multiply, or add to, every number on its own, by tensors that they are given.

Their tensors are no weights: they are made for one evaluation, such as from a noise level that the network is
told, and may carry gradients back to where they come from.
"""

from __future__ import annotations

from torch import Tensor, nn


class Gain(nn.Module):
    """x → x · factor, the factor broadcast over x (batch, *shape).

    Example:
        >>> Gain(torch.tensor([2.0, 0.5]))(torch.ones(1, 2))
        tensor([[2.0000, 0.5000]])
    """

    def __init__(self, factor: Tensor) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """The product, in the precision of x."""
        return x * self.factor.to(x.dtype)


class Offset(nn.Module):
    """x → x + offset, the offset broadcast over x (batch, *shape): its Jacobian is the identity.

    Example:
        >>> Offset(torch.tensor([2.0, 0.5]))(torch.ones(1, 2))
        tensor([[3.0000, 1.5000]])
    """

    def __init__(self, offset: Tensor) -> None:
        super().__init__()
        self.offset = offset

    def forward(self, x: Tensor) -> Tensor:
        """The sum, in the precision of x."""
        return x + self.offset.to(x.dtype)
