"""‖J‖_{S_p}^p of a factor for p > 2, which deeper compositions need to keep the nuclear norm."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from jnn_studio.jacobian.operator import JacobianOperator
from jnn_studio.jacobian.schatten import schatten_power
from jnn_studio.jacobian.structure import unflatten
from jnn_studio.penalty.composition import FactorPass
from jnn_studio.penalty.estimators.estimate import Estimate, from_samples, squared_norm
from jnn_studio.penalty.estimators.probes import Noise, draw


@dataclass(frozen=True)
class DensePower:
    """Exact: Σσᵖ of the full Jacobian, any p ≥ 1; min(m, n) products and an SVD per element."""

    exponent: int
    name = "dense"
    exact = True

    def evaluations(self, done: FactorPass) -> int:
        """min(m, n)."""
        return min(done.m, done.n)

    def __call__(self, done: FactorPass, generator: torch.Generator | None = None) -> Estimate:
        """Exact values."""
        with done.precision.full():
            entries = JacobianOperator.of_passes(done.layers).dense()
            wide = entries.to(torch.promote_types(entries.dtype, torch.float32))
            return Estimate(schatten_power(wide, self.exponent), None, self.evaluations(done))


@dataclass(frozen=True)
class ProbedPower:
    """Unbiased for even p: E‖…JᵀJv‖² with p/2 factors J and Jᵀ in turn, v of unit variance.

    p = 4 is E‖JᵀJv‖². The variance is twice ‖(JᵀJ)^{p/2}‖_F² a Gaussian probe.
    """

    exponent: int
    probes: int = 1
    noise: Noise = "sphere"
    name = "probed"
    exact = False

    def evaluations(self, done: FactorPass) -> int:
        """p/2 a probe."""
        return self.exponent // 2 * self.probes

    def __call__(self, done: FactorPass, generator: torch.Generator | None = None) -> Estimate:
        """Unbiased values."""
        samples = []
        for _ in range(self.probes):
            v = draw(done.input, self.noise, generator).unsqueeze(0)
            moved = unflatten(v, done.input, 2)
            for turn in range(self.exponent // 2):
                moved = done.push(moved) if turn % 2 == 0 else done.pull(moved)
            samples.append(squared_norm(moved, 2)[0])
        return from_samples(samples, self.evaluations(done))
