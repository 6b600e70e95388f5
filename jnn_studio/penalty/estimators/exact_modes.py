"""‖J‖_F² exactly, a column at a time (forward mode) or a row at a time (reverse mode)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from jnn_studio.jacobian.structure import Structure, identity_tangents, row_size
from jnn_studio.penalty.closed_form import closed_form, closed_form_evaluations
from jnn_studio.penalty.composition import FactorPass
from jnn_studio.penalty.estimators.estimate import Estimate, squared_norm

# Unit vectors carried at once: bounds the memory of a large Jacobian.
CHUNK = 64


@dataclass(frozen=True)
class ClosedForm:
    """Exact, from weights and slopes alone: see `closed_form`."""

    name = "closed_form"
    exact = True

    def evaluations(self, done: FactorPass) -> int:
        """None, or one if an elementwise map precedes the affine one."""
        return closed_form_evaluations([layer.kind for layer in done.layers])

    def __call__(self, done: FactorPass, generator: torch.Generator | None = None) -> Estimate:
        """Exact values."""
        with done.precision.full():
            return Estimate(closed_form(done.layers, done.input), None, self.evaluations(done))


@dataclass(frozen=True)
class ForwardMode:
    """Exact: one JVP per input number. Right when the factor's input is small."""

    name = "forward"
    exact = True

    def evaluations(self, done: FactorPass) -> int:
        """n."""
        return done.n

    def __call__(self, done: FactorPass, generator: torch.Generator | None = None) -> Estimate:
        """Exact values."""
        return Estimate(_columns(done.push, done.input), None, done.n)


@dataclass(frozen=True)
class ReverseMode:
    """Exact: one VJP per output number. Right when the factor's output is small."""

    name = "reverse"
    exact = True

    def evaluations(self, done: FactorPass) -> int:
        """m."""
        return done.m

    def __call__(self, done: FactorPass, generator: torch.Generator | None = None) -> Estimate:
        """Exact values."""
        return Estimate(_columns(done.pull, done.output), None, done.m)


def _columns(product: Callable[[Any], Any], side: Structure) -> Tensor:
    size = row_size(side)
    parts = [
        squared_norm(product(identity_tangents(side, i, min(i + CHUNK, size))), 2).sum(0)
        for i in range(0, size, CHUNK)
    ]
    return torch.stack(parts).sum(0)
