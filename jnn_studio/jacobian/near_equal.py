"""Singular values so near to each other that their vectors are determined only together."""

from __future__ import annotations

import math
from collections.abc import Sequence


def near_equal_groups(
    sigma: Sequence[float], gap: float, largest: int | None = None, own: bool = False
) -> list[list[int]]:
    """Runs of neighbours in a descending sequence that are nearer to each other than ``gap`` · σ₁.

    A perturbation E of the matrix turns the vectors within a run into each other by angles with
    tan 2θ ≈ 2‖E‖/(σᵢ − σⱼ), but the subspace of a whole run by sin θ ≤ ‖E‖/δ only, δ being the distance to
    the values outside of it (Wedin's sin-theta theorem; Davis & Kahan for symmetric matrices).

    Args:
        largest: a run of more members ends after as many, and another begins.
        own: ``gap`` is relative to the neighbours themselves, √(σᵢσⱼ), and not to σ₁.

    Returns:
        All indices in order, one list for each run; a value with no near neighbour is a run of its own.
    """
    groups = [[0]] if len(sigma) else []
    for i in range(1, len(sigma)):
        scale = math.sqrt(sigma[i - 1] * sigma[i]) if own else sigma[0]
        near = sigma[i - 1] - sigma[i] <= gap * scale
        if near and (largest is None or len(groups[-1]) < largest):
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups
