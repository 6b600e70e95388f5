"""‖J‖_F² = E‖Jv‖² for random v with E vvᵀ = I, J applied in forward mode (Hutchinson's trace estimator)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from jnn_studio.jacobian.structure import unflatten
from jnn_studio.penalty.composition import FactorPass
from jnn_studio.penalty.estimators.estimate import Estimate, from_samples, squared_norm
from jnn_studio.penalty.estimators.probes import Noise, draw


@dataclass(frozen=True)
class Hutchinson:
    """Unbiased: one JVP a probe.

    Known layers are applied to the tangent with the activations of the forward pass at hand, so a probe costs
    one evaluation; others are evaluated again alongside, at about three.
    """

    probes: int = 1
    noise: Noise = "sphere"
    name = "jvp"
    exact = False

    def evaluations(self, done: FactorPass) -> int:
        """One a probe."""
        return self.probes

    def __call__(self, done: FactorPass, generator: torch.Generator | None = None) -> Estimate:
        """Unbiased values; their variance is that of the noise (see `probes.draw`), A = JᵀJ."""
        samples = []
        for _ in range(self.probes):
            v = draw(done.input, self.noise, generator)
            tangent = unflatten(v.unsqueeze(0), done.input, 2)
            samples.append(squared_norm(done.push(tangent), 2)[0])
        return from_samples(samples, self.probes)
