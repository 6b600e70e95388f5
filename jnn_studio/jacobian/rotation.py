"""A canonical basis of a subspace: rotations that depend on the subspace alone, not on the basis given."""

from __future__ import annotations

import torch
from torch import Tensor

ROUNDS = 200
SETTLED = 1e-10
"""The search ends once the criterion grows by a smaller part than this."""


@torch.no_grad()
def sparse_rotation(rows: Tensor) -> Tensor:
    """The orthogonal R (g, g) for which the rows of Rᵀ·``rows`` (g, n) have few large entries: varimax.

    Any rotation of ``rows`` gives the same Rᵀ·``rows`` up to signs: the search begins at a basis that
    depends on their span alone (`pivoted_rotation`). Rows of the result descend in length.

    Source: Kaiser, Psychometrika 1958; the iteration is that of Sherin, Psychometrika 1966.
    """
    p = rows.double()
    r = pivoted_rotation(p)
    reached = 0.0
    for _ in range(ROUNDS):
        loadings = p.mT @ r
        pull = p @ (loadings**3 - loadings * loadings.square().mean(0))
        u, s, vh = torch.linalg.svd(pull)
        r, criterion = u @ vh, float(s.sum())
        if criterion <= reached * (1 + SETTLED):
            break
        reached = criterion
    order = (p.mT @ r).square().sum(0).argsort(descending=True)
    return r[:, order].to(rows)


@torch.no_grad()
def aimed_rotation(aims: Tensor, rows: Tensor, least: float) -> Tensor:
    """The orthogonal R (g, g) whose first columns are along ``aims`` (g, m), and the others sparse.

    The first is along the longest aim, and so what changes it most; the second along what is left of the
    then longest, which leaves the first aim alone; and so on while one longer than ``least`` of the first
    is left. The rest is the `sparse_rotation` of ``rows`` (g, n) in what remains.
    """
    aims = aims.double()
    whole, count = _pivoted(aims, least)
    if count < len(whole):
        free = whole[:, count:]
        whole = torch.cat([whole[:, :count], free @ sparse_rotation(free.mT @ rows.double())], 1)
    return whole.to(rows)


@torch.no_grad()
def pivoted_rotation(rows: Tensor) -> Tensor:
    """The orthogonal (g, g) whose first column is along the longest column of ``rows`` (g, n).

    The second is along what the first leaves of the then longest, and so on; where nothing is left, any.
    """
    return _pivoted(rows, 0.0)[0]


def _pivoted(rows: Tensor, least: float) -> tuple[Tensor, int]:
    """An orthogonal matrix, and how many of its columns are pivots longer than ``least`` of the first."""
    left = rows.clone()
    size = len(rows)
    found: list[Tensor] = []
    floor = torch.finfo(rows.dtype).eps * size * torch.linalg.matrix_norm(rows)
    while len(found) < size and left.shape[1]:
        lengths = torch.linalg.vector_norm(left, dim=0)
        longest = int(lengths.argmax())
        if not lengths[longest] > floor:
            break
        if not found:
            floor = torch.maximum(floor, least * lengths[longest])
        one = left[:, longest] / lengths[longest]
        found.append(one)
        left = left - one.unsqueeze(1) * (one @ left)
    basis = torch.stack(found, 1) if found else rows.new_zeros(size, 0)
    # The same columns, completed and orthogonal to rounding.
    whole, signs = torch.linalg.qr(torch.cat([basis, torch.eye(size, dtype=rows.dtype)], 1))
    whole[:, : len(found)] *= signs.diagonal()[: len(found)].sign()
    return whole, len(found)
