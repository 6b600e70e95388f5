"""Restoring a degraded image with colour total variation: the control of what a learnt prior adds.

Minimised is ½‖A x − y‖² + w Σ |∇x|, at every pixel the length of both differences of all channels together
(Rudin, Osher & Fatemi, 1992; Bresson & Chan, 2008, for colour), by the primal-dual splitting of Condat (2013)
and Vũ (2013): a step down the data term, a projection of the dual of the differences. The problem is convex:
where it ends depends on neither the start nor the steps.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from jnn_studio.labs.denoise.restoring.degradations import Degradation, passed, share_seen
from jnn_studio.labs.denoise.restoring.plug_and_play import ROUNDING, Iterate, iterate_of

WEIGHT, POWER, SHARE_POWER, PASSED_POWER = 2.0, 1.35, 0.45, 0.25
"""w = WEIGHT · σ^POWER · share^SHARE_POWER · (passed / share)^PASSED_POWER: see `weight_for`."""
INNER = 25
"""Iterations between two that are shown."""
MOST = 40
"""So many of those at most."""
SETTLED = 2e-4
"""It has ended once so many iterations change it by less than this, root mean square."""
_DIFFERENCES = 8.0
"""Square of the largest singular value of ∇ in the plane."""
_PRIMAL = 0.4


@torch.no_grad()
def restore_tv(
    degradation: Degradation,
    seen: Tensor,
    start: Tensor,
    noise: float,
    *,
    weight: float | None = None,
    clean: Tensor | None = None,
) -> Iterator[Iterate]:
    """The images on the way from ``start`` to the solution; every one `INNER` iterations after the last.

    Args:
        degradation: A, with a largest singular value of 1 or little more.
        seen: y (channels, height, width) in [-1, 1], with noise.
        start: the first guess.
        noise: σ of the noise in ``seen``; taken to be that of 8-bit rounding if smaller.
        weight: w; by default what fits photographs with this noise and A.
        clean: the truth, if it is known, to measure against.
    """
    w = weight_for(noise, degradation, start) if weight is None else weight
    largest = _largest(degradation, start)
    primal = _PRIMAL / largest
    dual = (1 / primal - largest / 2) / _DIFFERENCES
    x, q = start, start.new_zeros(2, *start.shape)
    yield iterate_of(0, MOST, degradation, seen, x, x, clean)
    for step in range(1, MOST + 1):
        before = x
        for _ in range(INNER):
            slope = degradation.adjoint(degradation.apply(x) - seen) + _adjoint_of_differences(q)
            new = x - primal * slope
            q = q + dual * _differences(2 * new - x)
            # One length for all channels: edges are where they are in all colours.
            length = q.square().sum((0, 1)).sqrt() / w
            q = q / length.clamp_min(1)
            x = new
        found = iterate_of(step, MOST, degradation, seen, x, before, clean)
        yield found
        if found.change < SETTLED:
            return


def weight_for(noise: float, degradation: Degradation, like: Tensor) -> float:
    """w for noise of this σ on A x, x of the shape of ``like``.

    The fewer values are seen, and the less of an image each of them has, the less may weigh what speaks
    against it. Chosen on photographs that nothing is measured on (``python -m benchmarks.restoring
    --weights``).
    """
    share = share_seen(degradation, like)
    weight = WEIGHT * max(noise, ROUNDING) ** POWER * share**SHARE_POWER
    return weight * (passed(degradation) / share) ** PASSED_POWER


def _largest(degradation: Degradation, like: Tensor) -> float:
    """Square of the largest singular value of A, a little above it, by power iteration."""
    x = torch.randn(like.shape, generator=torch.Generator().manual_seed(0), dtype=like.dtype)
    found = 1.0
    for _ in range(8):
        x = degradation.adjoint(degradation.apply(x))
        found = float(x.norm())
        x = x / max(found, 1e-12)
    return max(1.0, 1.1 * found)


def _differences(x: Tensor) -> Tensor:
    """∇x: (channels, height, width) → (2, channels, height, width); 0 across the border."""
    found = x.new_zeros(2, *x.shape)
    found[0, :, :-1] = x.diff(dim=1)
    found[1, :, :, :-1] = x.diff(dim=2)
    return found


def _adjoint_of_differences(q: Tensor) -> Tensor:
    """∇ᵀq: (2, channels, height, width) → (channels, height, width)."""
    down, across = q[0, :, :-1], q[1, :, :, :-1]
    found = q.new_zeros(q.shape[1:])
    found[:, :-1] -= down
    found[:, 1:] += down
    found[:, :, :-1] -= across
    found[:, :, 1:] += across
    return found
