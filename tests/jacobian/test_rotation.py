"""Bases of a subspace that do not depend on the basis it is given by."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from jnn_studio.jacobian.rotation import aimed_rotation, pivoted_rotation, sparse_rotation


def any_rotation(size: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.linalg.qr(torch.randn(size, size, dtype=torch.float64, generator=generator))[0]


def same_up_to_signs(a: Tensor, b: Tensor) -> None:
    signs = (a * b).sum(1).sign().unsqueeze(1)
    torch.testing.assert_close(a * signs, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_changes_in_different_places_are_found_again_in_any_mixture(seed: int) -> None:
    """Four rows with no place in common, mixed: the sparsest basis is the rows themselves, longest first."""
    apart = torch.zeros(4, 40, dtype=torch.float64)
    for row, length in enumerate((4.0, 3.0, 2.0, 1.0)):
        values = torch.linspace(0.5, 1, 10, dtype=torch.float64)
        apart[row, 10 * row : 10 * row + 10] = length * values / values.norm()
    mixed = any_rotation(4, seed) @ apart
    same_up_to_signs(sparse_rotation(mixed).T @ mixed, apart)


def test_it_depends_on_the_subspace_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(5, 200, dtype=torch.float64, generator=generator) ** 3
    first = sparse_rotation(rows).T @ rows
    for seed in range(3):
        mixed = any_rotation(5, seed) @ rows
        same_up_to_signs(sparse_rotation(mixed).T @ mixed, first)


def test_it_is_a_rotation_that_makes_few_large_entries() -> None:
    generator = torch.Generator().manual_seed(1)
    rows = torch.randn(4, 300, dtype=torch.float64, generator=generator) ** 3
    mixed = any_rotation(4, 1) @ rows
    r = sparse_rotation(mixed)
    torch.testing.assert_close(r.T @ r, torch.eye(4, dtype=torch.float64))

    def spread_of_squares(p: Tensor) -> float:
        return float(p.square().var(dim=1).sum())

    others = [spread_of_squares(any_rotation(4, seed) @ mixed) for seed in range(100)]
    assert spread_of_squares(r.T @ mixed) > max(others)
    lengths = (r.T @ mixed).norm(dim=1)
    assert (lengths[:-1] >= lengths[1:]).all()


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_rows_that_depend_on_each_other_still_give_a_rotation(rank: int) -> None:
    generator = torch.Generator().manual_seed(2)
    rows = torch.randn(4, rank, dtype=torch.float64, generator=generator) @ torch.randn(
        rank, 30, dtype=torch.float64, generator=generator
    )
    for r in (pivoted_rotation(rows), sparse_rotation(rows)):
        torch.testing.assert_close(r.T @ r, torch.eye(4, dtype=torch.float64))


def test_the_first_pivot_is_the_longest_column_and_the_next_what_it_leaves() -> None:
    rows = torch.tensor([[3.0, 2.0, 0.0], [4.0, 0.0, 1.0]], dtype=torch.float64)
    r = pivoted_rotation(rows)
    torch.testing.assert_close(r[:, 0], torch.tensor([0.6, 0.8], dtype=torch.float64))
    # (2, 0) less 1.2 times the first is (1.28, −0.96).
    torch.testing.assert_close(r[:, 1], torch.tensor([0.8, -0.6], dtype=torch.float64))


def test_an_aimed_basis_changes_one_aim_after_the_other() -> None:
    """Aims (0, 3, 4) and (5, 0, 1): the first column is along the longer, the second leaves it alone."""
    aims = torch.tensor([[0.0, 5.0], [3.0, 0.0], [4.0, 1.0]], dtype=torch.float64)
    r = aimed_rotation(aims, torch.eye(3, dtype=torch.float64), 0.1)
    effects = r.T @ aims
    assert float(effects[0, 1]) == pytest.approx(26**0.5), "all of the longest"
    torch.testing.assert_close(effects[1:, 1], torch.zeros(2, dtype=torch.float64))
    torch.testing.assert_close(effects[2], torch.zeros(2, dtype=torch.float64))
    torch.testing.assert_close(r.T @ r, torch.eye(3, dtype=torch.float64))


def test_a_weak_aim_is_left_to_the_sparse_rest() -> None:
    generator = torch.Generator().manual_seed(3)
    mixing = any_rotation(3, 5)
    apart = torch.block_diag(*torch.rand(3, 10, dtype=torch.float64, generator=generator).unsqueeze(1))
    aims = mixing @ torch.tensor([[1.0, 0.0], [0.0, 0.05], [0.0, 0.05]], dtype=torch.float64)
    found = aimed_rotation(aims, mixing @ apart, 0.1).T @ mixing @ apart
    assert int((found[0].abs() > 1e-6).sum()) == 10, "the aim is what the first row does"
    assert sorted((row.abs() > 1e-6).sum().item() for row in found[1:]) == [10, 10], "the others are apart"


def test_an_aimed_basis_depends_on_the_subspace_alone() -> None:
    generator = torch.Generator().manual_seed(4)
    rows = torch.randn(5, 60, dtype=torch.float64, generator=generator) ** 3
    aims = torch.randn(5, 2, dtype=torch.float64, generator=generator)
    first = aimed_rotation(aims, rows, 0.1).T @ rows
    mixing = any_rotation(5, 6)
    same_up_to_signs(aimed_rotation(mixing @ aims, mixing @ rows, 0.1).T @ mixing @ rows, first)


def test_without_aims_it_is_the_sparse_basis() -> None:
    rows = torch.randn(3, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
    same_up_to_signs(
        aimed_rotation(torch.zeros(3, 2, dtype=torch.float64), rows, 0.1).T @ rows,
        sparse_rotation(rows).T @ rows,
    )
