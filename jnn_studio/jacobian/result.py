"""The answer to "what are the singular values and vectors of this Jacobian?"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class JacobianSVD:
    """Leading singular triplets of a batch of Jacobians; unpacks as ``u, sigma, vh``.

    Attributes:
        u: left singular vectors (batch, m, k), columns.
        sigma: singular values (batch, k), descending.
        vh: right singular vectors (batch, k, n), rows; zero where σ vanishes.
        residuals: √(‖J v − σ u‖² + ‖Jᵀ u − σ v‖²) for each triplet (batch, k). Every method makes one of
            the two vanish up to rounding and measures the other; some singular value lies within
            the residual of σ.
        method: how they were found.
        reason: why not by what would have needed fewer operations, where a layer did not allow that.
    """

    u: Tensor
    sigma: Tensor
    vh: Tensor
    residuals: Tensor
    method: str
    reason: str = ""

    def __iter__(self) -> Iterator[Tensor]:
        return iter((self.u, self.sigma, self.vh))

    @property
    def residual(self) -> float:
        """Largest residual relative to σ₁ of its Jacobian."""
        tiny = torch.finfo(self.sigma.dtype).tiny
        return float((self.residuals / self.sigma[:, :1].clamp_min(tiny)).max())
