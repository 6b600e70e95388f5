"""Singular values so near to each other that their vectors are determined only together."""

from __future__ import annotations

import itertools
from collections.abc import Sequence


def near_equal_groups(sigma: Sequence[float], gap: float) -> list[list[int]]:
    """Runs of neighbours in a descending sequence that are nearer to each other than ``gap`` · σ₁.

    A perturbation E of the matrix turns the vectors within a run into each other by angles with
    tan 2θ ≈ 2‖E‖/(σᵢ − σⱼ), but the subspace of a whole run by sin θ ≤ ‖E‖/δ only, δ being the distance to
    the values outside of it (Wedin's sin-theta theorem; Davis & Kahan for symmetric matrices).

    Returns:
        All indices in order, one list for each run; a value with no near neighbour is a run of its own.
    """
    return runs([a - b <= gap * sigma[0] for a, b in itertools.pairwise(sigma)]) if sigma else []


def runs(near: Sequence[bool], largest: int | None = None) -> list[list[int]]:
    """Runs of indices: ``near[i]`` says that i and i + 1 belong together.

    Args:
        largest: a run of more members ends after as many, and another begins.
    """
    found = [[0]]
    for i, together in enumerate(near, 1):
        if together and (largest is None or len(found[-1]) < largest):
            found[-1].append(i)
        else:
            found.append([i])
    return found
