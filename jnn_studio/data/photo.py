"""One photograph at its own size, as a person opens it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np

from jnn_studio.base.text import printable
from jnn_studio.data.decode import decode_path, decode_whole
from jnn_studio.data.deep import decode_deep
from jnn_studio.data.pixels import is_grey, to_8_bits

MAX_PHOTO_PIXELS = 64_000_000
"""Beside a photograph there are its noisy copy and a result of every method, all of its size."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph.

    Attributes:
        name: of its file, to be shown.
        pixels: uint8 (height, width, 3), to be looked at.
        deep: where the file has 16 bits a channel, uint16 (height, width, 1 or 3), its own values.
        profile: what the colours of ``deep`` mean, an ICC profile, if the file says so.
    """

    name: str
    pixels: np.ndarray
    deep: np.ndarray | None = None
    profile: bytes | None = None

    @cached_property
    def channels(self) -> np.ndarray:
        """What is to be worked on, uint16 where the file has 16 bits: see `own_channels`."""
        return own_channels(self.pixels if self.deep is None else self.deep)

    @property
    def depth(self) -> int:
        """Bits a channel: 8 or 16."""
        return 8 if self.deep is None else 16


def own_channels(pixels: np.ndarray) -> np.ndarray:
    """Pixels (height, width, 1 or 3) as they are, or (height, width, 1) where there is no colour.

    Noise is drawn, and taken away, for each channel by itself: three alike would come out coloured.
    """
    return np.ascontiguousarray(pixels[..., :1]) if is_grey(pixels) else pixels


def decode_photo(file: BinaryIO, name: str) -> Photo:
    """The photograph in ``file``, as `read_photo`.

    Raises:
        UnreadableImageError: it gives no image, or one of more than `MAX_PHOTO_PIXELS`.
    """
    deep = decode_deep(file, MAX_PHOTO_PIXELS)
    if deep is None:
        return Photo(printable(name), decode_whole(file, max_pixels=MAX_PHOTO_PIXELS))
    shown = np.ascontiguousarray(np.broadcast_to(to_8_bits(deep.pixels), (*deep.pixels.shape[:2], 3)))
    return Photo(printable(name), shown, deep.pixels, deep.profile)


def read_photo(path: Path | str) -> Photo:
    """The photograph at ``path``, upright, in colour, at its own size.

    Grey is repeated over three channels, a palette looked up, CMYK converted, transparency shown on white. A
    PNG or TIFF of 16 bits a channel keeps them.

    Raises:
        DataError: the file gives no image, or one of more than `MAX_PHOTO_PIXELS`; the message is one line
            that names the file and the reason.
    """
    path = Path(path)
    return decode_path(path, lambda file: decode_photo(file, path.name))
