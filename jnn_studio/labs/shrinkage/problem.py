"""The data, the optimum in closed form, and what it is compared with. NumPy, float64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jnn_studio.labs.shrinkage.config import Reading, ShrinkageConfig

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ShrinkageProblem:
    """Clean data X and noisy data Y = X + σ·Z, both (D, N), with Y = UΣVᵀ.

    Attributes:
        clean_sigma: singular values of X, (k,), k = min(D, N), zeros included.
        left: U, (D, k).
        sigma: the diagonal of Σ, (k,), largest first.
        overlap: uᵀXv for each pair of singular vectors of Y, (k,): what errors of maps diagonal in U need.
        covariance: YYᵀ/N, (D, D): all that the loss sees of Y.
    """

    config: ShrinkageConfig
    clean: Floats
    noisy: Floats
    clean_sigma: Floats
    left: Floats
    sigma: Floats
    overlap: Floats
    covariance: Floats

    @property
    def samples(self) -> int:
        """N."""
        return self.noisy.shape[1]

    def relative_error(self, map_: Floats) -> float:
        """‖AY − X‖_F / ‖X‖_F for any A, (D, D)."""
        return float(np.linalg.norm(map_ @ self.noisy - self.clean) / np.linalg.norm(self.clean))

    def errors_of(self, values: Floats) -> Floats:
        """‖UΣ'Vᵀ − X‖_F / ‖X‖_F for singular values Σ' (…, k) in place of those of Y."""
        total = float(np.sum(self.clean_sigma**2))
        squared = np.sum(values**2 - 2 * values * self.overlap, axis=-1) + total
        return np.asarray(np.sqrt(np.maximum(squared, 0.0) / total))

    def map_of(self, gains: Floats) -> Floats:
        """A = U·diag(gains)·Uᵀ, (D, D)."""
        return np.asarray((self.left * gains) @ self.left.T)

    def singular_values_after(self, map_: Floats) -> Floats:
        """Singular values of AY, (k,), without a decomposition of N columns."""
        root = self.left * self.sigma
        return np.asarray(np.linalg.svd(map_ @ root, compute_uv=False), np.float64)


@dataclass(frozen=True)
class Denoised:
    """What one method leaves of the singular values (k,), and how far its result is from X, relative."""

    sigma: Floats
    error: float


def make_problem(config: ShrinkageConfig) -> ShrinkageProblem:
    """Draw X with the spectrum asked for, between Haar-random bases, and Y; repeatable from the seed."""
    rng = np.random.default_rng(config.seed)
    d, n, r = config.rows, config.samples, config.rank
    sigma = np.sqrt(n) * _spectrum(config)
    u, v = (np.linalg.qr(rng.standard_normal((size, r)))[0] for size in (d, n))
    clean = (u * sigma) @ v.T
    noisy = clean + config.sigma * rng.standard_normal((d, n))
    left, values, right = np.linalg.svd(noisy, full_matrices=False)
    clean_sigma = np.zeros(len(values))
    clean_sigma[:r] = sigma
    overlap = np.einsum("dk,dn,kn->k", left, clean, right, optimize=True)
    return ShrinkageProblem(config, clean, noisy, clean_sigma, left, values, overlap, noisy @ noisy.T / n)


def shrunk(sigma: Floats, eta: float | Floats, samples: int) -> Floats:
    """What the nuclear norm leaves of singular values: (σ² − Nη)₊/σ, zero up to the threshold √(Nη).

    ``eta`` may be an array that broadcasts against ``sigma``.
    """
    safe = np.where(sigma > 0, sigma, 1.0)
    return np.where(sigma > 0, np.maximum(sigma**2 - samples * np.asarray(eta), 0.0) / safe, 0.0)


def mode_gains(
    sigma: Floats, eta: float, samples: int, depth: int = 2, reading: Reading = "frobenius"
) -> Floats:
    """The diagonal Γ of A* = UΓUᵀ, (k,), each in [0, 1].

    For the nuclear norm (depth 2, or any depth with the reading that keeps it) Γ = max(0, 1 − Nη/σ²), the
    global optimum. With L > 2 squared Frobenius norms the penalty is η‖A‖^{2/L} of Schatten-2/L, and Γ is the
    optimum among maps that are diagonal in U: per direction min over a ≥ 0 of ½s(a − 1)² + η·a^{2/L}, where
    s = σ²/N.
    """
    power = sigma**2 / samples
    if depth == 2 or reading == "nuclear":
        safe = np.where(power > 0, power, 1.0)
        return np.where(power > 0, np.maximum(0.0, 1 - eta / safe), 0.0)
    return np.array([_scalar_optimum(float(s), eta, 2 / depth) for s in power])


def minimised_penalty(gains: Floats, depth: int, reading: Reading) -> float:
    """The least that the factors' penalties, η left out, can be for singular values ``gains`` of A."""
    exponent = 1.0 if reading == "nuclear" else 2 / depth
    return float(np.sum(gains**exponent))


def shrinkage_curves(problem: ShrinkageProblem, eta: float, sigma: Floats) -> Mapping[str, Floats]:
    """What becomes of any singular values ``sigma`` (k,), by the keys of `denoise_all`."""
    config = problem.config
    unit = config.sigma * np.sqrt(max(problem.noisy.shape))
    aspect = min(problem.noisy.shape) / max(problem.noisy.shape)
    return {
        "closed": shrunk(sigma, eta, problem.samples),
        "deep": sigma * mode_gains(sigma, eta, problem.samples, config.depth, config.reading),
        "hard": np.where(sigma > unit * hard_threshold(aspect), sigma, 0.0),
        "optimal": unit * optimal_shrinker(sigma / unit, aspect),
    }


def denoise_all(problem: ShrinkageProblem, eta: float) -> Mapping[str, Denoised]:
    """The closed form at ``eta`` and what it is compared with.

    Keys: "closed" (nuclear norm), "deep" (the problem's depth and reading), "truncated" (to the rank of X),
    "hard" and "optimal" (Gavish and Donoho's rules, which know σ_ε), "raw" (Y itself).
    """
    sigma, rank = problem.sigma, problem.config.rank
    kept = {
        **shrinkage_curves(problem, eta, sigma),
        "truncated": np.where(np.arange(len(sigma)) < rank, sigma, 0.0),
        "raw": sigma,
    }
    return {name: Denoised(values, float(problem.errors_of(values))) for name, values in kept.items()}


def error_curves(problem: ShrinkageProblem, etas: Floats) -> Floats:
    """‖A*Y − X‖_F/‖X‖_F of the closed form at each η of ``etas`` (m,): (m,)."""
    return problem.errors_of(shrunk(problem.sigma, etas[:, None], problem.samples))


def hard_threshold(aspect: float) -> float:
    """Gavish & Donoho 2014: below this many σ√n (n the longer side) a singular value is best dropped."""
    root = np.sqrt(aspect**2 + 14 * aspect + 1)
    return float(np.sqrt(2 * (aspect + 1) + 8 * aspect / (aspect + 1 + root)))


def optimal_shrinker(values: Floats, aspect: float) -> Floats:
    """Gavish & Donoho 2017, Frobenius loss: √((y² − β − 1)² − 4β)/y beyond the bulk edge 1 + √β, else 0."""
    beyond = values > 1 + np.sqrt(aspect)
    y = np.where(beyond, values, 2.0)
    inside = np.maximum((y**2 - aspect - 1) ** 2 - 4 * aspect, 0.0)
    return np.where(beyond, np.sqrt(inside) / y, 0.0)


def _spectrum(config: ShrinkageConfig) -> Floats:
    match config.spectrum:
        case "flat":
            return np.full(config.rank, config.largest)
        case "linear":
            return np.linspace(config.largest, config.smallest, config.rank)
        case "geometric":
            return np.geomspace(config.largest, config.smallest, config.rank)
        case "explicit":
            return np.sort(np.array(config.values))[::-1]


def _scalar_optimum(s: float, eta: float, p: float) -> float:
    """argmin over a in [0, 1] of ½s(a − 1)² + η·aᵖ, p < 1: Newton from 1, then compared with 0."""
    if s == 0 or eta == 0:
        return float(s > 0)
    a = 1.0
    for _ in range(100):
        slope = s * (a - 1) + eta * p * a ** (p - 1)
        bend = s + eta * p * (p - 1) * a ** (p - 2)
        if bend <= 0:
            return 0.0  # no stationary point to the right of here: falling all the way
        step = slope / bend
        a -= step
        if a <= 0:
            return 0.0
        if abs(step) < 1e-15:
            break
    return a if 0.5 * s * (a - 1) ** 2 + eta * a**p < 0.5 * s else 0.0
