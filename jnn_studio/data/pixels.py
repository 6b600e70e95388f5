"""Images as bytes to look at, and how much they differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from jnn_studio.base.atomic import replacing

LUMINANCE = (0.299, 0.587, 0.114)
"""What red, green and blue weigh in grey (Rec. 601, of the gamma-encoded values)."""


def to_uint8(images: Tensor) -> np.ndarray:
    """(…, channels, height, width) in [0, 1] → contiguous uint8 (…, height, width, 3).

    Values beyond [0, 1] are clipped; grey is repeated.
    """
    array = images.clamp(0, 1).mul(255).round().to(torch.uint8).movedim(-3, -1).cpu().numpy()
    return np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:-1], 3)))


def to_grey(images: Tensor) -> Tensor:
    """Luminance: (batch, 3, height, width) → (batch, 1, height, width). Linear, as derivatives need."""
    return (images * images.new_tensor(LUMINANCE).view(3, 1, 1)).sum(1, keepdim=True)


def psnr(reconstruction: Tensor, images: Tensor) -> float:
    """Mean over images of 10 log₁₀(1 / MSE) in dB, for images in [0, 1] and clipped reconstructions."""
    error = (reconstruction.clamp(0, 1) - images).square().flatten(1).mean(1).clamp_min(1e-12)
    return float(-10 * error.log10().mean())


def write_png(pixels: np.ndarray, path: Path) -> None:
    """Write uint8 (height, width, 3) as a PNG, atomically.

    Raises:
        OSError: the folder cannot be written or the disk is full; ``path`` is then as it was.
    """
    with replacing(path) as temporary:
        Image.fromarray(pixels).save(temporary, "PNG")
