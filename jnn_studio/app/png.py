"""Writing what is on the screen as a picture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QImage, QImageWriter

from jnn_studio.base.atomic import replacing


def save_png(image: QImage, path: Path) -> None:
    """Write ``image`` as a PNG, as `replacing`, whatever the ending of ``path``; OSError if that fails."""
    try:
        with replacing(path, make_folder=False) as temporary:
            if not QImageWriter(str(temporary), b"png").write(image):
                raise OSError(f"{path} cannot be written")
    except FileNotFoundError as error:
        raise FileNotFoundError(
            error.errno, "cannot be written: there is no such folder", str(path)
        ) from error
