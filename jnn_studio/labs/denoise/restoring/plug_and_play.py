"""Restoring a degraded image with a learnt denoiser as all that is known of images, one that knows one σ.

Half-quadratic splitting (Geman & Yang, 1995) with a denoiser in the place of the prior's step, which is
"plug and play" (Venkatakrishnan, Bouman & Wohlberg, 2013): in turn, z is what the denoiser makes of x, and x
is what agrees with the data and with z.

Such a denoiser takes what it is given for an image with that much noise; one that is told σ is used by
`labs.denoise.restoring.annealed`. Two things follow, and both are done here:

* They are asked about x + σε with fresh ε at every step, never about x itself, which has no such noise, and z
  is the mean of the answers. x − E D(x + σε) is σ² times the gradient of x ↦ −E log p_σ(x + σε), p_σ being
  the density of noisy images, by Tweedie's formula: the stochastic regularisation of Renaud et al. (SNORE,
  ICML 2024). Scaling image and answer instead, D(μx)/μ, to reach other noise levels works only where images
  of any contrast are equally likely; networks trained on [-1, 1] are far off for μ > 1.
* z has lost the detail that drowns in noise of σ. So x is not drawn to z itself: its *gradient* is drawn to
  z's, ‖∇(x − z)‖². What data say of the difference is then continued smoothly to where they say nothing.
  `Coupling.VALUES`, ‖x − z‖², is the textbook's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor

from jnn_studio.data.pixels import psnr
from jnn_studio.labs.denoise.restoring.degradations import Degradation

ROUNDING = 2 / 255 / math.sqrt(12)
"""σ, for images in [-1, 1], of rounding to 8 bits: no photograph is known better."""
MISSED = 0.06
"""Mean square of x − z, and of its gradient, that is expected; the strength of 1 stands for it."""
DECAY = 0.7
"""The k-th answer enters the mean with weight k^-DECAY: the sum diverges, the sum of squares does not."""
CG_STEPS, CG_TOLERANCE = 50, 1e-3
ANCHOR = 1e-3
"""Share of ‖x − z‖² beside ‖∇(x − z)‖², which alone leaves the mean free where data say nothing."""


class Coupling(Enum):
    """In what x is drawn to z."""

    GRADIENTS = "gradients"
    VALUES = "values"


@dataclass(frozen=True)
class Iterate:
    """Where a restoration stands.

    Attributes:
        step: 0 for the first guess.
        steps: how many there will be.
        image: x (channels, height, width).
        misfit: root mean square of A x − y over the values of the image; near σ of the noise at the end.
        change: root mean square of what the step changed; NaN for the first guess.
        psnr: the plain one in dB; None where no clean image is known.
        sigma: σ that the denoiser was asked about; NaN for the first guess, and where none is asked.
        asked: what it was asked about (channels, height, width); None likewise.
    """

    step: int
    steps: int
    image: Tensor
    misfit: float
    change: float
    psnr: float | None
    sigma: float = math.nan
    asked: Tensor | None = None


Denoise = Callable[[Tensor], Tensor]
"""What a denoiser makes of an image (channels, height, width)."""


@torch.no_grad()
def restore(
    degradation: Degradation,
    seen: Tensor,
    start: Tensor,
    denoise: Denoise,
    sigma: float,
    *,
    noise: float = 0.0,
    strength: float = 1.0,
    steps: int = 20,
    coupling: Coupling = Coupling.GRADIENTS,
    seed: int = 0,
    clean: Tensor | None = None,
) -> Iterator[Iterate]:
    """The images on the way from ``start`` to an x with A x ≈ ``seen`` that the denoiser finds likely.

    Each step solves for the x that minimises ‖A x − y‖² / noise² + strength · ‖∇(x − z)‖² / 0.06 (or
    ‖x − z‖², see `Coupling`) by conjugate gradients. Stop by no longer asking for the next.

    Args:
        degradation: A.
        seen: y (channels, height, width) in [-1, 1], with noise.
        start: the first guess.
        denoise: takes noise of ``sigma`` out of an image.
        sigma: σ that it was trained for, for images in [-1, 1].
        noise: σ of the noise in ``seen``; taken to be that of 8-bit rounding if smaller.
        strength: how much z counts against the data; 1 fits photographs.
        steps: how often the denoiser is asked.
        coupling: in what x is drawn to z.
        seed: of ε; the result is reproducible.
        clean: the truth, if it is known, to measure against.

    Raises:
        ValueError: ``sigma`` or ``strength`` is not positive, ``noise`` is negative, or ``steps`` < 1.

    Example:
        >>> from jnn_studio.labs.denoise.restoring.degradations import Blur, gaussian_kernel
        >>> blur, y = Blur(gaussian_kernel(1.0), (16, 16)), torch.zeros(3, 16, 16)
        >>> [found.step for found in restore(blur, y, y, lambda x: 0.9 * x, 0.5, steps=2)]
        [0, 1, 2]
    """
    if not sigma > 0:
        raise ValueError(f"sigma must be positive, got {sigma}")
    check_plan(noise, strength, steps)
    weight = strength * max(noise, ROUNDING) ** 2 / MISSED
    generator = torch.Generator().manual_seed(seed)
    x, z = start, start
    yield iterate_of(0, steps, degradation, seen, x, x, clean)
    for step in range(1, steps + 1):
        drawn = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        asked = x + sigma * drawn
        z = z + step**-DECAY * (denoise(asked) - z)
        before, x = x, data_step(degradation, seen, z, weight, coupling, x)
        yield iterate_of(step, steps, degradation, seen, x, before, clean, sigma=sigma, asked=asked)


def check_plan(noise: float, strength: float, steps: int) -> None:
    """Raise ValueError where no restoration can go by these."""
    if not strength > 0:
        raise ValueError(f"strength must be positive, got {strength}")
    if not noise >= 0 or steps < 1:
        raise ValueError(f"noise must be 0 or more and steps at least 1, got {noise} and {steps}")


@torch.no_grad()
def data_step(
    degradation: Degradation,
    seen: Tensor,
    near: Tensor,
    weight: float,
    coupling: Coupling,
    start: Tensor,
    *,
    tolerance: float = CG_TOLERANCE,
    most: int = CG_STEPS,
) -> Tensor:
    """The x that minimises ‖A x − seen‖² + weight · ‖L(x − near)‖², L being ∇ or the identity.

    By conjugate gradients from ``start``, until the residual is ``tolerance`` of what it was, or ``most``
    steps: where pixels are missing or shrunk and L is the identity two will do, the diagonal being the matrix
    there, or A Aᵀ a multiple of the identity.
    """

    def coupled(x: Tensor) -> Tensor:
        if coupling is Coupling.VALUES:
            return weight * x
        return weight * (laplacian(x) + ANCHOR * x)

    right = degradation.adjoint(seen) + coupled(near)
    # Where pixels are missing all that is left is ``weight``, a millionth of the rest at times.
    inner = 4 + ANCHOR if coupling is Coupling.GRADIENTS else 1.0
    scale = 1 / (degradation.diagonal().to(start.dtype) + inner * weight)
    return _conjugate_gradients(
        lambda x: degradation.adjoint(degradation.apply(x)) + coupled(x), right, start, scale, tolerance, most
    )


def laplacian(x: Tensor) -> Tensor:
    """∇ᵀ∇ x for images (…, height, width): differences of neighbours, none across the border."""
    found = torch.zeros_like(x)
    down, across = x.diff(dim=-2), x.diff(dim=-1)
    found[..., 1:, :] += down
    found[..., :-1, :] -= down
    found[..., :, 1:] += across
    found[..., :, :-1] -= across
    return found


def iterate_of(
    step: int,
    steps: int,
    degradation: Degradation,
    seen: Tensor,
    x: Tensor,
    before: Tensor,
    clean: Tensor | None,
    *,
    sigma: float = math.nan,
    asked: Tensor | None = None,
) -> Iterate:
    """Where a restoration stands at ``x``, after ``before``."""
    misfit = float((degradation.apply(x) - seen).square().mean().sqrt())
    change = float((x - before).square().mean().sqrt()) if step else math.nan
    quality = None if clean is None else psnr(((x + 1) / 2)[None], ((clean + 1) / 2)[None])
    return Iterate(step, steps, x, misfit, change, quality, sigma, asked)


def _conjugate_gradients(
    matrix: Callable[[Tensor], Tensor],
    right: Tensor,
    start: Tensor,
    scale: Tensor,
    tolerance: float,
    most: int,
) -> Tensor:
    """The solution of a symmetric positive definite system; ``scale``: one over about its diagonal."""
    x = start
    residual = right - matrix(x)
    direction = scale * residual
    square = (residual * direction).sum()
    enough = tolerance**2 * square
    for _ in range(most):
        if square <= enough:
            break
        image = matrix(direction)
        length = square / (direction * image).sum()
        x = x + length * direction
        residual = residual - length * image
        scaled = scale * residual
        before, square = square, (residual * scaled).sum()
        direction = scaled + (square / before) * direction
    return x
