"""Groups of singular values whose vectors are determined only together."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from jnn_studio.jacobian.near_equal import near_equal_groups, runs
from jnn_studio.jacobian.subspace import principal_angles


def test_neighbours_within_the_gap_are_one_group() -> None:
    assert near_equal_groups([1.0, 0.99, 0.7, 0.69, 0.68, 0.2], 0.02) == [[0, 1], [2, 3, 4], [5]]


def test_the_gap_is_relative_to_the_largest() -> None:
    assert near_equal_groups([100.0, 99.0, 1.0, 0.1], 0.02) == [[0, 1], [2, 3]]


def test_a_chain_is_one_group_however_far_its_ends_are_apart() -> None:
    assert near_equal_groups([1.0, 0.99, 0.98, 0.97], 0.011) == [[0, 1, 2, 3]]


def test_equal_values_are_a_group_even_without_a_gap() -> None:
    assert near_equal_groups([1.0, 1.0, 0.5], 0.0) == [[0, 1], [2]]


def test_runs_end_where_neighbours_do_not_belong_together() -> None:
    assert runs([True, False, False, True]) == [[0, 1], [2], [3, 4]]
    assert runs([]) == [[0]]


def test_a_group_has_at_most_as_many_members_as_are_allowed() -> None:
    assert runs([True] * 4, largest=2) == [[0, 1], [2, 3], [4]]


def test_nothing_has_no_groups() -> None:
    assert near_equal_groups([], 0.1) == []


@pytest.mark.parametrize("gap", [1e-3, 1e-2, 1e-1])
def test_two_vectors_turn_by_what_the_theory_says_and_their_subspace_hardly(gap: float) -> None:
    """J = diag(1 + gap, 1, 0.2) and a symmetric E between the first two: tan 2θ = 2e/gap exactly."""
    e = 1e-2
    j = torch.diag(torch.tensor([1 + gap, 1, 0.2], dtype=torch.float64))
    j[0, 1] = j[1, 0] = e
    vectors = torch.linalg.eigh(j)[1].flip(-1)
    turned = math.acos(min(abs(float(vectors[0, 0])), 1.0))
    assert math.tan(2 * turned) == pytest.approx(2 * e / gap, rel=1e-6)
    whole = principal_angles(torch.eye(3, dtype=torch.float64)[:, :2], vectors[:, :2])
    np.testing.assert_allclose(whole, 0, atol=1e-9)
