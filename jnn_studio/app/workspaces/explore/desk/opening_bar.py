"""How far the opening of images is; there only while some are opened."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID
from jnn_studio.base.watch import Progress


class OpeningBar(QWidget):
    """What is being opened, in words and as a bar."""

    def __init__(self) -> None:
        super().__init__()
        self._progress = QProgressBar(objectName="explore.opening")
        self._progress.setToolTip("Images of the folder decoded so far")
        self._label = QLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, 0)
        column.addWidget(self._label)
        column.addWidget(self._progress)
        self.hide()

    def show_opening(self, opening: Progress | None) -> None:
        """How far it is; None: nothing is being opened."""
        self.setVisible(opening is not None)
        if opening is not None:
            self._progress.setRange(0, max(1, opening.total))
            self._progress.setValue(opening.done)
            self._label.setText(f"{opening.what}: {opening.done:,} of {opening.total:,}")
