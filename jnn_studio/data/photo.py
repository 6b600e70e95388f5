"""One photograph at its own size, as a person opens it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from jnn_studio.base.text import printable
from jnn_studio.data.decode import decode_path, decode_whole
from jnn_studio.data.pixels import is_grey

MAX_PHOTO_PIXELS = 64_000_000
"""Beside a photograph there are its noisy copy and a result of every method, all of its size."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph.

    Attributes:
        name: of its file, to be shown.
        pixels: uint8 (height, width, 3).
    """

    name: str
    pixels: np.ndarray

    @cached_property
    def channels(self) -> np.ndarray:
        """What is to be worked on: see `own_channels`."""
        return own_channels(self.pixels)


def own_channels(pixels: np.ndarray) -> np.ndarray:
    """uint8 (height, width, 3) as it is, or (height, width, 1) where there is no colour.

    Noise is drawn, and taken away, for each channel by itself: three alike would come out coloured.
    """
    return np.ascontiguousarray(pixels[..., :1]) if is_grey(pixels) else pixels


def read_photo(path: Path | str) -> Photo:
    """The photograph at ``path``, upright, in colour, at its own size.

    Grey is repeated over three channels, 16-bit grey scaled by its full range, a palette looked up, CMYK
    converted, and transparency shown on white.

    Raises:
        DataError: the file gives no image, or one of more than `MAX_PHOTO_PIXELS`; the message is one line
            that names the file and the reason.
    """
    path = Path(path)
    pixels = decode_path(path, lambda file: decode_whole(file, max_pixels=MAX_PHOTO_PIXELS))
    return Photo(printable(path.name), pixels)
