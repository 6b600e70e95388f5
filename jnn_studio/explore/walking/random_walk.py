"""A small step in no particular direction."""

from __future__ import annotations

import torch

from jnn_studio.explore.state import MAX_DIRECTIONS, Walk, WalkMode


def random_step(
    walk: Walk, mode: WalkMode, k: int, size: float, limit: float, generator: torch.Generator
) -> Walk:
    """``walk`` with a random vector of length ``size`` added among its first ``k`` directions.

    A straight walk is kept within ±``limit`` in every direction; a curved one goes on by one leg for each.
    """
    k = min(k, MAX_DIRECTIONS)
    step = torch.randn(k, generator=generator, dtype=torch.float64)
    step = size * step / step.norm()
    for direction, change in enumerate(step.tolist()):
        amount = walk.amount(direction, mode) + change
        if mode == "straight":
            amount = min(max(amount, -limit), limit)
        walk = walk.moved(direction, mode, amount)
    return walk
