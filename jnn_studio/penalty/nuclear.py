"""The nuclear-norm penalty of a composition (Scarvelis & Solomon, NeurIPS 2024, Theorem 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from jnn_studio.penalty.closed_form import closed_form, has_closed_form
from jnn_studio.penalty.composition import Composition, Trace
from jnn_studio.penalty.finite_difference import finite_difference

Estimator = Literal["auto", "closed_form", "finite_difference"]


@dataclass(frozen=True)
class PenaltyTerms:
    """The penalty and its parts: ``total`` = ½ Σ ``factors``, each a mean over the batch of ‖J‖_F²."""

    total: Tensor
    factors: tuple[Tensor, ...]


class NuclearNormPenalty:
    """½ (‖Jg[h(x)]‖_F² + ‖Jh[x]‖_F²), mean over the batch: at its minimum over factorisations, ‖Jf[x]‖_*.

    Penalising it at weight η solves the same problem as penalising the nuclear norm of f's Jacobian
    (Theorem 3.1), without an SVD, and with ``finite_difference`` without a Jacobian. Pointwise it is an
    upper bound of ‖Jf[x]‖_*.

    Args:
        estimator: ``"closed_form"`` (exact; Linear, or Linear + elementwise), ``"finite_difference"``
            (the paper's eq. 6), or ``"auto"``: closed form wherever a factor has one.
        sigma: noise scale of the finite difference.
        probes: noise draws per evaluation of the finite difference.

    Example:
        >>> f = Composition(nn.Sequential(nn.Linear(4, 8), nn.ELU()), nn.Linear(8, 2))
        >>> penalty = NuclearNormPenalty()
        >>> loss = 0.1 * penalty(f, torch.zeros(3, 4))
        >>> len(penalty.terms)
        2
    """

    def __init__(self, estimator: Estimator = "auto", sigma: float = 1e-3, probes: int = 1) -> None:
        if estimator not in ("auto", "closed_form", "finite_difference"):
            raise ValueError(
                f"estimator must be 'auto', 'closed_form' or 'finite_difference', got {estimator!r}"
            )
        if not sigma > 0:
            raise ValueError(f"sigma must be positive, got {sigma}")
        if probes < 1:
            raise ValueError(f"probes must be at least 1, got {probes}")
        self.estimator = estimator
        self.sigma = sigma
        self.probes = probes
        self.terms: tuple[Tensor, ...] = ()
        """Detached ‖J‖_F² of each factor, mean over the batch, at the last call."""
        self._chosen: tuple[str, ...] = ()

    def __call__(self, f: Composition, x: Tensor | Trace, generator: torch.Generator | None = None) -> Tensor:
        """The penalty as a differentiable scalar.

        Pass the ``Trace`` of the forward pass the task loss used and nothing is evaluated twice; pass the
        input and the forward pass is made here.
        """
        return self.evaluate(f, x, generator).total

    def evaluate(
        self, f: Composition, x: Tensor | Trace, generator: torch.Generator | None = None
    ) -> PenaltyTerms:
        """The penalty with each factor's ‖J‖_F²."""
        trace = x if isinstance(x, Trace) else f.trace(x)
        chosen = tuple(self.choose(done.factor) for done in trace.passes)
        factors = tuple(
            closed_form(done).mean()
            if name == "closed_form"
            else finite_difference(done, self.sigma, self.probes, generator).mean()
            for done, name in zip(trace.passes, chosen, strict=True)
        )
        self._chosen = chosen
        self.terms = tuple(term.detach() for term in factors)
        return PenaltyTerms(0.5 * torch.stack(factors).sum(), factors)

    def choose(self, factor: nn.Module) -> Literal["closed_form", "finite_difference"]:
        """The estimator used for one factor."""
        if self.estimator == "auto":
            return "closed_form" if has_closed_form(factor) else "finite_difference"
        return self.estimator

    def __repr__(self) -> str:
        text = f"NuclearNormPenalty(estimator={self.estimator!r}, sigma={self.sigma}, probes={self.probes})"
        return f"{text} using {', '.join(self._chosen)}" if self._chosen else text
