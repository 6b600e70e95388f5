"""Groups of directions that can turn into each other, and the basis that stands for each of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from jnn_studio.jacobian.near_equal import runs
from jnn_studio.jacobian.rotation import aimed_rotation, sparse_rotation

TURNS = 1.5
"""Gap between neighbours, in units of their turning scale, below which they can turn into each other. At 1 a
change of the image of the size the scale was measured with typically turns them by 22.5°, after which neither
is itself any more; measured: docs/directions.md."""

EXACT = 1e-3
"""Gap, relative to the neighbours, below which they count as equal however little the Jacobian changes."""

LARGEST = 16
"""Members of one group; where singular values hardly fall at all, another begins."""

LEAST_AIM = 0.1
"""Of a group's effect on the attribute it changes most: one it changes less is not aimed at."""

SIDE = 32
"""Pixels a side at which changes of the picture are compared: they are smooth."""


class Grouping:
    """The groups of the directions at a point, found when first asked for: that takes another Jacobian.

    Args:
        sigma: of all directions, descending.
        scales: finds how far the Jacobian changes where the image hardly does, between each of the first
            directions and the next (`turning_scales`); the last one found holds for the rest.
    """

    def __init__(self, sigma: Sequence[float], scales: Callable[[], Sequence[float]]) -> None:
        self._sigma = tuple(sigma)
        self._scales: Callable[[], Sequence[float]] | None = scales
        self._groups: tuple[tuple[int, ...], ...] = ()
        self.gaps: tuple[float, ...] = ()
        """Relative to the neighbours, below which they belong together; empty until groups are found."""

    @property
    def known(self) -> bool:
        """Whether they have been found."""
        return self._scales is None

    def find(self) -> tuple[tuple[int, ...], ...]:
        """Directions by group; one that stands alone is a group of its own."""
        if self._scales is not None:
            known = [max(EXACT, TURNS * scale) for scale in self._scales()] or [EXACT]
            pairs = list(itertools.pairwise(self._sigma))
            self.gaps = tuple(known[min(i, len(known) - 1)] for i in range(len(pairs)))
            near = [a - b <= gap * math.sqrt(a * b) for (a, b), gap in zip(pairs, self.gaps, strict=True)]
            self._groups = tuple(map(tuple, runs(near, LARGEST)))
            self._scales = None  # it holds a model
        return self._groups

    def members(self, direction: int) -> tuple[int, ...]:
        """Every direction that this one can turn into, and itself; empty if it stands alone, or not known."""
        found = next((group for group in self._groups if direction in group), ())
        return found if len(found) > 1 else ()


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
        shape: of the picture, (channels, height, width).
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
    if max(shape[1:]) <= SIDE:
        return push
    sides = min(shape[1], SIDE), min(shape[2], SIDE)
    return F.adaptive_avg_pool2d(push.reshape(-1, *shape), sides).flatten(1)
