"""Icons in the colour of the text beside them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QToolButton, QWidget

DRAWINGS = Path(__file__).parent / "icons" / "drawn"
"""One file for each icon, in ``currentColor``; a page that is added brings its own."""


def icon(name: str, color: QColor, size: int = 16) -> QIcon:
    """The named icon in one colour, sharp at 100 %, 200 % and 300 % scale."""
    result = QIcon()
    for ratio in (1, 2, 3):
        key, pixmap = f"icon {name} {color.name()} {size} {ratio}", QPixmap()
        if not QPixmapCache.find(key, pixmap):
            pixmap = _drawn(name, color.name(), size * ratio)
            pixmap.setDevicePixelRatio(ratio)
            QPixmapCache.insert(key, pixmap)
        result.addPixmap(pixmap)
    return result


@cache
def _text(name: str) -> str:
    return (DRAWINGS / f"{name}.svg").read_text(encoding="utf-8")


def _drawn(name: str, color: str, size: int) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(_text(name).replace("currentColor", color).encode()).render(painter)
    painter.end()
    return pixmap


class IconButton(QToolButton):
    """A flat button with an icon that follows the palette, and so the theme."""

    def __init__(self, icon_name: str, tip: str, object_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self.setObjectName(object_name)
        self.setIconSize(QSize(16, 16))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_tip(tip)
        self._draw()

    def set_icon(self, name: str) -> None:
        if name != self._icon_name:
            self._icon_name = name
            self._draw()

    def set_tip(self, tip: str) -> None:
        """The tooltip, and what a screen reader says."""
        self.setToolTip(tip)
        self.setAccessibleName(tip)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        self.setIcon(icon(self._icon_name, self.palette().color(QPalette.ColorRole.WindowText)))
