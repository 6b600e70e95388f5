"""Comparing subspaces, and what a direction does with what the data can do."""

from __future__ import annotations

import torch
from torch import Tensor


def principal_angles(a: Tensor, b: Tensor) -> Tensor:
    """Angles between the column spaces of two bases, ascending, in radians.

    Args:
        a: (..., n, p), of full column rank; the columns need not be orthonormal.
        b: (..., n, q).

    Returns:
        (..., min(p, q)). Small angles come from sines, large ones from cosines, so all are accurate.

    Raises:
        ValueError: the bases do not live in the same space, or have more columns than rows.

    Source: Björck & Golub, Mathematics of Computation 1973; Knyazev & Argentati, SIAM J. Sci. Comput. 2002.
    """
    if a.ndim < 2 or b.ndim < 2 or a.shape[-2] != b.shape[-2]:
        raise ValueError(
            f"a and b must be (..., n, p) and (..., n, q); got {tuple(a.shape)} and {tuple(b.shape)}"
        )
    if max(a.shape[-1], b.shape[-1]) > a.shape[-2]:
        raise ValueError(f"a basis has no more columns than rows; got {tuple(a.shape)} and {tuple(b.shape)}")
    if a.shape[-1] < b.shape[-1]:
        a, b = b, a
    qa, qb = torch.linalg.qr(a)[0], torch.linalg.qr(b)[0]
    inside = qa.mT @ qb
    cosines = torch.linalg.svdvals(inside).clamp_max(1)
    sines = torch.linalg.svdvals(qb - qa @ inside).clamp_max(1).flip(-1)
    return torch.where(cosines.square() < 0.5, torch.acos(cosines), torch.asin(sines))


def tangent_energy(pushed: Tensor, tangents: Tensor) -> Tensor:
    """How much of each push-forward lies among the changes the data can make.

    Args:
        pushed: decoded push-forwards Jg·u of directions u at each image (batch, n, k), columns.
        tangents: derivatives of the image with respect to its true factors (batch, n, factors).

    Returns:
        ‖P p‖²/‖p‖² in [0, 1] for each column p (batch, k), P projecting on the span of ``tangents``;
        0 where p is 0.

    Raises:
        ValueError: batches or n differ.
    """
    if pushed.ndim != 3 or tangents.ndim != 3 or pushed.shape[:2] != tangents.shape[:2]:
        raise ValueError(
            "pushed and tangents must be (batch, n, k) and (batch, n, factors); "
            f"got {tuple(pushed.shape)} and {tuple(tangents.shape)}"
        )
    # Factors may coincide at an image, so the basis keeps only directions above rounding.
    basis, sigma, _ = torch.linalg.svd(tangents, full_matrices=False)
    floor = sigma[:, :1] * max(tangents.shape[1:]) * torch.finfo(sigma.dtype).eps
    inside = torch.where((sigma > floor).unsqueeze(-1), basis.mT @ pushed, 0.0)
    energy = pushed.square().sum(1)
    share = inside.square().sum(1) / torch.where(energy > 0, energy, 1.0)
    return share.clamp_max(1)
