"""Which estimator to use for a factor, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import torch
from torch import nn

from jnn_studio.base.text import counted
from jnn_studio.jacobian.errors import NoDerivativeError
from jnn_studio.jacobian.layers import LayerKind
from jnn_studio.jacobian.opaque import route_of_push
from jnn_studio.jacobian.routes import DOUBLE_BACKWARD
from jnn_studio.jacobian.structure import identity_tangents, transforming
from jnn_studio.penalty.closed_form import is_closed_form
from jnn_studio.penalty.composition import FactorPass
from jnn_studio.penalty.estimators.deflation import Deflated
from jnn_studio.penalty.estimators.difference import CentralDifference, FiniteDifference
from jnn_studio.penalty.estimators.estimate import Estimator
from jnn_studio.penalty.estimators.exact_modes import ClosedForm, ForwardMode, ReverseMode
from jnn_studio.penalty.estimators.hutchinson import Hutchinson
from jnn_studio.penalty.estimators.powers import DensePower, ProbedPower
from jnn_studio.penalty.estimators.probes import Noise

EstimatorName = Literal[
    "auto",
    "closed_form",
    "forward",
    "reverse",
    "jvp",
    "finite_difference",
    "central_difference",
    "deflated",
]
ESTIMATORS = EstimatorName.__args__  # type: ignore[attr-defined]

# Largest smaller side of a factor whose singular values are found by a full SVD at every step.
LARGEST_DENSE = 512


@dataclass(frozen=True)
class Options:
    """What the estimators of a penalty have in common."""

    sigma: float | None
    probes: int
    noise: Noise | None
    exact_budget: int
    rank: int


@dataclass(frozen=True)
class Choice:
    """An estimator for one factor, and a line that says which and why."""

    estimator: Estimator
    line: str


def explained(done: FactorPass, estimator: Estimator, reason: str) -> Choice:
    """The choice of an estimator for a factor, with the reason in words."""
    evaluations = estimator.evaluations(done)
    cost = counted(evaluations, "evaluation") if evaluations else "no evaluation"
    accuracy = "exact" if estimator.exact else "stochastic"
    line = (
        f"factor {done.position}, {_describe(done.factor)} {done.n}→{done.m}: "
        f"{estimator.name} ({accuracy}, {cost}): {reason}"
    )
    return Choice(estimator, line)


def named(name: EstimatorName, options: Options) -> Estimator:
    """The estimator of that name; ``auto`` has none of its own."""
    match name:
        case "closed_form":
            return ClosedForm()
        case "forward":
            return ForwardMode()
        case "reverse":
            return ReverseMode()
        case "jvp":
            return Hutchinson(options.probes, options.noise or "sphere")
        case "finite_difference":
            return FiniteDifference(options.sigma, options.probes, options.noise or "gaussian")
        case "central_difference":
            return CentralDifference(options.sigma, options.probes, options.noise or "gaussian")
        case "deflated":
            return Deflated(options.rank, options.probes)
    raise ValueError(f"no estimator is named {name!r}")


def plan(done: FactorPass, options: Options) -> Choice:
    """The cheapest exact estimator that fits, else the one of lowest variance and no bias.

    Exact ones fit if they cost no more evaluations than ``exact_budget`` or than the probes asked for. Among
    stochastic ones a JVP and a finite difference have the same variance a probe, and the JVP has no bias and
    no cancellation: differences are for layers that have no JVP which can be differentiated. What a layer
    has is tried, its second derivative too where the penalty is going to be differentiated.

    Raises:
        NoDerivativeError: not even reverse mode gets through a layer, so nothing could be trained.
    """
    kinds = [layer.kind for layer in done.layers]
    if is_closed_form(kinds):
        return explained(done, ClosedForm(), "one affine map between elementwise ones")
    budget = max(options.exact_budget, options.probes)
    push = _Attempt(done.push, done.input)
    if done.n <= min(done.m, budget) and not push.obstacle:
        return explained(done, ForwardMode(), f"only {counted(done.n, 'input')}")
    if done.m <= budget and not _Attempt(done.pull, done.output).obstacle:
        return explained(done, ReverseMode(), f"only {counted(done.m, 'output')}")
    if done.n <= budget and not push.obstacle:
        return explained(done, ForwardMode(), f"only {counted(done.n, 'input')}")
    unknown = [layer for layer in done.layers if layer.kind is LayerKind.OTHER]
    if not unknown:
        return explained(done, named("jvp", options), "all layers known: unbiased at one evaluation a probe")
    if push.obstacle is None:
        return explained(done, named("jvp", options), _how([layer.layer for layer in unknown]))
    with torch.no_grad():  # as far as training itself needs it
        nothing = _Attempt(done.pull, done.output).obstacle
    if nothing is not None:
        raise nothing
    return explained(
        done,
        FiniteDifference(options.sigma, options.probes, options.noise or "sphere"),
        f"{push.obstacle.place} has no {push.obstacle.wanted}: differences, biased by O(σ²)",
    )


def plan_power(done: FactorPass, exponent: int, options: Options) -> Choice:
    """An estimator of ‖J‖_{S_p}^p, p > 2.

    Raises:
        ValueError: p is odd and the factor too large for a full SVD.
    """
    small = min(done.m, done.n)
    if small <= options.exact_budget or (exponent % 2 and small <= LARGEST_DENSE):
        return explained(done, DensePower(exponent), f"full SVD, {small} singular values")
    if exponent % 2:
        raise ValueError(
            f"reading 'nuclear' at an odd depth of {exponent} needs a full SVD of every factor, and factor "
            f"{done.position} has {small} singular values (at most {LARGEST_DENSE}); use an even number of "
            "factors, or reading='schatten'"
        )
    return explained(
        done, ProbedPower(exponent, options.probes, options.noise or "sphere"), "matrix free, even exponent"
    )


class _Attempt:
    """A product with J or Jᵀ, tried with one vector when somebody asks."""

    def __init__(self, product: Callable[[Any], Any], side: Any) -> None:
        self._product, self._side = product, side

    @cached_property
    def obstacle(self) -> NoDerivativeError | None:
        """What is in the way; None if nothing is."""
        if transforming():
            return None
        try:
            self._product(identity_tangents(self._side, 0, 1))
        except NoDerivativeError as error:
            return error
        return None


def _how(unknown: list[Callable[..., Any]]) -> str:
    """How a JVP gets through layers that only automatic differentiation knows."""
    slow = [layer for layer in unknown if route_of_push(layer) == DOUBLE_BACKWARD]
    if slow:
        return f"{type(slow[0]).__name__} has no forward mode: unbiased by double backward"
    return f"{type(unknown[0]).__name__} is opaque: unbiased by forward mode"


def _describe(factor: nn.Module) -> str:
    """A module in a few words."""
    parts = [type(part).__name__ for part in factor.children()]
    name = type(factor).__name__
    return f"{name}({', '.join(parts)})" if 0 < len(parts) <= 4 else name
