"""The signed difference of two images as a picture: where it became lighter, and where darker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from jnn_studio.data.pixels import LUMINANCE

Ground = Literal["light", "dark"]
"""The neutral colour of no change: white or black, as the theme is."""

MIN_SCALE = 0.02
"""The smallest full scale: rounding of 8-bit pixels stays faint instead of filling the picture."""

# Blue for darker and orange for lighter stay apart for every kind of dichromacy, and in greys each end
# leaves the ground equally far behind.
_ENDS: dict[Ground, tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]] = {
    "light": ((20, 92, 190), (255, 255, 255), (168, 64, 0)),
    "dark": ((86, 180, 255), (0, 0, 0), (255, 150, 50)),
}


@dataclass(frozen=True)
class Difference:
    """A difference image.

    Attributes:
        image: uint8 (height, width, 3): blue where it became darker, orange where lighter.
        scale: the change of luminance, in units of the full range, at which the colours are full.
        largest: the largest change of luminance there is.
    """

    image: np.ndarray
    scale: float
    largest: float

    @property
    def caption(self) -> str:
        """The scale for the line below the picture: "±0.12"."""
        return f"±{self.scale:.2f}"


def difference(
    base: np.ndarray, moved: np.ndarray, ground: Ground = "light", scale: float | None = None
) -> Difference:
    """Picture of ``moved`` − ``base`` in `LUMINANCE`.

    Args:
        base, moved: uint8 (height, width, 3) or (height, width).
        scale: full scale in (0, 1]; by default the largest change, at least `MIN_SCALE`. Give several
            pictures the same to compare them.

    Raises:
        ValueError: the images differ in shape, or ``scale`` is not positive.
    """
    if base.shape != moved.shape or base.ndim not in (2, 3):
        raise ValueError(f"two images of one shape are compared; got {base.shape} and {moved.shape}")
    if scale is not None and not scale > 0:
        raise ValueError(f"scale must be positive, got {scale}")
    change = _luminance(moved) - _luminance(base)
    largest = float(np.abs(change).max(initial=0))
    full = max(largest, MIN_SCALE) if scale is None else scale
    return Difference(_colours(np.clip(change / full, -1, 1), ground), full, largest)


def _luminance(image: np.ndarray) -> np.ndarray:
    values = image.astype(np.float32) / 255
    return values if image.ndim == 2 else values[..., :3] @ np.array(LUMINANCE, np.float32)


def _colours(change: np.ndarray, ground: Ground) -> np.ndarray:
    """Straight from the ground to either end, for ``change`` in [-1, 1]."""
    darker, none, lighter = (np.array(colour, np.float32) for colour in _ENDS[ground])
    amount = np.abs(change)[..., None].astype(np.float32)
    end = np.where(change[..., None] < 0, darker, lighter)
    return np.rint(none + amount * (end - none)).astype(np.uint8)
