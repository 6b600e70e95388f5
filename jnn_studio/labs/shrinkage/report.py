"""One problem solved in every way, as numbers; what the window shows and the command writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jnn_studio.labs.shrinkage.config import ShrinkageConfig
from jnn_studio.labs.shrinkage.descent import DescentState
from jnn_studio.labs.shrinkage.problem import (
    Denoised,
    Floats,
    ShrinkageProblem,
    denoise_all,
    error_curves,
    minimised_penalty,
    mode_gains,
)

LABELS = {
    "closed": "Closed form, nuclear norm",
    "deep": "Closed form, Schatten-2/L",
    "truncated": "Truncated at the rank",
    "hard": "Gavish–Donoho threshold",
    "optimal": "Gavish–Donoho shrinker",
    "raw": "Noisy data",
}
POINTS = 200


@dataclass(frozen=True)
class Solution:
    """Everything in closed form at one η.

    Attributes:
        threshold: √(Nη), below which singular values vanish.
        methods: by the names of `denoise_all`.
        etas, errors: the error of the closed form as η moves, (m,) each.
        best: the η of least error among ``etas``.
        optimum: the least objective that the factors can reach (diagonal in U; see `mode_gains`).
    """

    problem: ShrinkageProblem
    eta: float
    threshold: float
    methods: Mapping[str, Denoised]
    etas: Floats = field(repr=False)
    errors: Floats = field(repr=False)
    best: float
    optimum: float

    def gains(self) -> Floats:
        """Γ for the problem's depth and reading."""
        config = self.problem.config
        return mode_gains(self.problem.sigma, self.eta, self.problem.samples, config.depth, config.reading)


def eta_range(config: ShrinkageConfig) -> tuple[float, float]:
    """The η worth looking at: from far below the noise's to where nothing would be left."""
    middle = config.sigma**2
    strongest = max((config.largest, *config.values)) ** 2 + middle
    return middle / 100, max(4 * middle, 1.2 * strongest)


def solve(problem: ShrinkageProblem, eta: float) -> Solution:
    """The closed form at ``eta`` and its error for a range of others."""
    config = problem.config
    etas = np.geomspace(*eta_range(config), POINTS)
    errors = error_curves(problem, etas)
    gains = mode_gains(problem.sigma, eta, problem.samples, config.depth, config.reading)
    # Directions that Y lacks (D > N) are free of data and of cost.
    misfit = 0.5 * float(np.sum((1 - gains) ** 2 * problem.sigma**2)) / problem.samples
    return Solution(
        problem=problem,
        eta=eta,
        threshold=float(np.sqrt(problem.samples * eta)),
        methods=denoise_all(problem, eta),
        etas=etas,
        errors=errors,
        best=float(etas[np.argmin(errors)]),
        optimum=misfit + eta * minimised_penalty(gains, config.depth, config.reading),
    )


def shown_methods(config: ShrinkageConfig) -> tuple[str, ...]:
    """Those worth a curve: "deep" only where it differs from the nuclear norm."""
    deep = config.depth > 2 and config.reading == "frobenius"
    return tuple(name for name in LABELS if name != "deep" or deep)


def numbers(solution: Solution, history: Iterable[DescentState]) -> dict[str, Any]:
    """All of it as plain Python, for JSON; ``history`` is of the descent, oldest first."""
    problem, config = solution.problem, solution.problem.config
    steps = list(history)
    last = steps[-1]
    return {
        "settings": config.model_dump(mode="json"),
        "eta": solution.eta,
        "threshold": solution.threshold,
        "singular_values": {
            "clean": problem.clean_sigma.tolist(),
            "gradient": problem.singular_values_after(last.map_).tolist(),
            **{name: solution.methods[name].sigma.tolist() for name in shown_methods(config)},
        },
        "error": {
            "gradient": problem.relative_error(last.map_),
            **{name: solution.methods[name].error for name in shown_methods(config)},
        },
        "error_against_eta": {"eta": solution.etas.tolist(), "error": solution.errors.tolist()},
        "best_eta": solution.best,
        "gradient": {
            "steps": last.step,
            "seconds": last.seconds,
            "relative_distance_to_closed_form": last.gap,
            "objective": last.objective,
            "objective_of_closed_form": solution.optimum,
            "history": {
                "step": [progress.step for progress in steps],
                "objective": [progress.objective for progress in steps],
                "relative_distance": [progress.gap for progress in steps],
            },
        },
    }
