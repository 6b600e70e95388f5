"""Directions that change some outputs and leave the others alone, against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor

from jnn_studio.jacobian.masked import DAMPING, MaskedJacobian


def jacobian(m: int, n: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(m, n, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("count", [3, 10, 25])
@pytest.mark.parametrize("damping", [1e-3, 0.03, 1.0])
def test_they_solve_the_generalised_eigenproblem(count: int, damping: float) -> None:
    j, inside = jacobian(30, 6, count), torch.arange(30) < count
    found = MaskedJacobian(j.T.contiguous(), damping).directions(inside)

    within = (j[inside].T @ j[inside]).numpy()
    whole = (j.T @ j).numpy()
    metric = whole + damping * np.linalg.eigvalsh(whole)[-1] * np.eye(6)
    values, vectors = scipy.linalg.eigh(within, metric)
    np.testing.assert_allclose(found.sigma.square(), values[::-1], atol=1e-10)
    expected = vectors[:, ::-1] / np.linalg.norm(vectors[:, ::-1], axis=0)
    known = min(count, 6)  # of the rest the order is any
    np.testing.assert_allclose(np.abs((found.vectors.numpy() * expected).sum(0)[:known]), 1, atol=1e-8)
    scaled = (found.vectors * found.lengths).numpy()
    np.testing.assert_allclose(scaled.T @ metric @ scaled, np.eye(6), atol=1e-8)


def test_the_share_inside_is_that_of_the_squared_change() -> None:
    j, inside = jacobian(20, 5, 1), torch.arange(20) < 8
    found = MaskedJacobian(j.T.contiguous()).directions(inside)
    change = (j @ found.vectors).square()
    torch.testing.assert_close(found.share, change[inside].sum(0) / change.sum(0))


def test_an_axis_that_keeps_to_the_part_comes_before_one_that_changes_it_more_and_the_rest_too() -> None:
    j = torch.zeros(6, 3, dtype=torch.float64)
    j[0, 0], j[3, 0] = 2.0, 4.0  # twice as much inside as the next, and four times outside
    j[1, 1] = 1.0
    j[4, 2] = 3.0
    found = MaskedJacobian(j.T.contiguous()).directions(torch.arange(6) < 3)
    torch.testing.assert_close(found.vectors[:, 0].abs(), torch.tensor([0.0, 1, 0], dtype=torch.float64))
    assert float(found.share[0]) == pytest.approx(1)
    # σ² = 1 / (1 + damping · σ₁²), σ₁² = 2² + 4².
    assert float(found.sigma[0]) == pytest.approx((1 + DAMPING * 20) ** -0.5)


def test_one_that_hardly_changes_anything_does_not_come_first_for_keeping_to_it() -> None:
    j = torch.zeros(4, 2, dtype=torch.float64)
    j[0, 0], j[2, 0], j[1, 1] = 1.0, 0.5, 1e-3
    found = MaskedJacobian(j.T.contiguous()).directions(torch.arange(4) < 2)
    torch.testing.assert_close(found.vectors[:, 0].abs(), torch.tensor([1.0, 0], dtype=torch.float64))
    assert [round(float(share), 6) for share in found.share] == [0.8, 1.0]


def test_for_all_outputs_they_are_the_plain_singular_vectors() -> None:
    j = jacobian(12, 4, 3)
    found = MaskedJacobian(j.T.contiguous()).directions(torch.ones(12, dtype=torch.bool))
    _, sigma, vh = torch.linalg.svd(j, full_matrices=False)
    cosines = (found.vectors * vh.T).sum(0).abs()
    torch.testing.assert_close(cosines, torch.ones(4, dtype=torch.float64))
    expected = (sigma.square() / (sigma.square() + DAMPING * sigma[0].square())).sqrt()
    torch.testing.assert_close(found.sigma, expected)
    torch.testing.assert_close(found.share, torch.ones(4, dtype=torch.float64))


def test_a_map_that_changes_nothing_has_directions_all_the_same() -> None:
    found = MaskedJacobian(torch.zeros(3, 8)).directions(torch.arange(8) < 2)
    assert torch.isfinite(found.vectors).all()
    assert not found.share.any()
