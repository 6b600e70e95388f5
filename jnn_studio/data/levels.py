"""One picture at all the sizes it may be looked at."""

from __future__ import annotations

import numpy as np
from PIL import Image

SMALLEST = 256
"""A picture is halved no further once its shorter side is below this."""

Levels = tuple[np.ndarray, ...]
"""uint8 (h, w, 3), contiguous; each about half as wide and high as the one before."""


def levels_of(pixels: np.ndarray) -> Levels:
    """``pixels``, uint8 (h, w, 3) or grey (h, w, 1), itself and its halvings by averages over 2 × 2 pixels.

    Scaling down a large photograph anew at every movement of the mouse would take too long.
    """
    found = [np.ascontiguousarray(pixels if pixels.shape[2] == 3 else pixels.repeat(3, axis=2))]
    image = Image.fromarray(found[0])
    while min(image.size) >= 2 * SMALLEST:
        image = image.reduce(2)
        found.append(np.asarray(image))
    return tuple(found)
