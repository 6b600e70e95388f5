"""The pictures: the original, each model's reconstruction, and where each walk has arrived."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.image_pane import ImagePane
from jnn_studio.app.workspaces.explore.scene import ModelSet, Scene

SMALL_WIDTH = 136
"""Room for the titles of the small panes."""


class Panes(QWidget):
    """Small pictures at the left, the moved images large beside each other."""

    painted = Signal(int)
    """A moved image of every model has been painted; carries the sequence number given to `show_moved`."""

    def __init__(self) -> None:
        super().__init__(objectName="explore.panes")
        self._small = QGridLayout()
        self._small.setSpacing(GRID)
        self._large = QHBoxLayout()
        self._large.setSpacing(2 * GRID)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        row.setSpacing(2 * GRID)
        row.addStretch(1)
        row.addLayout(self._small)
        row.addLayout(self._large, 100)
        row.addStretch(1)
        self.original = ImagePane("Original", object_name="explore.original", corner=True)
        self._small.addWidget(self.original, 0, 0)
        self.reconstructions: list[ImagePane] = []
        self.moved: list[ImagePane] = []
        self._seen: dict[int, int] = {}

    def set_models(self, models: ModelSet) -> None:
        """One reconstruction and one moved image for each model."""
        for pane in (*self.reconstructions, *self.moved):
            pane.setParent(None)
            pane.deleteLater()
        self.reconstructions, self.moved = [], []
        for i, (caption, role) in enumerate(zip(models.captions, models.roles, strict=True)):
            name = caption.split(" · ")[0]
            small = ImagePane("Reconstruction", role, object_name=f"explore.reconstruction.{i}", corner=True)
            small.setToolTip(f"What the model {name} makes of the original, not moved")
            large = ImagePane(caption, role, object_name=f"explore.moved.{i}")
            large.setToolTip(f"The image decoded by {name} where the sliders have taken it")
            large.painted.connect(lambda number, index=i: self._pane_painted(index, number))
            self._small.addWidget(small, i + 1, 0)
            self._large.addWidget(large, 1)
            self.reconstructions.append(small)
            self.moved.append(large)
        self._fit()

    def show_scene(self, scene: Scene, sequence: int) -> None:
        """Everything of a scene."""
        self.original.set_image(scene.original)
        self.original.set_caption(scene.label)
        for pane, place in zip(self.reconstructions, scene.places, strict=True):
            pane.set_image(place.reconstruction)
            pane.set_caption(f"{place.psnr:.1f} dB PSNR")
        self.show_moved(scene, sequence)

    def show_moved(self, scene: Scene, sequence: int) -> None:
        """Only what the sliders change."""
        for pane, moved in zip(self.moved, scene.moved, strict=True):
            pane.set_image(moved.image, sequence)
            pane.set_caption(f"RMS change {moved.rms:.3f}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """No pane wider than its picture can be: the group stays together in the middle."""
        words = 2 * self.fontMetrics().height() + GRID
        rows = 1 + len(self.reconstructions)
        small = max(SMALL_WIDTH, (self.height() - (1 + rows) * GRID) // rows - words)
        for pane in (self.original, *self.reconstructions):
            pane.setFixedWidth(small)
        for pane in self.moved:
            pane.setMaximumWidth(max(pane.minimumWidth(), self.height() - 2 * GRID - words))

    def _pane_painted(self, index: int, number: int) -> None:
        self._seen[index] = number
        if all(self._seen.get(i) == number for i in range(len(self.moved))):
            self.painted.emit(number)
