"""What every estimator of ‖J‖_F² gives, and what it must offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from jnn_studio.jacobian.structure import leaves
from jnn_studio.penalty.composition import FactorPass


@dataclass(frozen=True)
class Estimate:
    """‖J‖_F² of one factor (or another Schatten power of J) over a batch.

    Attributes:
        values: one number per element, (batch,), at least float32; differentiable. A scalar where the
            estimator knows that all elements have the same.
        standard_error: of ``values.mean()`` as an estimate of the exact mean over this batch; None if
            the values are exact. With a single probe the spread over the batch stands in for that over
            probes, which can only overstate it; a single probe of a single element tells nothing: NaN.
        evaluations: what it cost, in evaluations of the factor beyond the forward pass.
    """

    values: Tensor
    standard_error: Tensor | None
    evaluations: int


class Estimator(Protocol):
    """A way to ‖J‖_F²."""

    @property
    def name(self) -> str:
        """As in ``NuclearNormPenalty(estimator=…)``."""

    @property
    def exact(self) -> bool:
        """Whether it is free of variance and bias."""

    def evaluations(self, done: FactorPass) -> int:
        """Its cost for one factor, in evaluations of the factor."""

    def __call__(self, done: FactorPass, generator: torch.Generator | None = None) -> Estimate:
        """The estimate at a forward pass."""


def squared_norm(structure: Any, lead: int) -> Tensor:
    """Σ of squares over everything behind the first ``lead`` axes, formed in at least float32."""
    total: Tensor | None = None
    for leaf in leaves(structure):
        wide = leaf.float() if leaf.dtype.itemsize < 4 else leaf
        part = wide.flatten(lead).square().sum(-1) if wide.ndim > lead else wide.square()
        total = part if total is None else total + part
    assert total is not None
    return total


def from_samples(samples: list[Tensor], evaluations: int) -> Estimate:
    """The mean of independent unbiased samples, each (batch,)."""
    stacked = torch.stack(samples)
    with torch.no_grad():
        if len(samples) > 1:
            error = (stacked.var(0) / len(samples)).mean().div(stacked.shape[1]).sqrt()
        elif stacked.shape[1] > 1:
            error = stacked[0].std() / stacked.shape[1] ** 0.5
        else:
            error = stacked.new_full((), float("nan"))
    return Estimate(stacked.mean(0), error, evaluations)
