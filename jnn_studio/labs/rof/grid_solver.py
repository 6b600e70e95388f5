"""Rudin–Osher–Fatemi on a grid, solved until a duality gap says that it is solved.

min over u of P(u) = ½‖u − τ‖² + w Σ|∇u|, isotropic total variation by forward differences, free boundary.
By Fenchel's duality P(u) ≥ D(p) = ½‖τ‖² − ½‖τ − ∇ᵀp‖² for every field p with |p| ≤ w, and P is strongly
convex: at a gap P(u) − D(p) = g the solution lies within ‖u − u*‖² ≤ 2g. Nothing else tells how far one is:
flat regions settle slowly, and slow looks like done.

The alternating direction method of multipliers (Goldstein & Osher's split Bregman, 2009): its step for u is a
Poisson equation, which a cosine transform solves at once across the whole grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import dctn, idctn  # type: ignore[import-untyped]

from jnn_studio.base.watch import Watch

Floats = npt.NDArray[np.float64]
MOST = 4000
"""Iterations after which it ends in any case; what is then left is in `GridSolved.error`."""
EVERY = 20
"""Iterations between two looks at the gap."""
COUPLING = 30.0
"""ρ / w: how strongly ∇u is drawn to its copy."""
RELAXED = 1.7
"""How far beyond its own step each goes."""


@dataclass(frozen=True)
class GridSolved:
    """The solution on a grid.

    Attributes:
        values: like τ.
        error: root mean square distance to the solution on this grid, at most.
        field: (axes, …) p / w, to begin with on a finer grid or at a problem near by.
    """

    values: Floats
    error: float
    field: Floats


def finer(field: Floats, factor: int) -> Floats:
    """A field on a grid ``factor`` times as fine."""
    for axis in range(1, field.ndim):
        field = np.repeat(field, factor, axis)
    return field


def mirrored(field: Floats) -> Floats:
    """The field of the mirror image, left for right, of a problem in the plane."""
    found = field[:, :, ::-1].copy()
    # Differences to the right neighbour are now to the left one, with the other sign.
    found[1] = -np.roll(found[1], -1, axis=1)
    return found


def solve(
    tau: Floats, weight: float, error: float, start: Floats | None = None, watch: Watch | None = None
) -> GridSolved:
    """The solution for τ (cells,) or (cells, cells), to an ``error`` of at most this where `MOST` allows.

    ``start``: the ``field`` of a problem near by.

    Raises:
        Cancelled: ``watch`` said so.
    """
    watch = watch or Watch()
    rho = COUPLING * weight
    symbol = 1.0 + rho * _spectrum(tau.shape)
    copy = np.zeros((tau.ndim, *tau.shape))
    multiplier = np.zeros_like(copy) if start is None else start / COUPLING  # p / ρ, within the ball of w / ρ
    u, found = tau, GridSolved(tau, np.inf, copy)
    for step in range(1, MOST + 1):
        right = tau + rho * _adjoint(copy - multiplier)
        u = idctn(dctn(right, norm="ortho") / symbol, norm="ortho")
        pushed = RELAXED * _gradient(u) + (1 - RELAXED) * copy + multiplier
        length = np.sqrt(np.square(pushed).sum(0))
        multiplier = pushed / np.maximum(1.0, length * (rho / weight))
        copy = pushed - multiplier
        if step % EVERY == 0:
            watch.check()
            found = _judged(tau, weight, u, rho * multiplier)
            if found.error <= error:
                break
    return found


def _judged(tau: Floats, weight: float, u: Floats, p: Floats) -> GridSolved:
    """The better of two candidates, u itself and what the dual p says, with the bound of its gap."""
    dual = tau - _adjoint(p)
    bound = 0.5 * float(np.square(tau).sum() - np.square(dual).sum())

    def primal(v: Floats) -> float:
        edges = np.sqrt(np.square(_gradient(v)).sum(0)).sum()
        return 0.5 * float(np.square(v - tau).sum()) + weight * float(edges)

    best = min((u, dual), key=primal)
    gap = max(0.0, primal(best) - bound)
    return GridSolved(best, (2 * gap / tau.size) ** 0.5, p / weight)


def _gradient(u: Floats) -> Floats:
    """(axes, …): differences to the next cell, 0 across the border."""
    found = np.zeros((u.ndim, *u.shape))
    for axis in range(u.ndim):
        inside = tuple(slice(0, -1) if k == axis else slice(None) for k in range(u.ndim))
        found[axis][inside] = np.diff(u, axis=axis)
    return found


def _adjoint(p: Floats) -> Floats:
    """∇ᵀp."""
    found = np.zeros(p.shape[1:])
    for axis in range(len(p)):
        low = tuple(slice(0, -1) if k == axis else slice(None) for k in range(len(p)))
        high = tuple(slice(1, None) if k == axis else slice(None) for k in range(len(p)))
        found[low] -= p[axis][low]
        found[high] += p[axis][low]
    return found


def _spectrum(shape: tuple[int, ...]) -> Floats:
    """Eigenvalues of ∇ᵀ∇ by the indices of the cosine transform."""
    found = np.zeros(shape)
    for axis, count in enumerate(shape):
        values = 2 - 2 * np.cos(np.pi * np.arange(count) / count)
        found += values.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return found
