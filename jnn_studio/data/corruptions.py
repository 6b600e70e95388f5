"""Common corruptions of images, mild to strong, always the same for the same images and seed.

After Hendrycks & Dietterich, "Benchmarking neural network robustness to common corruptions", ICLR 2019; drawn
here for small images, with strengths in fractions of the image's side where they are lengths.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from jnn_studio.data.decode import open_image

SEVERITIES = (1, 2, 3)
"""Mild, clear, strong."""

_NOISE = (0.04, 0.08, 0.16)
_BLUR = (0.02, 0.04, 0.08)
_BRIGHTNESS = (0.1, 0.2, 0.3)
_CONTRAST = (0.75, 0.5, 0.3)
_QUALITY = (40, 20, 8)
_SHIFT = (0.04, 0.08, 0.16)


def corrupt(images: Tensor, name: str, severity: int, seed: int = 0) -> Tensor:
    """Images (batch, channels, size, size) in [0, 1], corrupted.

    Raises:
        KeyError: there is no corruption of that name.
        ValueError: ``severity`` is not one of `SEVERITIES`.
    """
    if severity not in SEVERITIES:
        raise ValueError(f"severity must be one of {SEVERITIES}, got {severity}")
    changed = CORRUPTIONS[name](images.detach().cpu(), severity - 1, np.random.default_rng((seed, severity)))
    return changed.clamp(0, 1).to(images)


def _noise(images: Tensor, at: int, random: np.random.Generator) -> Tensor:
    """Gaussian noise."""
    return images + _NOISE[at] * torch.from_numpy(random.standard_normal(images.shape)).float()


def _blur(images: Tensor, at: int, random: np.random.Generator) -> Tensor:
    """A Gaussian blur."""
    # Imported here: it is slow to import, and seldom needed.
    from scipy.ndimage import gaussian_filter  # type: ignore[import-untyped]

    sigma = _BLUR[at] * images.shape[-1]
    return torch.from_numpy(gaussian_filter(images.numpy(), (0, 0, sigma, sigma), mode="nearest"))


def _brightness(images: Tensor, at: int, random: np.random.Generator) -> Tensor:
    """Every image brighter or darker as a whole."""
    return images + _BRIGHTNESS[at] * _signs(random, len(images))


def _contrast(images: Tensor, at: int, random: np.random.Generator) -> Tensor:
    """Nearer to the image's mean."""
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + _CONTRAST[at] * (images - mean)


def _jpeg(images: Tensor, at: int, random: np.random.Generator) -> Tensor:
    """Compressed as JPEG, and read again."""
    levels = images.mul(255).round().to(torch.uint8).movedim(1, -1).numpy()
    found = np.stack([_through_jpeg(one, _QUALITY[at]) for one in levels])
    return torch.from_numpy(found).movedim(-1, 1).float() / 255


def _through_jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    grey = pixels.shape[2] == 1
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if grey else pixels).save(file, "JPEG", quality=quality)
    with open_image(file, formats=("JPEG",)) as image:
        found = np.asarray(image)
    return found[..., None] if grey else found


def _shift(images: Tensor, at: int, random: np.random.Generator) -> Tensor:
    """Moved along a diagonal; what enters repeats the edge."""
    side = images.shape[-1]
    by = max(1, round(_SHIFT[at] * side))
    padded = functional.pad(images, (by, by, by, by), mode="replicate")
    moves = 2 * by * random.integers(0, 2, (len(images), 2))
    return torch.stack(
        [
            one[:, down : down + side, right : right + side]
            for one, (down, right) in zip(padded, moves, strict=True)
        ]
    )


def _signs(random: np.random.Generator, count: int) -> Tensor:
    return torch.from_numpy(np.where(random.random(count) < 0.5, -1.0, 1.0)).float().view(-1, 1, 1, 1)


CORRUPTIONS: Mapping[str, Callable[[Tensor, int, np.random.Generator], Tensor]] = {
    "noise": _noise,
    "blur": _blur,
    "brightness": _brightness,
    "contrast": _contrast,
    "jpeg": _jpeg,
    "shift": _shift,
}
"""All of them by name."""
