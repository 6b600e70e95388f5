"""Branches that are given the same input and whose outputs are added: their Jacobians add, too."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn


class Sum(nn.Module):
    """x → Σ branch(x).

    Products with its Jacobian go through the layers of each branch, so that they cost what those cost.

    Raises:
        ValueError: no branch.

    Example:
        >>> f = Sum(nn.Linear(3, 2), nn.Sequential(nn.Linear(3, 8), nn.ELU(), nn.Linear(8, 2)))
        >>> f(torch.zeros(1, 3)).shape
        torch.Size([1, 2])
    """

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        if not branches:
            raise ValueError("a sum needs at least one branch")
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        """The branches' outputs, added."""
        return added(branch(x) for branch in self.branches)


def added(parts: Iterable[Tensor]) -> Tensor:
    """The sum of at least one tensor."""
    total, *others = parts
    for part in others:
        total = total + part
    return total
