"""Writing what is on the screen as a picture."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from jnn_studio.base.reading import UnfitFileError
from jnn_studio.data.errors import DataError
from jnn_studio.data.pixels import write_picture


def save_picture(image: QImage, path: Path) -> None:
    """Write ``image``, opaque, as `write_picture`; an OSError, which says why, if that fails."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    pixels = lines[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3)
    try:
        write_picture(pixels, path, make_folder=False)
    except DataError as error:
        raise UnfitFileError(errno.EINVAL, str(error).removeprefix(f"{path}: "), str(path)) from error
    except FileNotFoundError as error:
        raise FileNotFoundError(
            error.errno, "cannot be written: there is no such folder", str(path)
        ) from error
