"""Which estimator to use for a factor, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from jnn_studio.base.text import counted
from jnn_studio.jacobian.layers import LayerKind
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
    """The cheapest exact estimator that fits, else the one of lowest variance per evaluation.

    Exact ones fit if they cost no more evaluations than ``exact_budget`` or than the probes asked for. Among
    stochastic ones a JVP and a finite difference have the same variance a probe; the JVP has no bias, and
    costs little more where all layers are known, three times as much where not.
    """
    kinds = [layer.kind for layer in done.layers]
    if is_closed_form(kinds):
        return explained(done, ClosedForm(), "one affine map between elementwise ones")
    budget = max(options.exact_budget, options.probes)
    if done.n <= min(done.m, budget) and _works(done.push, done.input):
        return explained(done, ForwardMode(), f"only {counted(done.n, 'input')}")
    if done.m <= budget and _works(done.pull, done.output):
        return explained(done, ReverseMode(), f"only {counted(done.m, 'output')}")
    if done.n <= budget and _works(done.push, done.input):
        return explained(done, ForwardMode(), f"only {counted(done.n, 'input')}")
    unknown = [layer for layer in done.layers if layer.kind is LayerKind.OTHER]
    if not unknown:
        return explained(done, named("jvp", options), "all layers known: unbiased at one evaluation a probe")
    name = type(unknown[0].layer).__name__
    if done.precision.enabled and _works(done.push, done.input):
        return explained(
            done,
            named("jvp", options),
            f"differences would drown in {done.precision.dtype} rounding ({name} is opaque)",
        )
    noise = options.noise or "sphere"
    return explained(
        done,
        FiniteDifference(options.sigma, options.probes, noise),
        f"{name} is opaque: cheapest per probe",
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


def _works(product: Callable[[Any], Any], side: Any) -> bool:
    """Whether automatic differentiation gets through the factor (some layers have no derivative rules)."""
    if transforming():
        return True
    try:
        with torch.no_grad():
            product(identity_tangents(side, 0, 1))
    except (RuntimeError, NotImplementedError):
        return False
    return True


def _describe(factor: nn.Module) -> str:
    """A module in a few words."""
    parts = [type(part).__name__ for part in factor.children()]
    name = type(factor).__name__
    return f"{name}({', '.join(parts)})" if 0 < len(parts) <= 4 else name
