"""Closed solutions, and the grid's solver against them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from jnn_studio.labs.rof import reference
from jnn_studio.labs.rof.config import RofProblemConfig
from jnn_studio.labs.rof.gap import gap_lets_through
from jnn_studio.labs.rof.reference import at_points, grid_points, grid_reference
from jnn_studio.labs.rof.solution import theory
from jnn_studio.labs.rof.targets import Annulus, Ball, Box, Drawn


@pytest.fixture
def _coarse(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A grid on which the solver takes a fraction of a second."""
    reference._known.clear()
    monkeypatch.setattr(reference, "FINE_CELLS", 80)
    yield
    reference._known.clear()


def test_the_papers_values() -> None:
    closed = theory(RofProblemConfig(n=2, half_width=2.0, eta=0.1))

    assert closed is not None
    assert closed.inside == pytest.approx(0.8)
    assert closed.outside == pytest.approx(0.0489, abs=1e-4)
    assert (closed.whole_inside, closed.whole_outside) == (pytest.approx(0.8), 0.0)


def test_outside_vanishes_on_the_papers_box() -> None:
    closed = theory(RofProblemConfig(n=2, half_width=10.0, eta=0.1))

    assert closed is not None
    assert closed.outside == pytest.approx(0.0016, abs=5e-5)


@pytest.mark.parametrize(("n", "eta"), [(1, 0.1), (2, 0.1), (5, 0.05)])
def test_what_the_inside_loses_the_outside_gains(n: int, eta: float) -> None:
    """The mean is kept: adding a constant to f changes the data term alone."""
    problem = RofProblemConfig(n=n, eta=eta)
    closed = theory(problem)

    assert closed is not None
    ball, box = problem.target.volume(n), 4.0**n
    assert closed.inside * ball + closed.outside * (box - ball) == pytest.approx(ball)


@pytest.mark.parametrize("eta", [0.1, 0.25])
def test_no_two_values_have_a_smaller_objective(eta: float) -> None:
    problem = RofProblemConfig(n=2, eta=eta)
    closed = theory(problem)
    assert closed is not None
    ball, edge, rest = problem.target.volume(2), problem.target.perimeter(2), 16 - problem.target.volume(2)

    def objective(a: float, b: float) -> float:
        return 0.5 * (a - 1) ** 2 * ball + 0.5 * b**2 * rest + eta * edge * abs(a - b)

    least = objective(closed.inside, closed.outside)
    for shift in (0.01, -0.01):
        assert objective(closed.inside + shift, closed.outside) > least
        assert objective(closed.inside, closed.outside + shift) > least


def test_a_wall_close_to_a_disc_has_no_closed_solution() -> None:
    assert gap_lets_through(2, 1.0, 1.5)
    assert not gap_lets_through(2, 1.0, 1.05)
    assert gap_lets_through(1, 1.0, 1.05)
    assert theory(RofProblemConfig(n=2, half_width=1.05, eta=0.01)) is None


@pytest.mark.usefixtures("_coarse")
def test_the_grids_solver_finds_the_closed_solution_on_a_line() -> None:
    """Cells meet the interval's ends: no error of the grid hides one in the weight, η over a cell's side."""
    problem = RofProblemConfig(n=1, half_width=2.0, eta=0.1)

    found = grid_reference(problem, 40)

    assert found.solved <= reference.SOLVED
    np.testing.assert_allclose(found.values[np.abs(found.axis) < 1], 0.9, atol=2e-3)
    np.testing.assert_allclose(found.values[np.abs(found.axis) > 1], 0.1, atol=2e-3)


@pytest.mark.parametrize(
    ("target", "eta", "values"),
    [
        (Ball(), 0.1, (0.8, 0.0489, None)),
        (Annulus(), 0.1, (0.6, 0.0489, 0.4)),
        (Annulus(), 0.22, (0.31, 0.1075, 0.31)),  # the hole is filled: a disc is left
        (Annulus(), 0.31, (0.1473, 0.1473, 0.1473)),  # and at last nothing
    ],
)
@pytest.mark.usefixtures("_coarse")
def test_the_grids_solver_finds_the_closed_solution_in_the_plane_and_says_how_well(
    target: Ball | Annulus, eta: float, values: tuple[float, float, float | None]
) -> None:
    problem = RofProblemConfig(n=2, target=target, eta=eta)
    closed = theory(problem)
    assert closed is not None
    assert (closed.inside, closed.outside, closed.hole) == tuple(
        None if value is None else pytest.approx(value, abs=1e-4) for value in values
    )

    found = grid_reference(problem, 40)

    fine = at_points(problem, grid_points(2, 2.0, 400)).bounded.numpy().reshape(400, 400)
    right = fine.reshape(40, 10, 40, 10).mean((1, 3))
    assert found.solved <= reference.SOLVED
    assert np.abs(found.values - right).mean() < found.error
    assert found.error < 0.02


@pytest.mark.usefixtures("_coarse")
def test_rows_are_y_and_columns_x() -> None:
    wide = Drawn(points=((-1.5, -0.5), (1.5, -0.5), (1.5, 0.5), (-1.5, 0.5)))

    found = grid_reference(RofProblemConfig(n=2, target=wide, eta=0.02), 20)
    axis, values = found.axis, found.values

    middle, far = len(axis) // 2, int(np.argmin(np.abs(axis - 1.1)))
    assert values[middle, far] > 0.7
    assert values[far, middle] < 0.3
    torch.testing.assert_close(
        grid_points(2, 2.0, 20).reshape(20, 20, 2)[middle, far].double(),
        torch.tensor([axis[far], axis[middle]]),
        rtol=0,
        atol=1e-6,
    )


@pytest.mark.usefixtures("_coarse")
def test_total_variation_rounds_the_corners_of_a_box() -> None:
    problem = RofProblemConfig(n=2, target=Box(), eta=0.1)
    points = grid_points(2, 2.0, 40)

    found = at_points(problem, points, 40)

    assert (found.whole, found.theory) == (None, None)
    values = found.bounded.reshape(40, 40)
    assert values[20, 20] > values[29, 29] + 0.1  # the cell in the box's corner


def test_points_off_the_grid_need_a_closed_solution() -> None:
    with pytest.raises(ValueError, match="'box' has no closed solution"):
        at_points(RofProblemConfig(target=Box()), torch.zeros(1, 2))


def test_at_points_gives_both_solutions_of_the_ball() -> None:
    found = at_points(
        RofProblemConfig(target=Ball(radius=0.5), eta=0.1), torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    )

    assert found.whole is not None
    torch.testing.assert_close(found.whole, torch.tensor([0.6, 0.0]))
    assert found.bounded[0] == pytest.approx(0.6)
    assert found.bounded[1] == pytest.approx(0.1 * np.pi / (16 - np.pi / 4))
