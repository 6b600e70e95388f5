"""Operators of other libraries, such as `deepinv`'s, as degradations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

_CLOSE = 1e-3


class ForeignPhysics(Protocol):
    """A linear map of batches, with its adjoint, as `deepinv.physics.LinearPhysics` has them; no noise."""

    def A(self, x: Tensor) -> Tensor:  # noqa: N802  (as it is called there)
        """A x."""

    def A_adjoint(self, y: Tensor) -> Tensor:  # noqa: N802
        """Aᵀ y."""


@dataclass(frozen=True, eq=False)
class ForeignOperator:
    """A `Degradation` by somebody else's operator; made by `adapted`."""

    physics: ForeignPhysics
    mean_square: float

    def apply(self, image: Tensor) -> Tensor:
        """A x."""
        return self.physics.A(image[None])[0]

    def adjoint(self, image: Tensor) -> Tensor:
        """Aᵀ y."""
        return self.physics.A_adjoint(image[None])[0]

    def diagonal(self) -> Tensor:
        """The mean of the diagonal of AᵀA, by a probe."""
        return torch.tensor(self.mean_square)


def adapted(physics: ForeignPhysics, example: Tensor) -> ForeignOperator:
    """An operator of somebody else for images like ``example`` (channels, height, width), tried once.

    Raises:
        ValueError: it is not linear, or its adjoint is another map's: ⟨A x, y⟩ is not ⟨x, Aᵀ y⟩.
    """
    generator = torch.Generator().manual_seed(0)
    x, other = (torch.randn(example.shape, generator=generator) for _ in range(2))
    first = physics.A(x[None])
    both = physics.A((x + 2 * other)[None])
    if not torch.allclose(both, first + 2 * physics.A(other[None]), rtol=_CLOSE, atol=_CLOSE):
        raise ValueError("the operator is not linear: A(x + 2 z) is not A(x) + 2 A(z)")
    y = torch.randn(first.shape, generator=generator)
    there, back = float((first * y).sum()), float((x[None] * physics.A_adjoint(y)).sum())
    if abs(there - back) > _CLOSE * float(first.norm() * y.norm()):
        raise ValueError(f"A_adjoint is not the adjoint of A: ⟨A x, y⟩ is {there:.6g}, ⟨x, Aᵀ y⟩ {back:.6g}")
    return ForeignOperator(physics, float(first.square().sum() / x.square().sum()))
