"""Icons drawn from a few strokes, in the colour of the text beside them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QToolButton, QWidget

_STROKES = {
    "explore": '<circle cx="12" cy="12" r="9"/><path d="M15.5 8.5l-2 5-5 2 2-5z"/>',
    "train": '<path d="M4 4v16h16"/><path d="M7 8c2 6 5 8 12 8.5"/>',
    "validate": '<path d="M4 12.5l5 5L20 6.5"/>',
    "denoise": '<path d="M4 5v14h16V5zM12 5v14M7 8.5v.01M9.5 11v.01M6.8 13.5v.01M9 16v.01M14.5 16l3-5"/>',
    "play": '<path d="M7 4.5v15l12-7.5z" fill="{color}"/>',
    "pause": '<path d="M8 5v14M16 5v14" stroke-width="3.5"/>',
    "stop": '<rect x="6" y="6" width="12" height="12" rx="1.5" fill="{color}"/>',
    "reset": '<path d="M4.5 12a7.5 7.5 0 1 0 2.4-5.5M4 3.5v4.5h4.5"/>',
    "fit": '<path d="M3 5v14M21 5v14M7 12h10M10 8.5L6.5 12l3.5 3.5M14 8.5l3.5 3.5-3.5 3.5"/>',
    "actual": '<path d="M6 7l2-1.5v13M17 7l2-1.5v13M12.5 9.5v.01M12.5 15v.01"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "minus": '<path d="M5 12h14"/>',
    "loupe": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5l5 5"/>',
    "swap": '<path d="M4 8h15M15 4l4 4-4 4M20 16H5M9 12l-4 4 4 4"/>',
    "dice": '<rect x="2" y="2" width="20" height="20" rx="4"/>'
    '<path d="M7.5 7.5v.01M16.5 16.5v.01M16.5 7.5v.01M7.5 16.5v.01"'
    ' stroke-width="4"/>',
    "close": '<path d="M6 6l12 12M18 6L6 18"/>',
    "expand": '<path d="M5 9l7 7 7-7"/>',
    "collapse": '<path d="M5 15l7-7 7 7"/>',
    "copy": '<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15H4V4h11v1"/>',
    "more": '<path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="3.5"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.5v.01"/>',
    "error": '<circle cx="12" cy="12" r="9"/><path d="M12 7v6M12 16.5v.01"/>',
}
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{color}"'
    ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{strokes}</svg>'
)


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


def _drawn(name: str, color: str, size: int) -> QPixmap:
    strokes = _STROKES[name].format(color=color)
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(_SVG.format(color=color, strokes=strokes).encode()).render(painter)
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
