"""Says that directions are those of a region; there only while there is one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.explore.region import Region

TIP = (
    "Right singular vectors of the decoder's Jacobian in the rectangle, orthogonal to the leading ones of "
    "the rest of the picture. Beside each slider stands how much of its change is inside."
)


class RegionRow(QWidget):
    """Where the rectangle is, and a button that ends it."""

    ended = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.region")
        self._label = ElidingLabel(object_name="explore.region.words")
        self._label.setFont(ui_font(0.92, digits=True))
        self.setToolTip(TIP)
        close = IconButton(
            "close", "End the region: the models' own directions again (Esc)", "explore.region.end"
        )
        close.clicked.connect(self.ended)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self._label, 1)
        row.addWidget(close)
        self.hide()

    def show_region(self, region: Region | None) -> None:
        """Where it is; nothing if there is none."""
        self.setVisible(region is not None)
        if region is not None:
            self._label.setText(f"Directions for the rectangle: {region.words}")
