"""How far the opening of images is, or what is fitted to them or averaged; there only meanwhile."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID
from jnn_studio.base.watch import Progress


class OpeningBar(QWidget):
    """What is being done, in words and as a bar.

    Signals:
        cancelled: what is being fitted is not wanted any more.
    """

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._progress = QProgressBar(objectName="explore.opening")
        self._label = QLabel()
        self._cancel = QPushButton("Cancel", objectName="explore.opening.cancel")
        self._cancel.setToolTip("Leave it; what is in view stays as it is")
        self._cancel.setAccessibleName("Cancel")
        self._cancel.clicked.connect(self.cancelled)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, 0)
        column.addWidget(self._label)
        row = QHBoxLayout()
        row.addWidget(self._progress, 1)
        row.addWidget(self._cancel)
        column.addLayout(row)
        self.hide()

    def show_opening(self, opening: Progress | None) -> None:
        """How far images are; None: none are being opened."""
        self._show(opening, "Images of the folder decoded so far")

    def show_fitting(self, fitting: Progress | None) -> None:
        """How far what is found from images is, which can be cancelled; None: nothing is being found."""
        self._show(fitting, "How far it is; seconds, as a rule", can_cancel=True)

    def _show(self, now: Progress | None, tip: str, can_cancel: bool = False) -> None:
        self.setVisible(now is not None)
        if now is not None:
            self._cancel.setVisible(can_cancel)
            self._progress.setToolTip(tip)
            self._progress.setRange(0, max(1, now.total))
            self._progress.setValue(now.done)
            self._label.setText(f"{now.what}: {now.done:,} of {now.total:,}")
