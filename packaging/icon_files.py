"""The program's icon as Windows and macOS want it, .ico and .icns: packaging/icon_files.py [FOLDER]."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SVG = Path(__file__).parents[1] / "resources" / "icons" / "jnn-studio.svg"
SIDE = 1024
SIDES = (16, 24, 32, 48, 64, 128, 256)
"""Of the pictures in an .ico."""


def draw_icon(side: int) -> Image.Image:
    """The icon, so many pixels wide, on nothing."""
    drawn = QImage(side, side, QImage.Format.Format_RGBA8888)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(str(SVG)).render(painter, QRectF(0, 0, side, side))
    painter.end()
    return Image.frombytes(
        "RGBA", (side, side), bytes(drawn.constBits()), "raw", "RGBA", drawn.bytesPerLine()
    )


def write_icons(folder: Path) -> tuple[Path, Path]:
    """Write jnn-studio.ico and jnn-studio.icns into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    windows, mac = folder / "jnn-studio.ico", folder / "jnn-studio.icns"
    smaller = [draw_icon(side) for side in SIDES]
    smaller[-1].save(windows, sizes=[(side, side) for side in SIDES], append_images=smaller[:-1])
    draw_icon(SIDE).save(mac)
    return windows, mac


if __name__ == "__main__":
    for written in write_icons(Path(sys.argv[1] if len(sys.argv) > 1 else "build/icons")):
        print(written)
