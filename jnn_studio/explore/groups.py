"""Groups of directions that can turn into each other, and the basis that stands for each of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from jnn_studio.jacobian.near_equal import near_equal_groups
from jnn_studio.jacobian.rotation import aimed_rotation, sparse_rotation

GAP = 0.02
"""Gap in σ, relative to σ₁, below which neighbours can turn into each other."""

LARGEST = 16
"""Members of one group; where singular values hardly fall at all, another begins."""

LEAST_AIM = 0.1
"""Of a group's effect on the attribute it changes most: one it changes less is not aimed at."""

SIDE = 32
"""Pixels a side at which changes of the picture are compared: they are smooth."""


def groups_of(sigma: Sequence[float]) -> list[list[int]]:
    """Directions by group; one that stands alone is a group of its own."""
    return near_equal_groups(sigma, GAP, LARGEST)


def numbers_of(groups: Sequence[Sequence[int]], count: int) -> tuple[tuple[int, int], ...]:
    """For each of the first ``count`` directions the number of its group, and how many members that has."""
    return tuple((number, len(members)) for number, members in enumerate(groups) for _ in members)[:count]


def end_of_groups(groups: Sequence[Sequence[int]], count: int) -> int:
    """How many directions the groups of the first ``count`` have together."""
    return next((members[-1] + 1 for members in groups if members[-1] + 1 >= count), count)


def basis_rotation(
    groups: Sequence[Sequence[int]], push: Tensor, shape: Sequence[int], effects: Tensor | None = None
) -> Tensor:
    """The orthogonal matrix (k, k), with a block for each group, whose columns make its basis.

    Args:
        groups: of the first k directions.
        push: their decoded push-forwards (k, values).
        shape: of the picture, (channels, size, size).
        effects: what they do to the attributes that the basis is turned towards (k, attributes); None: the
            basis that changes the picture in the fewest places.
    """
    rotation = torch.eye(len(push), dtype=push.dtype)
    small = _reduced(push, shape)
    for members in groups:
        if len(members) > 1 and members[-1] < len(push):
            index = slice(members[0], members[-1] + 1)
            if effects is None:
                rotation[index, index] = sparse_rotation(small[index])
            else:
                rotation[index, index] = aimed_rotation(effects[index], small[index], LEAST_AIM)
    return rotation


def _reduced(push: Tensor, shape: Sequence[int]) -> Tensor:
    if shape[-1] <= SIDE:
        return push
    return F.adaptive_avg_pool2d(push.reshape(-1, *shape), SIDE).flatten(1)
