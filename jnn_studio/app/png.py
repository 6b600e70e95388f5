"""Writing what is on the screen as a picture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QImage, QImageWriter


def save_png(image: QImage, path: Path) -> None:
    """Write ``image`` as a PNG, whatever the ending of ``path``. Raises OSError if that fails."""
    if not QImageWriter(str(path), b"png").write(image):
        raise OSError(f"{path} cannot be written")
