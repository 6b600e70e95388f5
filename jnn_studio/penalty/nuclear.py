"""The nuclear-norm penalty of a composition (Scarvelis & Solomon, NeurIPS 2024, Theorem 3.1)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from jnn_studio.jacobian.structure import Structure, check_finite, describe, leaves, transforming
from jnn_studio.penalty.composition import Composition, FactorPass, Trace
from jnn_studio.penalty.estimators.difference import (
    CancellationWarning,
    CentralDifference,
    FiniteDifference,
    cancellation,
)
from jnn_studio.penalty.estimators.estimate import Estimate, Estimator
from jnn_studio.penalty.estimators.probes import NOISES, Noise
from jnn_studio.penalty.planner import (
    ESTIMATORS,
    Choice,
    EstimatorName,
    Options,
    explained,
    named,
    plan,
    plan_power,
)
from jnn_studio.penalty.shared import check_shared

Reading = Literal["schatten", "nuclear"]


@dataclass(frozen=True)
class PenaltyTerms:
    """The penalty and its parts.

    Attributes:
        total: the penalty, mean over the batch: (1/L) Σ ``factors`` for L factors, times ``every``.
        factors: each factor's ‖J‖_F² (or ‖J‖_{S_L}^L), mean over the batch.
        standard_error: of (1/L) Σ ``factors``, from the random probes; None if all is exact.
    """

    total: Tensor
    factors: tuple[Tensor, ...]
    standard_error: Tensor | None = None


class NuclearNormPenalty:
    """½ (‖Jg[h(x)]‖_F² + ‖Jh[x]‖_F²), mean over the batch: at its minimum over factorisations, ‖Jf[x]‖_*.

    Penalising it at weight η solves the same problem as penalising the nuclear norm of f's Jacobian
    (Theorem 3.1), without an SVD, and without a Jacobian where factors are deep. Pointwise it is an upper
    bound of ‖Jf[x]‖_*.

    Compositions of L > 2 factors have two readings. ``"schatten"``: (1/L) Σ‖J_ℓ‖_F², at its minimum
    ‖J‖_{S_2/L}^{2/L}, which favours low rank more strongly than the nuclear norm. ``"nuclear"``:
    (1/L) Σ‖J_ℓ‖_{S_L}^L, at its minimum ‖J‖_*, and pointwise an upper bound of it. Both are theorems for
    linear maps (Shang et al., arXiv 1606.00668; Xu et al., arXiv 1611.08372); that networks reach the minimum
    is proved for L = 2 alone.

    Layers in training mode: the penalty is that of the map of the forward pass, its dropout masks drawn and
    its batch statistics held constant; buffers such as running means stay as that pass left them.

    Args:
        estimator: ``"auto"`` takes for each factor the cheapest exact estimator that fits, else the
            lowest variance per evaluation; ``repr`` tells which and why. Or, for all factors,
            ``"closed_form"`` (exact; one linear or convolutional layer between elementwise ones),
            ``"forward"`` or ``"reverse"`` (exact; a JVP per input, a VJP per output), ``"jvp"``
            (unbiased), ``"finite_difference"`` (the paper's eq. 6), ``"central_difference"``, ``"deflated"``
            (unbiased; see `Deflated`); or an `Estimator`.
        sigma: noise scale of differences, in the units of a factor's input; the paper's is 1e-3. By default
            ∛eps times its root mean square, 5e-3 for float32 data of unit scale. Too small a σ is met with a
            `CancellationWarning`.
        probes: random directions per element for the stochastic estimators.
        noise: their distribution, ``"gaussian"``, ``"rademacher"`` or ``"sphere"``; by default Gaussian, as
            in the paper, for differences asked for by name, and the sphere, which has less variance,
            elsewhere.
        every: apply the penalty at every ``every``-th call only, that many times as strongly, and give 0 in
            between (lazy regularisation, Karras et al., CVPR 2020).
        reading: of compositions deeper than two.
        exact_budget: evaluations an exact estimator may cost for ``"auto"`` to take it.
        rank: directions that ``"deflated"`` treats exactly.

    Raises:
        ValueError: an argument out of range.

    Example:
        >>> f = Composition(nn.Sequential(nn.Linear(4, 8), nn.ELU()), nn.Linear(8, 2))
        >>> penalty = NuclearNormPenalty()
        >>> loss = 0.1 * penalty(f, torch.zeros(3, 4))
        >>> len(penalty.terms)
        2
    """

    def __init__(
        self,
        estimator: EstimatorName | Estimator = "auto",
        sigma: float | None = None,
        probes: int = 1,
        *,
        noise: Noise | None = None,
        every: int = 1,
        reading: Reading = "schatten",
        exact_budget: int = 8,
        rank: int = 8,
    ) -> None:
        if isinstance(estimator, str) and estimator not in ESTIMATORS:
            raise ValueError(f"estimator must be one of {_listed(ESTIMATORS)}, got {estimator!r}")
        if sigma is not None and not 0 < sigma < float("inf"):
            raise ValueError(f"sigma must be positive, got {sigma}")
        for name, value in {"probes": probes, "every": every, "rank": rank}.items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if noise is not None and noise not in NOISES:
            raise ValueError(f"noise must be one of {_listed(NOISES)}, got {noise!r}")
        if reading not in ("schatten", "nuclear"):
            raise ValueError(f"reading must be 'schatten' or 'nuclear', got {reading!r}")
        if exact_budget < 0:
            raise ValueError(f"exact_budget must not be negative, got {exact_budget}")
        self.estimator = estimator
        self.every = every
        self.reading = reading
        self.terms: tuple[Tensor, ...] = ()
        """Detached ‖J‖_F² (or ‖J‖_{S_L}^L) of each factor, mean over the batch, at the last evaluation."""
        self._options = Options(sigma, probes, noise, exact_budget, rank)
        self._fixed: Estimator | None = None
        if estimator != "auto":
            self._fixed = named(estimator, self._options) if isinstance(estimator, str) else estimator
        self._calls = 0
        self._plans: WeakKeyDictionary[nn.Module, tuple[Any, Choice]] = WeakKeyDictionary()
        self._last: list[Choice] = []

    def __call__(
        self,
        f: Composition,
        x: Structure | Trace,
        generator: torch.Generator | None = None,
        *,
        step: int | None = None,
    ) -> Tensor:
        """The penalty as a differentiable scalar.

        Pass the ``Trace`` of the forward pass the task loss used and nothing is evaluated twice; pass the
        input and the forward pass is made here. ``generator`` (on the input's device) makes the probes
        reproducible. ``step`` says where in the cycle of ``every`` this call stands; by default calls
        are counted.

        Where ``x`` carries noise of one's own, draw that from another generator or seed: probes that repeat
        the noise measure the Jacobian along it alone, and a network learns to be steep elsewhere.
        """
        return self.evaluate(f, x, generator, step=step).total

    def evaluate(
        self,
        f: Composition,
        x: Structure | Trace,
        generator: torch.Generator | None = None,
        *,
        step: int | None = None,
    ) -> PenaltyTerms:
        """The penalty with each factor's ‖J‖_F².

        Raises:
            TypeError: ``f`` is no `Composition`, or ``x`` is not made of floating-point tensors.
            ValueError: ``x`` is not finite, does not fit ``f``, or is the trace of another composition; the
                estimator does not fit a factor; a factor cuts the gradient.
            NoDerivativeError: a layer, which it names, lacks a derivative that the estimator needs.
            SharedModelError: several processes train ``f``, and its gradients would not reach all of them.
        """
        f = _composition(f)
        call = self._calls if step is None else step
        self._calls += 1
        if call % self.every:
            device = next((p.device for p in f.parameters()), None)
            return PenaltyTerms(torch.zeros((), device=device), self.terms)
        # At calls 1, 2, 4, 8, …: reading numbers back makes an accelerator wait.
        checked = not self._calls & (self._calls - 1) and not transforming()
        if checked:
            check_shared(f)
        trace = _trace(f, x)
        choices = self._choices(trace)
        estimates = [
            choice.estimator(done, generator) for done, choice in zip(trace.passes, choices, strict=True)
        ]
        factors = tuple(estimate.values.mean() for estimate in estimates)
        self.terms = tuple(term.detach() for term in factors)
        total = sum(factors[1:], factors[0]) * (self.every / len(factors))
        if checked:
            _check(trace, choices, estimates)
        return PenaltyTerms(total, factors, _joint_error(estimates))

    def values(
        self, f: Composition, x: Structure | Trace, generator: torch.Generator | None = None
    ) -> Tensor:
        """The penalty at every element of the batch, (batch,), whatever ``every`` is; differentiable."""
        trace = _trace(_composition(f), x)
        parts = [
            choice.estimator(done, generator).values
            for done, choice in zip(trace.passes, self._choices(trace), strict=True)
        ]
        return (sum(parts[1:], parts[0]) / len(parts)).expand(trace.passes[0].batch)

    def __repr__(self) -> str:
        o = self._options
        name = self.estimator if isinstance(self.estimator, str) else repr(self.estimator)
        settings = {"estimator": name, "sigma": o.sigma, "probes": o.probes, "noise": o.noise}
        settings |= {"every": self.every, "reading": self.reading}
        text = f"NuclearNormPenalty({', '.join(f'{k}={v!r}' for k, v in settings.items())})"
        return "\n  ".join((text, *(choice.line for choice in self._last)))

    def _choices(self, trace: Trace) -> list[Choice]:
        """The estimator of every factor, found once per factor and kind of input."""
        depth = len(trace.passes)
        choices = [self._choice(done, depth) for done in trace.passes]
        if not transforming():
            self._last = choices
        return choices

    def _choice(self, done: FactorPass, depth: int) -> Choice:
        if transforming():
            return self._plan(done, depth)
        kinds = tuple(layer.kind for layer in done.layers)
        shapes = tuple(leaf.shape[1:] for leaf in leaves(done.input))
        situation = (depth, kinds, shapes, done.precision.enabled, torch.is_grad_enabled())
        known = self._plans.get(done.factor)
        if known is None or known[0] != situation:
            known = (situation, self._plan(done, depth))
            self._plans[done.factor] = known
        return known[1]

    def _plan(self, done: FactorPass, depth: int) -> Choice:
        if self.reading == "nuclear" and depth > 2:
            return plan_power(done, depth, self._options)
        if self._fixed is not None:
            return explained(done, self._fixed, "as asked")
        return plan(done, self._options)


def _composition(f: Any) -> Composition:
    if isinstance(f, Composition):
        return f
    inner = getattr(f, "_orig_mod", None)  # what torch.compile wraps
    if isinstance(inner, Composition):
        return inner
    raise TypeError(f"f must be a Composition(h, g), got {type(f).__name__}")


def _trace(f: Composition, x: Structure | Trace) -> Trace:
    if isinstance(x, Trace):
        if [done.factor for done in x.passes] != list(f):
            raise ValueError(f"the trace is of another composition than f, with {len(x.passes)} factors")
        return x
    trace = f.trace(x)
    check_finite(x, "x")
    return trace


def _check(trace: Trace, choices: list[Choice], estimates: list[Estimate]) -> None:
    """See that the result means something: warn or raise if not."""
    for done, choice, estimate in zip(trace.passes, choices, estimates, strict=True):
        trainable = torch.is_grad_enabled() and any(p.requires_grad for p in done.factor.parameters())
        if trainable and not estimate.values.requires_grad:
            raise ValueError(
                f"factor {done.position} cuts the gradient: it has trainable weights, but its output "
                f"{describe(done.output)} does not depend on them differentiably (detach, no_grad, rounding?)"
            )
        if isinstance(choice.estimator, FiniteDifference | CentralDifference):
            problem = cancellation(done, choice.estimator.sigma, estimate.values)
            if problem is not None:
                warnings.warn(problem, CancellationWarning, stacklevel=4)


def _joint_error(estimates: list[Estimate]) -> Tensor | None:
    errors = [e.standard_error for e in estimates if e.standard_error is not None]
    if not errors:
        return None
    return torch.stack([e.float() for e in errors]).square().sum().sqrt() / len(estimates)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names))
