"""A picture on show as it is to be kept: in the photograph's own size and depth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from jnn_studio.app.workspaces.denoise.entries import CLEAN, NOISY
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.labs.denoise.noisy.noise import to_pixels


def picture_to_keep(desk: PhotoDesk, key: str) -> Callable[[], np.ndarray] | None:
    """What makes that of `CLEAN`, `NOISY` or a method, off the main thread; None where there is nothing."""
    photo, noisy, result = desk.photo, desk.noisy, desk.results.get(key)
    levels = desk.levels.get(key, ())
    if photo is None or not levels:
        return None
    if photo.depth == 16 and noisy is not None:
        if key == CLEAN:
            return lambda: photo.channels
        if key == NOISY:
            return lambda: to_pixels(noisy, 16)
        if result is not None:
            return lambda: to_pixels(result.image(noisy), 16)
    return lambda: levels[0]
