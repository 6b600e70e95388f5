"""Pictures of 16 bits a channel, with all of them.

Pillow has no colours of 16 bits: it takes the upper eight by the order in which the file has its bytes. Told
the other order it takes the lower eight. So a file is decoded twice, by the bounded decoders of all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageFile

from jnn_studio.data.decode import MAX_PIXELS, open_image, orientation_of, room_for, upright
from jnn_studio.data.errors import UnreadableImageError

_SWAPPED = {";16B": ";16L", ";16L": ";16B", ";16N": ";16B"}
"""How a channel's bytes are ordered in what Pillow unpacks, and the other order; N is this machine's."""
_PLANES, _BITS = 284, 258
"""TIFF's tags: whether channels lie apart, and how many bits each has."""
_GREY = 65_535


@dataclass(frozen=True, eq=False)
class DeepPicture:
    """``pixels``: uint16 (height, width, 1 or 3), upright; ``profile``: of their colours."""

    pixels: np.ndarray
    profile: bytes | None


def decode_deep(file: BinaryIO, max_pixels: int = MAX_PIXELS) -> DeepPicture | None:
    """A PNG or TIFF of 16 bits a channel, at its own size; None of any other image, which is not decoded.

    Grey, or red, green and blue; transparency is shown on white. Values are those of the file: colours are
    converted by no profile. Grey with transparency in a PNG, and CMYK, count as images of 8 bits.

    Raises:
        UnreadableImageError: as `decode_whole`; and channels of 16 bits that lie apart from each other.
    """
    with open_image(file, max_pixels) as image, room_for(image):
        _refuse_planes(image)
        profile = image.info.get("icc_profile")
        if image.mode.startswith("I"):
            grey = upright(image, orientation_of(image))
            return DeepPicture(np.asarray(grey).clip(0, _GREY).astype(np.uint16)[:, :, None], profile)
        tiles = _tiles(image)
        orders = {_order(tile) for tile in tiles}
        keyed = image.mode == "RGB" and "transparency" in image.info  # one colour that counts as transparent
        if image.mode not in ("RGB", "RGBA") or not orders or not orders <= set(_SWAPPED) or keyed:
            return None
        if any(_raw(tile).startswith("LA") for tile in tiles):
            return None
        turn = orientation_of(image)
        upper = np.asarray(upright(image, turn))
    with open_image(file, max_pixels) as image, room_for(image):
        assert isinstance(image, ImageFile.ImageFile)
        image.tile = [_swapped(tile) for tile in _tiles(image)]
        lower = np.asarray(upright(image, turn))
    pixels = upper.astype(np.uint16) << 8 | lower
    return DeepPicture(pixels if pixels.shape[2] == 3 else _on_white(pixels), profile)


def _on_white(pixels: np.ndarray) -> np.ndarray:
    opaque = pixels[..., 3:].astype(np.float64) / 65_535
    return (pixels[..., :3] * opaque + 65_535 * (1 - opaque)).round().astype(np.uint16)


def _tiles(image: Image.Image) -> list[Any]:
    """The portions that Pillow will decode."""
    return list(getattr(image, "tile", ()))


def _raw(tile: Any) -> str:
    """How a portion of a file has its pixels, as Pillow calls it."""
    arguments = tile[3]
    return str(arguments[0]) if isinstance(arguments, tuple) and arguments else str(arguments)


def _order(tile: Any) -> str:
    return _raw(tile)[-4:]


def _swapped(tile: Any) -> Any:
    codec, extents, offset, arguments = tile
    raw = _raw(tile)[:-4] + _SWAPPED[_order(tile)]
    fields = (codec, extents, offset, raw if isinstance(arguments, str) else (raw, *arguments[1:]))
    return fields if type(tile) is tuple else type(tile)(*fields)  # Pillow gave it names in 11.1


def _refuse_planes(image: Image.Image) -> None:
    """Pillow takes channels of 16 bits that lie apart for ones of 8."""
    tags = getattr(image, "tag_v2", {})
    if tags.get(_PLANES) == 2 and max(tags.get(_BITS, (8,))) > 8:
        raise UnreadableImageError(
            "channels of 16 bits that lie apart (planar): save it with them interleaved"
        )
