"""Writing pictures of 16 bits a channel, which Pillow does for grey alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

_UP = 2
"""The filter of a line of a PNG: what differs from the line above."""


def write_deep_png(pixels: np.ndarray, path: Path, profile: bytes | None) -> None:
    """Write uint16 (height, width, 1 or 3) as a PNG (ISO/IEC 15948), with an ICC profile if there is one.

    Raises:
        OSError: the file cannot be written.
    """
    height, width, channels = pixels.shape
    lines = np.empty((height, 1 + 2 * width * channels), np.uint8)
    lines[:, 0] = _UP
    lines[:, 1:] = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    lines[1:, 1:] -= lines[:-1, 1:].copy()
    shape = struct.pack(">IIBBBBB", width, height, 16, 0 if channels == 1 else 2, 0, 0, 0)
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", shape))
        if profile is not None:
            file.write(_chunk(b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile)))
        file.write(_chunk(b"IDAT", zlib.compress(lines.tobytes())) + _chunk(b"IEND", b""))


def write_deep_tiff(pixels: np.ndarray, path: Path, profile: bytes | None) -> None:
    """Write uint16 (height, width, 1 or 3) as a TIFF, deflated.

    Raises:
        OSError: the file cannot be written.
    """
    import tifffile  # slow to import

    grey = pixels.shape[2] == 1
    tifffile.imwrite(
        path,
        pixels[..., 0] if grey else pixels,
        photometric="minisblack" if grey else "rgb",
        compression="zlib",
        predictor=True,
        iccprofile=profile,
        metadata=None,
        software="JNN Studio",
    )


DEEP_WRITERS: Mapping[str, Callable[[np.ndarray, Path, bytes | None], None]] = {
    "PNG": write_deep_png,
    "TIFF": write_deep_tiff,
}
"""By the format's key: those that have 16 bits a channel."""


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
