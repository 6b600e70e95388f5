"""Images as bytes to look at, and how much they differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from jnn_studio.base.atomic import replacing
from jnn_studio.data.deep_files import DEEP_WRITERS
from jnn_studio.data.errors import DataError
from jnn_studio.data.image_formats import format_to_write

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


def middle(height: float, width: float, wanted: tuple[int, int]) -> tuple[float, float, float, float]:
    """(top, left, height, width) of the largest part in the middle that has the proportions ``wanted``."""
    scale = min(height / wanted[0], width / wanted[1])
    high, wide = scale * wanted[0], scale * wanted[1]
    return (height - high) / 2, (width - wide) / 2, high, wide


def fitted(images: Tensor, height: int, width: int) -> Tensor:
    """The middle of images (batch, channels, …, …), scaled with antialiasing to (height, width)."""
    if images.shape[-2:] == (height, width):
        return images
    _, _, high, wide = middle(images.shape[-2], images.shape[-1], (height, width))
    part = centre(images, round(high), round(wide))
    if part.shape[-2:] == (height, width):
        return part
    return F.interpolate(part, (height, width), mode="bilinear", antialias=True)


def centre(images: Tensor, height: int, width: int) -> Tensor:
    """``height`` × ``width`` pixels in the middle of images (…, …, …), at least one."""
    height, width = max(height, 1), max(width, 1)
    top, left = (images.shape[-2] - height) // 2, (images.shape[-1] - width) // 2
    return images[..., top : top + height, left : left + width]


def thumbnail(image: np.ndarray, side: int) -> np.ndarray:
    """The middle square of uint8 (height, width, 3), scaled to ``side``."""
    if image.shape[:2] == (side, side):
        return image
    top, left, high, wide = middle(image.shape[0], image.shape[1], (1, 1))
    picture = Image.fromarray(np.ascontiguousarray(image))
    box = (left, top, left + wide, top + high)
    return np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR, box=box))


def psnr(reconstruction: Tensor, images: Tensor) -> float:
    """Mean over images of 10 log₁₀(1 / MSE) in dB, for images in [0, 1] and clipped reconstructions."""
    error = (reconstruction.clamp(0, 1) - images).square().flatten(1).mean(1).clamp_min(1e-12)
    return float(-10 * error.log10().mean())


def is_grey(pixels: np.ndarray) -> bool:
    """Whether pixels (height, width, 1 or 3) has no colour anywhere."""
    return bool((pixels[..., :-1] == pixels[..., 1:]).all())


def to_8_bits(values: np.ndarray) -> np.ndarray:
    """Values from 0 to 65,535 as the nearest of 0 to 255: uint8."""
    return ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def write_picture(
    pixels: np.ndarray, path: Path, make_folder: bool = True, profile: bytes | None = None
) -> None:
    """Write uint8 or uint16 (height, width, 1 or 3), atomically, as what the ending of ``path`` says.

    PNG, WebP, TIFF and BMP keep every pixel, JPEG is of high quality. What has no colour is written as grey.
    PNG and TIFF keep 16 bits, the others have 8. ``profile``: what the colours mean, an ICC profile.

    Raises:
        DataError: pictures are not written with this ending, or not of this size in its format.
        OSError: the folder cannot be written or the disk is full; ``path`` is then as it was.
    """
    kind = format_to_write(path)
    if max(pixels.shape[:2]) > kind.largest_side:
        raise DataError(
            f"{path}: a {kind.words} has at most {kind.largest_side} pixels a side, this picture "
            f"{max(pixels.shape[:2])}; give it another ending, such as .png"
        )
    pixels = pixels[..., :1] if is_grey(pixels) else pixels
    deep = pixels.dtype == np.uint16
    if deep and kind.key not in DEEP_WRITERS:
        pixels, deep = to_8_bits(pixels), False
    with replacing(path, make_folder=make_folder) as temporary:
        if deep:
            DEEP_WRITERS[kind.key](np.ascontiguousarray(pixels), temporary, profile)
            return
        image = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels))
        known = {} if profile is None or kind.key == "BMP" else {"icc_profile": profile}
        image.save(temporary, kind.key, **(kind.written or {}), **known)
