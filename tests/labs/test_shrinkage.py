"""Optimal shrinkage: the closed form is the optimum, and gradient descent on the factors finds it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from jnn_studio.labs.shrinkage import (
    Descent,
    DescentState,
    ShrinkageProblem,
    checked,
    descend,
    make_problem,
    mode_gains,
    shrunk,
)
from jnn_studio.labs.shrinkage.descent import objective, start
from jnn_studio.labs.shrinkage.problem import Floats, hard_threshold, optimal_shrinker
from jnn_studio.labs.shrinkage.report import Solution, numbers, shown_methods, solve
from jnn_studio.penalty import Composition, NuclearNormPenalty
from jnn_studio.training.config import ConfigError

SMALL = {"rows": 12, "samples": 80, "rank": 3}
CLEAR = {"depth": 3, "smallest": 2.5, "sigma": 0.5, "eta": 0.6}
"""All signal far above the threshold and all noise below: no local minimum in the way of a depth of three."""


def problem(**changes: Any) -> ShrinkageProblem:
    return make_problem(checked(SMALL | changes))


def solved(found: ShrinkageProblem, **how: Any) -> DescentState:
    config = found.config
    return list(descend(found, Descent(config.weight, config.depth, config.reading, **how)))[-1]


def nuclear_objective(found: ShrinkageProblem, map_: Floats) -> float:
    """Straight from its definition: 1/(2N)‖AY − Y‖² + η‖A‖_*."""
    misfit = np.linalg.norm(map_ @ found.noisy - found.noisy) ** 2 / (2 * found.samples)
    return float(misfit + found.config.weight * np.linalg.norm(map_, "nuc"))


def proximal_gradient(found: ShrinkageProblem, steps: int = 5000) -> Floats:
    """An independent solver of the convex problem: it knows neither U nor the closed form."""
    covariance = found.noisy @ found.noisy.T / found.samples
    rate = 1 / np.linalg.norm(covariance, 2)
    a = np.zeros_like(covariance)
    for _ in range(steps):
        u, s, v = np.linalg.svd(a - rate * (a @ covariance - covariance))
        a = (u * np.maximum(s - rate * found.config.weight, 0)) @ v
    return a


class TestTheClosedForm:
    @pytest.mark.parametrize("eta", [0.3, 1.0, 2.5])
    def test_is_what_a_convex_solver_finds(self, eta: float) -> None:
        found = problem(eta=eta)
        closed = found.map_of(mode_gains(found.sigma, eta, found.samples))
        np.testing.assert_allclose(proximal_gradient(found), closed, atol=1e-8)

    def test_leaves_singular_values_as_the_formula_says(self) -> None:
        found = problem()
        map_ = found.map_of(mode_gains(found.sigma, 1.0, found.samples))
        after = np.linalg.svd(map_ @ found.noisy, compute_uv=False)
        np.testing.assert_allclose(after, shrunk(found.sigma, 1.0, found.samples), atol=1e-10)
        np.testing.assert_allclose(found.singular_values_after(map_), after, atol=1e-10)

    def test_vanishes_up_to_the_threshold(self) -> None:
        threshold = np.sqrt(80 * 1.5)
        sigma = threshold * np.array([1.001, 1.0, 0.999, 0.0])
        left = shrunk(sigma, 1.5, 80)
        assert left[0] > 0
        np.testing.assert_array_equal(left[1:], 0)

    def test_at_zero_is_the_data_itself(self) -> None:
        found = problem(eta=0.0)
        np.testing.assert_allclose(shrunk(found.sigma, 0.0, found.samples), found.sigma)

    def test_is_the_optimal_shrinker_once_rows_are_few(self) -> None:
        y = np.linspace(1.5, 6, 20)
        np.testing.assert_allclose(optimal_shrinker(y, 1e-9), (y**2 - 1) / y, rtol=1e-6)

    def test_data_with_fewer_columns_than_rows_are_solved_too(self) -> None:
        found = problem(rows=30, samples=10)
        map_ = found.map_of(mode_gains(found.sigma, found.config.weight, 10))
        np.testing.assert_allclose(proximal_gradient(found, 3000), map_, atol=1e-6)


class TestGradientDescent:
    def test_reaches_the_closed_form_of_the_default_problem(self) -> None:
        found = make_problem(checked({}))
        last = solved(found, steps=400)
        assert last.gap < 1e-3
        closed = found.map_of(mode_gains(found.sigma, 1.0, found.samples))
        assert np.linalg.norm(last.map_ - closed) / np.linalg.norm(closed) == pytest.approx(last.gap)

    @pytest.mark.parametrize("depth", [3, 4])
    def test_keeps_the_nuclear_norm_at_any_depth_with_schatten_powers(self, depth: int) -> None:
        found = problem(depth=depth, reading="nuclear")
        last = solved(found)
        assert last.gap < 1e-3
        assert last.objective == pytest.approx(nuclear_objective(found, last.map_), rel=1e-4)

    def test_finds_the_sharper_quasi_norm_with_frobenius_penalties(self) -> None:
        found = problem(**CLEAR)
        last = solved(found)
        sigma = np.linalg.svd(last.map_, compute_uv=False)
        misfit = 0.5 * np.linalg.norm((last.map_ - np.eye(12)) @ found.noisy) ** 2 / 80
        assert last.objective == pytest.approx(misfit + 0.6 * np.sum(sigma ** (2 / 3)), rel=1e-4)
        assert last.gap < 1e-3

    def test_never_goes_up(self) -> None:
        found = problem()
        values = [progress.objective for progress in descend(found, Descent(1.0, report_every=50))]
        assert all(later <= earlier + 1e-9 for earlier, later in pairwise(values))

    def test_can_be_left_and_says_when_it_is_done(self) -> None:
        steps = descend(problem(), Descent(1.0, steps=30))
        first = next(steps)
        assert (first.step, first.done) == (0, False)
        *rest, last = steps
        assert last.done
        assert not any(progress.done for progress in rest)

    def test_is_repeatable(self) -> None:
        first, second = (solved(problem(), steps=50) for _ in range(2))
        np.testing.assert_array_equal(first.map_, second.map_)

    @pytest.mark.parametrize(
        ("depth", "reading"), [(2, "frobenius"), (3, "frobenius"), (3, "nuclear"), (4, "nuclear")]
    )
    def test_follows_the_gradient_that_autograd_finds(self, depth: int, reading: Any) -> None:
        found = problem(depth=depth, reading=reading)
        descent = Descent(0.7, depth, reading)
        factors = start(found, depth)
        value, slopes = objective(factors, found.covariance, descent)
        leaves = [torch.tensor(factor, requires_grad=True) for factor in factors]
        product = torch.linalg.multi_dot([*reversed(leaves)])
        noisy = torch.tensor(found.noisy)
        power = 2 if reading == "frobenius" else depth
        norms = [torch.linalg.svdvals(leaf).pow(power).sum() / depth for leaf in leaves]
        expected = (product @ noisy - noisy).square().sum() / (2 * 80) + 0.7 * torch.stack(norms).sum()
        expected.backward()
        assert value == pytest.approx(expected.item(), rel=1e-10)
        for slope, leaf in zip(slopes, leaves, strict=True):
            np.testing.assert_allclose(slope, leaf.grad, atol=1e-9)


def test_the_penalty_is_the_one_that_networks_are_trained_with() -> None:
    found = problem()
    factors = start(found, 2)
    layers = [nn.Linear(12, 12, bias=False, dtype=torch.float64) for _ in factors]
    for layer, factor in zip(layers, factors, strict=True):
        layer.weight.data = torch.tensor(factor)
    engine = NuclearNormPenalty()(Composition(*layers), torch.tensor(found.noisy.T)).item()
    zero = Descent(0.0)
    lab = (
        objective(factors, found.covariance, Descent(1.0))[0] - objective(factors, found.covariance, zero)[0]
    )
    assert engine == pytest.approx(lab, rel=1e-10)


class TestTheData:
    @pytest.mark.parametrize(
        ("spectrum", "more", "expected"),
        [
            ("flat", {}, [3, 3, 3]),
            ("linear", {"smallest": 1.0}, [3, 2, 1]),
            ("geometric", {"smallest": 0.75}, [3, 1.5, 0.75]),
            ("explicit", {"values": "1, 4 2"}, [4, 2, 1]),
        ],
    )
    def test_have_the_spectrum_asked_for(self, spectrum: str, more: Any, expected: list[float]) -> None:
        found = problem(spectrum=spectrum, **more)
        sigma = np.linalg.svd(found.clean, compute_uv=False) / np.sqrt(80)
        np.testing.assert_allclose(sigma, [*expected, *[0] * 9], atol=1e-10)
        np.testing.assert_allclose(found.clean_sigma / np.sqrt(80), sigma, atol=1e-10)

    def test_have_the_noise_asked_for(self) -> None:
        found = problem(sigma=0.3, samples=4000)
        assert np.std(found.noisy - found.clean) == pytest.approx(0.3, rel=0.02)

    def test_are_a_function_of_the_seed(self) -> None:
        np.testing.assert_array_equal(problem().noisy, problem().noisy)
        assert not np.array_equal(problem().noisy, problem(seed=1).noisy)


class TestTheComparison:
    @pytest.fixture
    def solution(self) -> Solution:
        found = problem(**CLEAR)
        return solve(found, found.config.weight)

    def test_errors_are_those_of_the_matrices(self, solution: Solution) -> None:
        found = solution.problem
        for gains in (shrunk(found.sigma, 0.6, found.samples) / found.sigma, np.ones(12)):
            values = gains * found.sigma
            expected = found.relative_error(found.map_of(gains))
            assert float(found.errors_of(values)) == pytest.approx(expected, rel=1e-9)

    def test_the_curve_passes_through_the_solution(self, solution: Solution) -> None:
        at = np.interp(np.log(solution.eta), np.log(solution.etas), solution.errors)
        assert at == pytest.approx(solution.methods["closed"].error, rel=1e-3)

    def test_truncation_keeps_what_it_keeps_unchanged(self, solution: Solution) -> None:
        kept = solution.methods["truncated"].sigma
        np.testing.assert_array_equal(kept[:3], solution.problem.sigma[:3])
        np.testing.assert_array_equal(kept[3:], 0)

    def test_the_hard_threshold_of_square_data_is_four_over_root_three(self) -> None:
        assert hard_threshold(1.0) == pytest.approx(4 / np.sqrt(3))

    def test_no_descent_gets_below_the_optimum(self, solution: Solution) -> None:
        assert solved(solution.problem).objective >= solution.optimum * (1 - 1e-9)

    def test_the_deep_solution_stands_beside_only_where_it_differs(self) -> None:
        assert "deep" in shown_methods(checked(SMALL | {"depth": 3}))
        assert "deep" not in shown_methods(checked(SMALL | {"depth": 3, "reading": "nuclear"}))

    def test_the_numbers_say_how_close_the_descent_came(self, solution: Solution) -> None:
        found = numbers(solution, descend(solution.problem, Descent(0.6, 3)))
        assert found["gradient"]["relative_distance_to_closed_form"] < 1e-3
        np.testing.assert_allclose(
            found["singular_values"]["gradient"], found["singular_values"]["deep"], atol=0.02
        )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rank": 13}, "rank: At most D = 12"),
        ({"samples": 2}, "rank: At most N = 2"),
        ({"spectrum": "explicit", "values": "1,2"}, "values: Give 3"),
        ({"smallest": 5}, "smallest: At most the largest, 3"),
        ({"sigma": 0}, "sigma: "),
        ({"depth": 1}, "depth: "),
        ({"eta": -1}, "eta: "),
    ],
)
def test_bad_settings_are_refused_by_name(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        checked(SMALL | changes)
