"""Which formats of images are read and written, and how their files' names end: the one table of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

# Imported for its effect: a plugin registers its format, and lazy registration races between threads.
from PIL import (
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401  (a JPEG that holds several)
    PngImagePlugin,
    PpmImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from jnn_studio.data.errors import DataError

try:
    from PIL import AvifImagePlugin
except ImportError:
    _AVIF = False
else:
    _AVIF = AvifImagePlugin.SUPPORTED

# What a PNG says about itself (a drawing program's whole document, a large colour profile) is no damage. It
# is unpacked to be read, and so bounded.
MAX_TEXT_BYTES = 64 * 2**20
PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = MAX_TEXT_BYTES


@dataclass(frozen=True)
class ImageFormat:
    """One format.

    Attributes:
        key: Pillow's name of it.
        words: what people call it.
        endings: of files' names, in lower case, the usual one first.
        written: how pictures are written in it; None if they are not.
        largest_side: of a picture that is written, in pixels.
    """

    key: str
    words: str
    endings: tuple[str, ...]
    written: Mapping[str, Any] | None = field(default=None, hash=False)
    largest_side: int = 2**31 - 1


_KNOWN = (
    ImageFormat(
        "JPEG", "JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), {"quality": 95, "subsampling": 0}, 65_535
    ),
    ImageFormat("PNG", "PNG", (".png", ".apng"), {}),
    ImageFormat("WEBP", "WebP", (".webp",), {"lossless": True}, 16_383),
    ImageFormat("TIFF", "TIFF", (".tif", ".tiff"), {"compression": "tiff_lzw"}),
    ImageFormat("BMP", "BMP", (".bmp", ".dib"), {}),
    ImageFormat("PPM", "PNM", (".ppm", ".pgm", ".pbm", ".pnm")),
    ImageFormat("GIF", "GIF", (".gif",)),
    ImageFormat("AVIF", "AVIF", (".avif",)),
)
IMAGE_FORMATS = tuple(found for found in _KNOWN if found.key != "AVIF" or _AVIF)
"""Those that are read. Content decides, not the file's name; nothing but their decoders is ever tried: some
of Pillow's others start programs."""

EXTENSIONS = tuple(sorted(ending for found in IMAGE_FORMATS for ending in found.endings))
WRITTEN = tuple(found for found in IMAGE_FORMATS if found.written is not None)


_UNREAD = {".heic": "HEIC", ".heif": "HEIF", ".avif": "AVIF", ".jxl": "JPEG XL", ".jp2": "JPEG 2000"}


def is_image_name(name: str) -> bool:
    """Whether a file of this name should hold an image."""
    return name.lower().endswith(EXTENSIONS)


def unread_reason(name: str) -> str:
    """Why a file that is surely an image is not read; "" for any other."""
    words = "" if is_image_name(name) else _UNREAD.get(PurePath(name).suffix.lower(), "")
    return words and words + " images are not read; save it as JPEG or PNG"


def words_of(formats: tuple[ImageFormat, ...] = IMAGE_FORMATS) -> str:
    """``"PNG, JPEG or WebP"``."""
    *most, last = (found.words for found in formats)
    return f"{', '.join(most)} or {last}" if most else last


def format_to_write(path: PurePath) -> ImageFormat:
    """What a picture at ``path`` is to be written as.

    Raises:
        DataError: its name ends in nothing that pictures are written as; the message says what would do.
    """
    for found in WRITTEN:
        if path.suffix.lower() in found.endings:
            return found
    endings = " ".join(found.endings[0] for found in WRITTEN)
    raise DataError(f"{path}: pictures are written as {words_of(WRITTEN)}; give a name with one of {endings}")
