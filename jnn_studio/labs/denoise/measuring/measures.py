"""How close an image came to the clean one, by measures whose convention is always named."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor

SSIM_WINDOW = 7
"""Side of the window structural similarity is computed in: skimage's own choice."""

_ROWS = 1024
"""Rows that structural similarity is computed of at once, which bounds its memory."""

SIGNED, UNIT = (-1.0, 1.0), (0.0, 1.0)
"""What black and white are: in the networks' scale, and as the paper's CBSD68 images were loaded."""


@dataclass(frozen=True)
class Convention:
    """One way to measure: what it is called beside a value, in short, and in a sentence."""

    label: str
    text: str


CONVENTIONS = {
    "psnr_paper": Convention(
        "PSNR (paper's)",
        "Peak: the range of this clean image and 0 (torchmetrics' PeakSignalNoiseRatio with data_range=None, "
        "whose minimum and maximum start at 0): in [0, 1] the image's maximum. The estimate is taken as it "
        "is, not cut to the range of images. dB.",
    ),
    "psnr_plain": Convention(
        "PSNR (plain)",
        "Peak: the whole range from black to white (2 for images in [-1, 1], 1 in [0, 1]). "
        "The estimate is first cut to that range. dB.",
    ),
    "ssim": Convention(
        "SSIM",
        "Mean structural similarity in windows of 7×7 (scikit-image), averaged over the channels; range and "
        "cut as for the plain PSNR. 1 is the clean image itself.",
    ),
}
"""What stands beside values, by the field of `Quality`."""


@dataclass(frozen=True)
class Quality:
    """How close an image came to the clean one; each field's convention is in `CONVENTIONS`.

    Attributes:
        psnr_paper: dB; ``nan`` where the clean image is 0 everywhere and has no peak, infinite for the clean
            image itself.
        psnr_plain: dB; infinite for the clean image itself.
        ssim: at most 1; None where the image is smaller than the window.
    """

    psnr_paper: float
    psnr_plain: float
    ssim: float | None


def decibels(value: float) -> str:
    """A PSNR as people read it: some images have none, and the clean image itself has no error."""
    return "undefined" if math.isnan(value) else "∞ dB" if math.isinf(value) else f"{value:.2f} dB"


def quality(image: Tensor, clean: Tensor, black_white: tuple[float, float] = SIGNED) -> Quality:
    """How close ``image`` comes to ``clean``, both (channels, height, width) with ``black_white`` as range.

    Raises:
        ValueError: their shapes differ.
    """
    if image.shape != clean.shape:
        raise ValueError(f"an image of {tuple(image.shape)} cannot be compared with {tuple(clean.shape)}")
    black, white = black_white
    estimate, target = (tensor.detach().to("cpu").float().numpy() for tensor in (image, clean))
    cut = estimate.clip(black, white)
    own = max(0.0, float(target.max())) - min(0.0, float(target.min()))
    paper = _psnr(estimate, target, own) if own > 0 else math.nan
    return Quality(paper, _psnr(cut, target, white - black), _ssim(cut, target, white - black))


def _psnr(estimate: np.ndarray, target: np.ndarray, peak: float) -> float:
    error = float(np.mean(np.square(estimate - target), dtype=np.float64))
    return 20 * math.log10(peak) - 10 * math.log10(error) if error > 0 else math.inf


def _ssim(estimate: np.ndarray, target: np.ndarray, peak: float) -> float | None:
    """The mean over windows, in strips that overlap by what a window needs: that of the whole image."""
    from skimage.metrics import structural_similarity  # takes a second to import

    height = estimate.shape[1]
    if min(estimate.shape[1:]) < SSIM_WINDOW:
        return None
    total = 0.0
    windows = height - SSIM_WINDOW + 1
    for top in range(0, windows, _ROWS):
        rows = slice(top, min(top + _ROWS, windows) + SSIM_WINDOW - 1)
        found = structural_similarity(
            target[:, rows], estimate[:, rows], win_size=SSIM_WINDOW, data_range=peak, channel_axis=0
        )
        total += float(found) * (rows.stop - rows.start - SSIM_WINDOW + 1)
    return total / windows
