"""Directions that change some outputs of a map most, and the others least."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from jnn_studio.jacobian.thin_svd import float64, from_gram

DAMPING = 0.03
"""What a direction that changes nothing is taken to change, as a part of the largest squared change."""


class MaskedDirections(NamedTuple):
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
        found, like = self._metric.directions(self._gram_of(inside)), self.columns
        return MaskedDirections(*(part.to(like) for part in found))

    @cached_property
    def _metric(self) -> _Metric:
        whole = float64(self.columns)
        return _Metric(whole @ whole.mT, self._damping)

    def _gram_of(self, inside: Tensor) -> Tensor:
        """Through whichever part has fewer outputs: the other is what is left."""
        fewer = inside if 2 * int(inside.sum()) <= len(inside) else ~inside
        part = float64(self.columns[:, fewer])
        gram = part @ part.mT
        return gram if fewer is inside else self._metric.gram - gram


@torch.no_grad()
def masked_directions(within: Tensor, whole: Tensor, damping: float = DAMPING) -> MaskedDirections:
    """Those of `MaskedJacobian` from J_inᵀJ_in and JᵀJ (n, n), in float64."""
    return _Metric(whole, damping).directions(within)


class _Metric:
    """M = JᵀJ + damping · σ₁²(J) · 1, by the Gram matrix JᵀJ in float64."""

    def __init__(self, gram: Tensor, damping: float) -> None:
        self.gram = gram
        values, vectors = torch.linalg.eigh(gram)
        # σ₁², of a map that changes something.
        self._largest = values[-1].clamp_min(torch.finfo(torch.float32).tiny)
        # H with H Hᵀ = M⁻¹.
        self._half = vectors / (values.clamp_min(0) + damping * self._largest).sqrt()

    def directions(self, within: Tensor) -> MaskedDirections:
        """Columns H q of the eigenvectors q of Hᵀ J_inᵀJ_in H."""
        half = self._half
        sigma, turned = from_gram(half.mT @ within @ half)
        vectors = half @ turned
        norms = torch.linalg.vector_norm(vectors, dim=0)
        vectors = vectors / norms
        whole = (vectors * (self.gram @ vectors)).sum(0)
        floor = torch.finfo(torch.float64).eps * self._largest
        part = (vectors * (within @ vectors)).sum(0)
        share = torch.where(whole > floor, part / whole.clamp_min(floor), 0.0).clamp(0, 1)
        return MaskedDirections(vectors, sigma, share, norms)
