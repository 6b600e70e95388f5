"""The factorised problem by gradient descent: what training does, in float64, step by step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from jnn_studio.labs.shrinkage.config import Reading
from jnn_studio.labs.shrinkage.problem import ShrinkageProblem, mode_gains

Floats = npt.NDArray[np.float64]
STEPS = 2000
TOLERANCE = 1e-8
"""Of the relative size of the gradient: from here on nothing more is to be had."""


@dataclass(frozen=True)
class DescentState:
    """Where the descent stands.

    Attributes:
        step, seconds: steps taken, and the time spent on them.
        objective: 1/(2N)‖AY − Y‖² + η·(penalty of the factors).
        gap: ‖A − A*‖_F/‖A*‖_F, to the closed form; to zero, ‖A‖_F itself.
        map_: A, (D, D).
    """

    step: int
    seconds: float
    objective: float
    gap: float
    map_: Floats
    done: bool


@dataclass(frozen=True)
class Descent:
    """How to minimise: weight η, depth L and reading of the penalty, steps at most, how often to say."""

    eta: float
    depth: int = 2
    reading: Reading = "frobenius"
    steps: int = STEPS
    report_every: int = 10


def objective(factors: list[Floats], covariance: Floats, descent: Descent) -> tuple[float, list[Floats]]:
    """The value at factors [W₁, …, W_L], A = W_L⋯W₁, and its gradient for each of them.

    With S = YYᵀ/N the data term is ½tr((A − I)S(A − I)ᵀ).
    """
    depth = len(factors)
    size = len(covariance)
    before = [np.eye(size)]  # W_{ℓ−1}⋯W₁
    for factor in factors:
        before.append(factor @ before[-1])
    residual = before[-1] - np.eye(size)
    slope = residual @ covariance
    value = 0.5 * float(np.sum(slope * residual))
    gradients: list[Floats] = []
    for index in reversed(range(depth)):
        power, turned = _penalty(factors[index], descent)
        value += descent.eta * power
        gradients.append(slope @ before[index].T + descent.eta * turned)
        slope = factors[index].T @ slope
    return value, gradients[::-1]


def start(problem: ShrinkageProblem, depth: int) -> list[Floats]:
    """Factors to begin with: Gaussian, as a linear layer's weights, repeatable from the problem's seed."""
    rng = np.random.default_rng([problem.config.seed, 1])
    size = len(problem.covariance)
    return [rng.standard_normal((size, size)) / np.sqrt(size) for _ in range(depth)]


def descend(problem: ShrinkageProblem, descent: Descent) -> Iterator[DescentState]:
    """Gradient descent with Nesterov's momentum, restarted when it points uphill; full batch.

    The step is halved until it lowers the objective as much as the gradient promises, and grows again
    slowly. Yields the start, then every ``report_every`` steps, then the end.
    """
    optimum = problem.map_of(
        mode_gains(problem.sigma, descent.eta, problem.samples, descent.depth, descent.reading)
    )
    scale = float(np.linalg.norm(optimum)) or 1.0

    def report(step: int, value: float, factors: list[Floats], done: bool) -> DescentState:
        map_ = reduce(lambda product, factor: factor @ product, factors)
        gap = float(np.linalg.norm(map_ - optimum)) / scale
        return DescentState(step, spent, value, gap, map_, done)

    begun = time.perf_counter()
    spent = 0.0
    now = start(problem, descent.depth)
    value, _ = objective(now, problem.covariance, descent)
    yield report(0, value, now, descent.steps == 0)
    ahead, age, rate = now, 0, 1.0 / float(np.linalg.norm(problem.covariance, 2) + descent.eta)
    for step in range(1, descent.steps + 1):
        begun = time.perf_counter()
        at, slope = objective(ahead, problem.covariance, descent)
        steep = sum(float(np.sum(g * g)) for g in slope)
        while True:
            new = [w - rate * g for w, g in zip(ahead, slope, strict=True)]
            new_value, _ = objective(new, problem.covariance, descent)
            if new_value <= at - 0.5 * rate * steep + 1e-14 * abs(at):
                break
            rate *= 0.5
        uphill = sum(float(np.sum(g * (b - a))) for g, a, b in zip(slope, now, new, strict=True)) > 0
        age = 0 if uphill else age + 1
        push = age / (age + 3)
        ahead = [b + push * (b - a) for a, b in zip(now, new, strict=True)]
        now, value, rate = new, new_value, rate * 1.05
        length = sum(float(np.sum(w * w)) for w in now)
        settled = np.sqrt(steep) <= TOLERANCE * (descent.eta + 1e-12) * max(1.0, np.sqrt(length))
        spent += time.perf_counter() - begun
        done = bool(settled) or step == descent.steps
        if done or step % descent.report_every == 0:
            yield report(step, value, now, done)
        if done:
            return


def _penalty(factor: Floats, descent: Descent) -> tuple[float, Floats]:
    """(1/L)‖W‖_F², or (1/L)‖W‖_{S_L}^L, and its gradient."""
    depth = descent.depth
    if descent.reading == "frobenius" or depth == 2:
        return float(np.sum(factor**2)) / depth, 2 / depth * factor
    if depth % 2 == 0:  # a trace of products: no decomposition
        gram = factor.T @ factor
        rest = np.linalg.matrix_power(gram, depth // 2 - 1)
        return float(np.sum(rest * gram)) / depth, factor @ rest
    u, sigma, v = np.linalg.svd(factor)
    return float(np.sum(sigma**depth)) / depth, (u * sigma ** (depth - 1)) @ v
