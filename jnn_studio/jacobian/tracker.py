"""Singular directions that keep their order and sign while weights train or the image moves."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from jnn_studio.jacobian.near_equal import near_equal_groups
from jnn_studio.jacobian.result import JacobianSVD

CLUSTER = 1e-3
"""Gap in σ, relative to σ₁, below which neighbours count as near-equal."""


class SingularTracker:
    """Continues the first ``keep`` directions of one decomposition through the ones that follow.

    Every direction takes the new one it overlaps most with (an assignment by |V_prevᵀV|), with the sign
    that keeps them alike. Directions whose singular values nearly coincide are defined only up to a
    rotation among them; they are rotated as close as possible to the last ones (orthogonal Procrustes), and
    σ = uᵀJv.

    Args:
        keep: how many directions to follow; all of the first decomposition by default. Give
            decompositions of a few more, and one that falls behind in σ is still found.
        cluster: gap in σ, relative to σ₁, below which neighbours count as near-equal.
        side: which vectors to compare: ``"right"`` (inputs) or ``"left"`` (outputs; the directions of
            an encoder's traversal).

    Example:
        >>> from jnn_studio.jacobian import jacobian_svd
        >>> tracker = SingularTracker(side="left")
        >>> tracker.update(jacobian_svd(torch.nn.Tanh(), torch.zeros(1, 3))).sigma.tolist()
        [[1.0, 1.0, 1.0]]
    """

    def __init__(
        self, keep: int | None = None, cluster: float = CLUSTER, side: Literal["right", "left"] = "right"
    ) -> None:
        if keep is not None and keep < 1:
            raise ValueError(f"keep must be at least 1, got {keep}")
        if not cluster >= 0:
            raise ValueError(f"cluster must not be negative, got {cluster}")
        if side not in ("right", "left"):
            raise ValueError(f"side must be 'right' or 'left', got {side!r}")
        self.keep, self.cluster, self.side = keep, cluster, side
        self._last: Tensor | None = None

    def reset(self) -> None:
        """Forget the past: the next decomposition is taken as it comes."""
        self._last = None

    def start_from(self, vectors: Tensor) -> None:
        """Continue these orthonormal columns (batch, dimension, k) with the next decomposition."""
        self._last = vectors

    @torch.no_grad()
    def update(self, svd: JacobianSVD) -> JacobianSVD:
        """The directions followed, in their first order (so σ need not be sorted).

        Raises:
            ValueError: another batch or dimension than before, or fewer directions than are followed.
        """
        vectors = self._compared(svd)
        if self._last is None:
            keep = vectors.shape[-1] if self.keep is None else self.keep
            self._last = vectors[:, :, :keep]
        last = self._last
        if vectors.shape[:2] != last.shape[:2] or vectors.shape[2] < last.shape[2]:
            raise ValueError(
                f"the decomposition must have vectors (batch, dimension, at least {last.shape[2]}) = "
                f"{tuple(last.shape)}, got {tuple(vectors.shape)}; call reset() to start anew"
            )
        rotation = torch.stack(
            [continuation(a, b, s, self.cluster) for s, a, b in zip(svd.sigma, last, vectors, strict=True)]
        )
        u, v = svd.u @ rotation, svd.vh.mT @ rotation
        weights = rotation.square()
        sigma = (svd.sigma.unsqueeze(1) @ weights).squeeze(1)
        # J v − σ u = U (Σ − σ) R: what mixing unequal singular values costs, on both sides.
        spread = (weights * (svd.sigma.unsqueeze(2) - sigma.unsqueeze(1)).square()).sum(1)
        residuals = (svd.residuals.unsqueeze(1) @ rotation.abs()).squeeze(1)
        tracked = JacobianSVD(u, sigma, v.mT, torch.hypot(residuals, (2 * spread).sqrt()), svd.method)
        self._last = self._compared(tracked)
        return tracked

    def _compared(self, svd: JacobianSVD) -> Tensor:
        """Vectors to compare, as columns (batch, dimension, k)."""
        return svd.vh.mT if self.side == "right" else svd.u


def continuation(last: Tensor, vectors: Tensor, sigma: Tensor, cluster: float = CLUSTER) -> Tensor:
    """(new, old) with orthonormal columns: which combination of new directions continues each old one.

    ``last`` (dimension, old) and ``vectors`` (dimension, new) are orthonormal columns, ``sigma`` (new,)
    descends; ``cluster`` as in `SingularTracker`.
    """
    # A third of a second to import: not at every program's start.
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    # In NumPy: of numbers as few as these, most of the time would go into calling torch.
    overlap = (last.mT @ vectors).cpu().numpy()
    clusters = near_equal_groups(sigma.tolist(), cluster)
    likeness = np.abs(overlap)
    for members in clusters:
        if len(members) > 1:  # any direction of a cluster stands for all of it
            likeness[:, members] = np.linalg.norm(overlap[:, members], axis=1, keepdims=True)
    _, match = linear_sum_assignment(likeness, maximize=True)
    rotation = np.zeros_like(overlap.T)
    all_old = np.arange(len(match))
    rotation[match, all_old] = np.where(overlap[all_old, match] >= 0, 1.0, -1.0)
    for members in clusters:
        old = np.flatnonzero((match >= members[0]) & (match <= members[-1])) if len(members) > 1 else ()
        if len(old):
            left, _, right = np.linalg.svd(overlap[old][:, members].T, full_matrices=False)
            rotation[members[0] : members[-1] + 1, old] = left @ right
    return torch.from_numpy(rotation).to(vectors)
