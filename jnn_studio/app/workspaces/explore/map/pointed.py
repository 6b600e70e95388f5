"""The image that is pointed at on the map: its picture and its name, in a corner."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel

SIDE = 6 * GRID
WIDEST = 32 * GRID


class PointedAt(QFrame):
    """Lies over the map where the mouse is not, and lets it through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self.setObjectName("explore.map.pointed")
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._picture = QLabel()
        self._picture.setFixedSize(SIDE, SIDE)
        self._picture.setScaledContents(True)
        self.name = ElidingLabel(object_name="explore.map.pointed.name", mode=Qt.TextElideMode.ElideMiddle)
        self.name.setFont(ui_font(0.92))
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 4, GRID, 4)
        row.setSpacing(GRID)
        row.addWidget(self._picture)
        row.addWidget(self.name, 1)
        self.hide()

    def show_image(self, name: str, picture: QPixmap | None, above: bool) -> None:
        """Its name, and its picture once there is one; ``above``: at the upper edge."""
        self.name.setText(name)
        self._picture.setPixmap(QPixmap() if picture is None else picture)
        host = self._host
        width = min(host.width() - 2 * GRID, WIDEST, self.sizeHint().width() + GRID)
        height = SIDE + 10
        top = GRID if above else host.height() - height - 5 * GRID
        self.setGeometry(host.width() - width - GRID, top, width, height)
        self.show()
        self.raise_()
