"""Angles between subspaces, and the share of a direction that the data can follow."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings

from jnn_studio.jacobian import principal_angles, tangent_energy


@settings(max_examples=30)
@given(n=st.integers(2, 8), p=st.integers(1, 4), q=st.integers(1, 4), seed=st.integers(0, 99))
def test_angles_agree_with_scipy(n, p, q, seed):
    generator = torch.Generator().manual_seed(seed)
    p, q = min(p, n), min(q, n)
    a = torch.randn(n, p, generator=generator, dtype=torch.float64)
    b = torch.randn(n, q, generator=generator, dtype=torch.float64)
    expected = np.sort(scipy.linalg.subspace_angles(a.numpy(), b.numpy()))
    np.testing.assert_allclose(principal_angles(a, b).numpy(), expected, atol=1e-7)


@pytest.mark.parametrize("angle", [1e-9, 1e-4, 0.5, math.pi / 2 - 1e-9])
def test_angles_are_accurate_at_both_ends(angle):
    a = torch.tensor([[1.0], [0.0]]).double()
    b = torch.tensor([[math.cos(angle)], [math.sin(angle)]]).double()
    assert float(principal_angles(a, b)) == pytest.approx(angle, rel=1e-6)


def test_angles_of_batches():
    a, b = torch.randn(4, 6, 2).double(), torch.randn(4, 6, 3).double()
    together = principal_angles(a, b)
    assert together.shape == (4, 2)
    torch.testing.assert_close(together[2], principal_angles(a[2], b[2]))


def test_bases_of_different_spaces_are_refused():
    with pytest.raises(ValueError, match=r"got \(3, 1\) and \(4, 1\)"):
        principal_angles(torch.zeros(3, 1), torch.zeros(4, 1))


def test_more_columns_than_rows_are_refused():
    with pytest.raises(ValueError, match="no more columns than rows"):
        principal_angles(torch.zeros(2, 3), torch.zeros(2, 1))


def test_energy_of_directions_inside_outside_and_between():
    tangents = torch.eye(4)[:, :2].double()[None]
    pushed = torch.tensor([[3.0, 0, 1, 0], [4.0, 0, 0, 0], [0, 2.0, 1, 0], [0, 0, 0, 0]]).double()[None]
    torch.testing.assert_close(
        tangent_energy(pushed, tangents), torch.tensor([[1.0, 0.0, 0.5, 0.0]]).double()
    )


def test_energy_is_a_ratio_of_squared_lengths():
    tangents, pushed = torch.randn(2, 9, 3).double(), torch.randn(2, 9, 5).double()
    for b in range(2):
        coefficients = torch.linalg.lstsq(tangents[b], pushed[b]).solution
        expected = (tangents[b] @ coefficients).square().sum(0) / pushed[b].square().sum(0)
        torch.testing.assert_close(tangent_energy(pushed, tangents)[b], expected)


def test_a_factor_without_effect_adds_nothing():
    tangents = torch.zeros(1, 5, 2).double()
    tangents[0, 0, 0] = 1
    assert tangent_energy(torch.eye(5).double()[None], tangents)[0].tolist() == [1, 0, 0, 0, 0]


def test_shapes_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match=r"got \(1, 3, 2\) and \(2, 3, 2\)"):
        tangent_energy(torch.zeros(1, 3, 2), torch.zeros(2, 3, 2))
