"""The paper's Figure 4 for any photograph: clean, noisy, and what every method makes of it, side by side.

Scarvelis & Solomon, NeurIPS 2024: BM3D, theirs, Noise2Noise and the supervised denoiser, in this order here.
`figure4_file` draws it; who only asks what is in it loads nothing that draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image
from torch import Tensor

from jnn_studio.labs.denoise.denoisers.methods import BM3D, METHODS, NOISE2NOISE, PENALISED, SUPERVISED
from jnn_studio.labs.denoise.measuring.measures import Quality, quality
from jnn_studio.labs.denoise.noisy.noise import to_pixels

RESULTS = (BM3D, PENALISED, NOISE2NOISE, SUPERVISED)
"""The methods it shows, in the paper's order."""
SIDE = 256
"""Of the square that the paper shows, in pixels."""
ENDINGS = (".png", ".svg", ".pdf")
LARGEST = 1024
"""Pixels of a picture's longer side, at most."""


@dataclass(frozen=True)
class Panel:
    """A picture, uint8 (h, w, 1 or 3), what stands above it, and how near it is to the clean one."""

    title: str
    pixels: np.ndarray
    quality: Quality | None = None


@dataclass(frozen=True)
class Part:
    """A rectangle of a photograph, in its pixels."""

    top: int
    left: int
    height: int
    width: int

    def of(self, image: Tensor) -> Tensor:
        """What of ``image`` (channels, height, width) lies in it."""
        return image[:, self.top : self.top + self.height, self.left : self.left + self.width]


def centre_part(size: tuple[int, int], side: int = SIDE) -> Part:
    """The centre square of a photograph of this height and width, or as much of it as there is."""
    height, width = (min(side, length) for length in size)
    return Part((size[0] - height) // 2, (size[1] - width) // 2, height, width)


def panels_of(
    noisy: Tensor, clean: Tensor | None, results: Mapping[str, Tensor], part: Part
) -> tuple[Panel, ...]:
    """What to write: images (1 or 3, h, w) in [-1, 1], by method; PSNR is that of the part."""
    shown: list[tuple[str, Tensor]] = [] if clean is None else [("Clean", clean)]
    shown.append(("Noisy", noisy))
    shown += [(METHODS[key].label, results[key]) for key in RESULTS if key in results]
    target = None if clean is None else part.of(clean)
    found = []
    for title, image in shown:
        own = part.of(image)
        near = None if target is None or image is clean else quality(own, target)
        found.append(Panel(title, _reduced(to_pixels(own)), near))
    return tuple(found)


def _reduced(pixels: np.ndarray) -> np.ndarray:
    """``pixels`` by averages over squares, where they are more than is drawn."""
    factor = math.ceil(max(pixels.shape[:2]) / LARGEST)
    if factor == 1:
        return pixels
    image = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0]).reduce(factor)
    return np.asarray(image).reshape(image.height, image.width, -1)
