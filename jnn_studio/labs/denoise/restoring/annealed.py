"""Restoring with a denoiser that is told σ: half-quadratic splitting whose σ falls from step to step.

In turn, x is what agrees with the data and with z, argmin ‖A x − y‖² + λ (σ/σ_k)² ‖∇(x − z)‖², and z is what
the denoiser makes of x, told σ_k. σ_k falls in equal ratios from a strong one, with which the denoiser can
fill in what is far from anything seen, to that of the noise, and what is found is the last z. This is DPIR
(Zhang, Li, Zuo, Zhang, Van Gool & Timofte, IEEE TPAMI 2022, arXiv 2008.13751), but for two things, both
measured on photographs that nothing else is measured on (``python -m benchmarks.restoring --strengths``):

* There x is drawn to z itself. Drawn to its *gradient* (see `Coupling`) what data say of the difference goes
  on to where they say nothing: half a decibel where most pixels are missing.
* λ goes by A and by the noise. Where few values are seen, or each has little of the image, what A lets
  through of the noise is amplified in x, in few frequencies or over many pixels; that is not the noise that
  the denoiser knows, and it takes it for texture.

Where the noise is weaker than the weakest the denoiser knows, σ_k ends there; the last z differs from the
data by about the denoiser's own error, which is more than the noise, and what is found is drawn back to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from jnn_studio.labs.denoise.restoring.degradations import Degradation, passed, share_seen
from jnn_studio.labs.denoise.restoring.plug_and_play import (
    ROUNDING,
    Coupling,
    Iterate,
    check_plan,
    data_step,
    iterate_of,
)

DenoiseAt = Callable[[Tensor, float], Tensor]
"""What a denoiser makes of an image (channels, height, width) when it is told σ."""

FIRST = 1.0
"""σ of the first step, for images in [-1, 1]; twice the noise's where that is more."""
WEIGHT, POWER, SHARE_POWER, EACH_POWER = 0.19, 0.75, -0.8, -0.6
"""λ = WEIGHT · σ^POWER · share^SHARE_POWER · (passed / share)^EACH_POWER at a strength of 1."""


def falling_sigmas(
    noise: float, known: tuple[float, float], steps: int, first: float = FIRST
) -> tuple[float, ...]:
    """σ of every step, in equal ratios, for data with ``noise`` and a denoiser that knows ``known``.

    >>> [round(sigma, 3) for sigma in falling_sigmas(0.25, (0.02, 2.0), 3)]
    [1.0, 0.5, 0.25]
    """
    least, largest = known
    last = min(max(noise, least), largest)
    first = min(max(first, 2 * noise, last), largest)
    if steps == 1:
        return (last,)
    return tuple(first * (last / first) ** (step / (steps - 1)) for step in range(steps))


def weight_for(noise: float, degradation: Degradation, like: Tensor) -> float:
    """λ for noise of this σ on A x, x of the shape of ``like``.

    By how many values are seen for each of the image, and by how much of it each of them has, as total
    variation's weight. Chosen on photographs that nothing is measured on (``python -m benchmarks.restoring
    --strengths``).
    """
    share = share_seen(degradation, like)
    seen = share**SHARE_POWER * (passed(degradation) / share) ** EACH_POWER
    return WEIGHT * noise**POWER * seen


@torch.no_grad()
def restore_annealed(
    degradation: Degradation,
    seen: Tensor,
    start: Tensor,
    denoise: DenoiseAt,
    known: tuple[float, float],
    *,
    noise: float = 0.0,
    strength: float = 1.0,
    steps: int = 12,
    first: float = FIRST,
    clean: Tensor | None = None,
) -> Iterator[Iterate]:
    """The images on the way from ``start`` to one that agrees with ``seen`` and that the denoiser leaves.

    Stop by no longer asking for the next.

    Args:
        degradation: A.
        seen: y (channels, height, width) in [-1, 1], with noise.
        start: the first guess.
        denoise: takes noise of the σ it is told out of an image.
        known: the least and the largest σ that it can be told.
        noise: σ of the noise in ``seen``; taken to be that of 8-bit rounding if smaller.
        strength: how much the denoiser counts against the data; 1 fits photographs.
        steps: how often it is asked.
        first: σ of the first step, or twice the noise's.
        clean: the truth, if it is known, to measure against.

    Raises:
        ValueError: ``strength`` is not positive, ``noise`` is negative, or ``steps`` < 1.

    Example:
        >>> from jnn_studio.labs.denoise.restoring.degradations import Blur, gaussian_kernel
        >>> blur, y = Blur(gaussian_kernel(1.0), (16, 16)), torch.zeros(3, 16, 16)
        >>> found = restore_annealed(blur, y, y, lambda x, sigma: x / (1 + sigma**2), (0.1, 2.0), steps=2)
        >>> [round(step.sigma, 2) for step in found]
        [nan, 1.0, 0.1]
    """
    check_plan(noise, strength, steps)
    noise = max(noise, ROUNDING)
    weight = strength * weight_for(noise, degradation, start)
    z = start
    yield iterate_of(0, steps, degradation, seen, z, z, clean)
    for step, sigma in enumerate(falling_sigmas(noise, known, steps, first), 1):
        x = data_step(degradation, seen, z, weight * (noise / sigma) ** 2, Coupling.GRADIENTS, z)
        before, z = z, denoise(x, sigma)
        found = z
        if step == steps and noise < sigma:
            found = data_step(degradation, seen, z, (noise / sigma) ** 2, Coupling.VALUES, z)
        yield iterate_of(step, steps, degradation, seen, found, before, clean, sigma=sigma, asked=x)
