"""Why a denoiser denoises: the singular values and vectors of its Jacobian at a noisy crop."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.jacobian import JacobianOperator, krylov_svd
from jnn_studio.models.denoiser import STRIDE
from jnn_studio.models.denoising_model import DenoisingModel

CONVERGED = 0.05
"""Largest residual, relative to a singular value itself, at which it counts as found."""
MAX_BLOCKS = 20
"""Portions of products with J and Jᵀ after which the search ends in any case."""


@dataclass(frozen=True)
class Crop:
    """A square of an image, in pixels; ``side`` is a multiple of `STRIDE`."""

    top: int
    left: int
    side: int

    def __post_init__(self) -> None:
        if self.side < STRIDE or self.side % STRIDE:
            raise ValueError(f"side must be a positive multiple of {STRIDE}, got {self.side}")
        if self.top < 0 or self.left < 0:
            raise ValueError(f"top and left must be 0 or more, got {self.top} and {self.left}")

    def of(self, image: Tensor) -> Tensor:
        """Its part of ``image`` (…, height, width), as a view.

        Raises:
            ValueError: it reaches beyond the image.
        """
        height, width = image.shape[-2:]
        if self.top + self.side > height or self.left + self.side > width:
            raise ValueError(
                f"the crop of {self.side} × {self.side} at ({self.top}, {self.left}) reaches beyond the "
                f"image of {height} × {width}"
            )
        return image[..., self.top : self.top + self.side, self.left : self.left + self.side]


@dataclass(frozen=True)
class CropSpectrum:
    """Leading singular triplets of a denoiser's Jacobian.

    Attributes:
        sigma: singular values (k,), descending.
        right: right singular vectors (k, channels, side, side): what of the noisy crop is kept …
        left: left singular vectors (k, channels, side, side): … and what it becomes, σ times as large.
        residual: largest √(‖J v − σ u‖² + ‖Jᵀ u − σ v‖²), relative to σ₁.
        crop: where it was looked at.
        converged: so many of the first are found: their own residual is at most `CONVERGED` of themselves.
            Those after them are known to be at least as large as they are said to be, and may be larger.
    """

    sigma: Tensor
    right: Tensor
    left: Tensor
    residual: float
    crop: Crop
    converged: int


@torch.no_grad()
def denoiser_spectrum(
    denoiser: DenoisingModel,
    noisy: Tensor,
    crop: Crop,
    k: int,
    *,
    tolerance: float = 1e-3,
    watch: Watch | None = None,
) -> CropSpectrum:
    """The ``k`` leading singular triplets of the Jacobian of ``denoiser`` at a crop of a noisy image.

    The map looked at is the denoiser of that crop alone, ℝ^(channels·side²) → ℝ^(channels·side²), and no
    entry of its Jacobian is ever formed: the cost is that of a few dozen passes for each triplet
    (`krylov_svd`). The random start is the same at every call, and so is the result.

    Args:
        denoiser: in evaluation mode, of the precision of ``noisy``.
        noisy: image (channels, height, width) in [-1, 1] and beyond, where noise took it; a grey one may have
            one channel whatever the denoiser's.
        crop: inside the image.
        k: at most channels · side².
        tolerance: largest residual relative to σ₁ at which the search ends early.
        watch: hears of portions of the work, of `MAX_BLOCKS` at most, and is asked before every one.

    Raises:
        Cancelled: ``watch`` said so.
        ValueError: the crop does not fit, or ``k`` is out of range.

    Example:
        >>> from jnn_studio.models.config import DenoiserConfig
        >>> from jnn_studio.models.denoiser import build
        >>> f = build(DenoiserConfig(widths=(4, 8, 8, 8)), seed=0)
        >>> denoiser_spectrum(f, torch.zeros(3, 16, 24), Crop(0, 8, 16), k=4).right.shape
        torch.Size([4, 3, 16, 16])
    """
    x = crop.of(noisy)[None]
    if len(noisy) == 1:  # grey is what has all channels alike
        x = x.expand(-1, denoiser.config.channels, -1, -1)
    x = x.contiguous(memory_format=torch.channels_last)
    # A random start of each call's own: threads do not disturb each other.
    generator = torch.Generator(x.device).manual_seed(0)
    watched = _Watched(denoiser, x, watch or Watch())
    found = krylov_svd(watched, k, tolerance=tolerance, max_blocks=MAX_BLOCKS, generator=generator)
    shape = (-1, *x.shape[1:])
    rough = found.residuals[0] > CONVERGED * found.sigma[0]
    return CropSpectrum(
        found.sigma[0],
        found.vh[0].reshape(shape),
        found.u[0].mT.reshape(shape),
        found.residual,
        crop,
        int(rough.int().argmax()) if bool(rough.any()) else len(rough),
    )


class _Watched(JacobianOperator):
    """The operator, which counts its portions of work and ends when asked to."""

    def __init__(self, f: DenoisingModel, x: Tensor, watch: Watch) -> None:
        self._watch, self._done = watch, 0
        watch.check()
        super().__init__(f, x)

    def push(self, v: Tensor) -> Tensor:
        self._watch.check()
        return super().push(v)

    def pull(self, u: Tensor) -> Tensor:
        self._watch.check()
        pulled = super().pull(u)
        self._watch.step(self._done, MAX_BLOCKS)
        self._done += 1
        return pulled
