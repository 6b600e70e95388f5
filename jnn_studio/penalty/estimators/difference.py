"""Estimators of ‖J‖_F² from differences of the factor's values.

The forward difference is the paper's (Scarvelis & Solomon, NeurIPS 2024, Theorem 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from jnn_studio.jacobian.structure import leaves, map_leaves, unflatten
from jnn_studio.penalty.composition import FactorPass
from jnn_studio.penalty.estimators.estimate import Estimate, from_samples, squared_norm
from jnn_studio.penalty.estimators.probes import Noise, draw


class CancellationWarning(UserWarning):
    """A finite difference whose noise, or effect, is lost in the rounding of the numbers it is added to."""


@dataclass(frozen=True)
class FiniteDifference:
    """(1/σ²) mean over probes of ‖f(x + ε) − f(x)‖², ε ~ N(0, σ²I): one evaluation a probe.

    f(x) is the forward pass's own output. Unbiased up to O(σ²). Needs nothing of the factor but its values,
    so it serves where automatic differentiation does not reach.

    Args:
        sigma: noise scale in the units of the factor's input; `default_sigma` if None.
        probes: draws per element.
        noise: distribution of ε/σ; the paper's is Gaussian.
    """

    sigma: float | None = None
    probes: int = 1
    noise: Noise = "gaussian"
    name = "finite_difference"
    exact = False

    def evaluations(self, done: FactorPass) -> int:
        """One a probe."""
        return self.probes

    def __call__(self, done: FactorPass, generator: torch.Generator | None = None) -> Estimate:
        """Values with the variance of the noise (see `probes.draw`, A = JᵀJ) and O(σ²) bias."""
        sigma = default_sigma(done) if self.sigma is None else self.sigma
        samples = []
        for _ in range(self.probes):
            noise = _noise(done, self.noise, generator)
            moved = done.again(_moved(done, noise, sigma))
            samples.append(squared_norm(_difference(moved, done.output), 1) / sigma**2)
        return from_samples(samples, self.probes)


@dataclass(frozen=True)
class CentralDifference:
    """(1/4σ²) mean over probes of ‖f(x + ε) − f(x − ε)‖²: two evaluations a probe.

    The quadratic part of f cancels, and with it most of the finite difference's truncation error.
    Arguments as for `FiniteDifference`.
    """

    sigma: float | None = None
    probes: int = 1
    noise: Noise = "gaussian"
    name = "central_difference"
    exact = False

    def evaluations(self, done: FactorPass) -> int:
        """Two a probe."""
        return 2 * self.probes

    def __call__(self, done: FactorPass, generator: torch.Generator | None = None) -> Estimate:
        """Values with the variance of the noise (see `probes.draw`, A = JᵀJ) and O(σ²) bias."""
        sigma = default_sigma(done) if self.sigma is None else self.sigma
        samples = []
        for _ in range(self.probes):
            noise = _noise(done, self.noise, generator)
            ahead = done.again(_moved(done, noise, sigma))
            behind = done.again(_moved(done, noise, -sigma))
            samples.append(squared_norm(_difference(ahead, behind), 1) / (4 * sigma**2))
        return from_samples(samples, 2 * self.probes)


@torch.no_grad()
def default_sigma(done: FactorPass) -> Tensor:
    """∛eps times the root mean square of the factor's input, eps being the precision it computes in.

    Between truncation, O(σ²), and cancellation, O(eps²/σ²), with room for outputs far larger than their
    changes. For float32 data of unit scale 5e-3. A scalar on the input's device; for all-zero inputs, as for
    unit scale.
    """
    tensors = leaves(done.input)
    size = sum(t.numel() for t in tensors)
    mean_square = torch.stack([squared_norm(t, 0).reshape(()) for t in tensors]).sum() / size
    scale = torch.where(mean_square > 0, mean_square.sqrt(), 1.0)
    return _precision(done) ** (1 / 3) * scale


@torch.no_grad()
def cancellation(done: FactorPass, sigma: float | None, values: Tensor) -> str | None:
    """What is wrong with σ at this forward pass, as a sentence; None if nothing is. One evaluation.

    Args:
        done: the factor.
        sigma: noise scale, or None for the default.
        values: the estimate of ‖J‖_F² it led to.
    """
    step = float(default_sigma(done)) if sigma is None else sigma
    eps = _precision(done)
    largest = max(float(t.abs().max()) for t in leaves(done.input))
    spacing = eps * largest
    advice = "raise sigma, scale the data down, or use an estimator without differences, such as 'jvp'"
    if step < 2 * spacing:
        return (
            f"the noise of factor {done.position} has σ = {step:.2g}, but numbers as large as its input's "
            f"{largest:.2g} lie {spacing:.2g} apart in its precision: much of the noise rounds away; {advice}"
        )
    share = _rounding(done, eps) / step**2 / max(float(values.mean()), torch.finfo(torch.float32).tiny)
    if share > 0.01:
        return (
            f"with σ = {step:.2g}, rounding makes up about {min(share, 1):.0%} of the ‖J‖_F² estimated "
            f"for factor {done.position}; {advice}"
        )
    return None


def _rounding(done: FactorPass, eps: float) -> float:
    """What rounding alone adds to the mean of ‖f(x + ε) − f(x)‖².

    Rounding the outputs adds about eps²/12 ‖f‖². What the rounding of all layers adds is measured with an x
    that differs in the last digit of each number; where outputs are far coarser than that, nothing moves.
    """
    source = torch.Generator().manual_seed(0)

    def last_digits(x: Tensor) -> Tensor:
        return x * torch.randint(0, 2, x.shape, generator=source).mul_(2).sub_(1).to(x)

    moved = done.again(_moved(done, map_leaves(last_digits, done.input), eps))
    measured = float(squared_norm(_difference(moved, done.output), 1).mean())
    return max(measured, float(squared_norm(done.output, 1).mean()) * eps**2 / 12)


def _noise(done: FactorPass, noise: Noise, generator: torch.Generator | None) -> Any:
    v = draw(done.input, noise, generator)
    return unflatten(v, map_leaves(lambda leaf: leaf.to(v.dtype), done.input), 1)


def _moved(done: FactorPass, noise: Any, sigma: float | Tensor) -> Any:
    """x + σ noise, added in at least float32 and handed on so where the precision allows."""
    keep = done.precision.enabled
    return map_leaves(
        lambda x, v: (x + sigma * v) if keep else (x + sigma * v).to(x.dtype), done.input, noise
    )


def _difference(a: Any, b: Any) -> Any:
    """a − b, formed in at least float32."""
    return map_leaves(lambda p, q: p.to(torch.promote_types(p.dtype, torch.float32)) - q, a, b)


def _precision(done: FactorPass) -> float:
    """Spacing of numbers near 1 in the precision the factor computes in."""
    kinds = [t.dtype for t in leaves(done.input)] + ([done.precision.dtype] if done.precision.enabled else [])
    return max(torch.finfo(kind).eps for kind in kinds)
