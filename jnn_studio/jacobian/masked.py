"""Directions that change some outputs of a map most, and the others least."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from jnn_studio.jacobian.thin_svd import float64, from_gram

DAMPING = 0.03
"""What a direction that changes nothing is taken to change, as a part of the largest squared change."""


@dataclass(frozen=True)
class MaskedDirections:
    """Directions for a part of a map's outputs, those that keep to it best first.

    Attributes:
        vectors: unit columns (n, k). They are orthogonal in the metric M = JᵀJ + damping · σ₁²(J) · 1.
        sigma: (k,) in [0, 1), descending: σ² = ‖J_in v‖² / vᵀM v, the share of the change that is inside,
            damped so that a direction that hardly changes anything does not count as one that keeps to it.
        share: (k,) of the squared change of all outputs that is inside, in [0, 1].
        lengths: (k,) with which the columns are orthonormal in that metric.
    """

    vectors: Tensor
    sigma: Tensor
    share: Tensor
    lengths: Tensor


class MaskedJacobian:
    """A Jacobian whose entries are at hand, asked for one part of its outputs after another.

    The directions are the right singular vectors of the rows inside, J_in, in the metric of the whole
    change: they solve J_inᵀJ_in v = σ² M v. Singular vectors of J_in alone, projected away from the leading
    ones of the other rows, are what LOCO-Edit takes (Chen et al., NeurIPS 2024); where few directions change
    anything at all, as under the nuclear norm, that projection leaves next to nothing (docs/directions.md).

    Args:
        columns: how all outputs change along each input axis, (n, m): Jᵀ.
        damping: see `MaskedDirections.vectors`.
    """

    def __init__(self, columns: Tensor, damping: float = DAMPING) -> None:
        self.columns, self._damping = columns, damping

    @torch.no_grad()
    def directions(self, inside: Tensor) -> MaskedDirections:
        """Directions for the outputs marked in ``inside`` (m,)."""
        within = self._gram_of(inside)
        half = self._half
        # With M⁻¹ = H Hᵀ, the columns H q of the eigenvectors q of Hᵀ J_inᵀJ_in H.
        sigma, turned = from_gram(half.mT @ within @ half)
        vectors = half @ turned
        norms = torch.linalg.vector_norm(vectors, dim=0)
        vectors = vectors / norms
        whole = (vectors * (self._gram @ vectors)).sum(0)
        floor = torch.finfo(torch.float64).eps * self._largest
        part = (vectors * (within @ vectors)).sum(0)
        share = torch.where(whole > floor, part / whole.clamp_min(floor), 0.0).clamp(0, 1)
        like = self.columns
        return MaskedDirections(vectors.to(like), sigma.to(like), share.to(like), norms.to(like))

    @cached_property
    def _gram(self) -> Tensor:
        whole = float64(self.columns)
        return whole @ whole.mT

    @cached_property
    def _largest(self) -> Tensor:
        """σ₁², of a map that changes something."""
        return torch.linalg.eigvalsh(self._gram)[-1].clamp_min(torch.finfo(torch.float32).tiny)

    @cached_property
    def _half(self) -> Tensor:
        """H with H Hᵀ = M⁻¹."""
        values, vectors = torch.linalg.eigh(self._gram)
        return vectors / (values.clamp_min(0) + self._damping * self._largest).sqrt()

    def _gram_of(self, inside: Tensor) -> Tensor:
        """Through whichever part has fewer outputs: the other is what is left."""
        fewer = inside if 2 * int(inside.sum()) <= len(inside) else ~inside
        part = float64(self.columns[:, fewer])
        gram = part @ part.mT
        return gram if fewer is inside else self._gram - gram
