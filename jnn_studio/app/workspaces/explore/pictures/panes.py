"""The pictures: the original, each model's reconstruction, and where each walk has arrived."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.image_pane import ImagePane
from jnn_studio.app.widgets.picture_zoom import ZOOM_TIP, PictureZoom
from jnn_studio.app.workspaces.explore.pictures.model_pane import ModelPane
from jnn_studio.app.workspaces.explore.pictures.region_pane import RegionPane
from jnn_studio.explore.painted import AnyRegion, Brush
from jnn_studio.explore.scene.renderer import ColumnView, Scene

MANY = 2
"""Up to so many models have their reconstructions beside the original."""
SMALL_WIDTH = 136
"""Room for the titles of the small panes."""
WIDEST = 4
"""Part of all the room that the small panes take at most."""


class Panes(QWidget):
    """Small pictures at the left, the moved images large beside each other."""

    painted = Signal(int)
    """A moved image of every model has been painted; carries the sequence number given to `show_moved`."""
    panes_made = Signal()
    """The models in view have changed: `moved` holds new panes."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.panes")
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
        self.zoom = PictureZoom(self)
        self.original = RegionPane("Original", "explore.original", self.zoom)
        self.original.setToolTip(
            "The image walks start from. Drag a rectangle, or paint (Shift+G), for directions that change "
            f"that part of it.\n{ZOOM_TIP}"
        )
        self._small.addWidget(self.original, 0, 0)
        self.reconstructions: list[ImagePane] = []
        self.moved: list[ModelPane] = []
        self._keys: tuple[str, ...] = ()
        self._seen: dict[int, int] = {}
        self._region: AnyRegion | None = None
        self._brush: Brush | None = None
        self._width = 1.0
        """Of the widest picture, in heights; of others than wide ones, 1."""

    def show_places(self, scene: Scene) -> None:
        """The original, and each model's base; `show_moved` is to follow."""
        keys = tuple(view.column.key for view in scene.columns)
        if keys != self._keys:
            self._make(keys)
        self.original.set_image(scene.original)
        self.original.set_caption(scene.label)
        for i, view in enumerate(scene.columns):
            small, large = self.reconstructions[i], self.moved[i]
            small.set_role(view.role)
            small.maker = view.caption
            small.set_image(view.place.reconstruction)
            psnr = view.place.psnr
            small.set_caption("walked on" if psnr is None else f"{psnr:.1f} dB PSNR")
            small.setToolTip(
                f"What {view.caption} makes of the original, not moved"
                if psnr is not None
                else f"Where walks of {view.caption} start now: an earlier walk led here"
            )
            large.show_view(view, len(scene.columns))
            large.set_base(view.place.reconstruction)
        shapes = [scene.original.shape, *(view.place.reconstruction.shape for view in scene.columns)]
        width = max(1.0, *(shape[1] / shape[0] for shape in shapes))
        if width != self._width:
            self._width = width
            self._fit()

    def show_moved(
        self, scene: Scene, sequence: int, differences: list[tuple[np.ndarray, float]] | None
    ) -> None:
        """Only what walks change; ``differences``, if given, are shown instead of the moved images."""
        for i, view in enumerate(scene.columns):
            large = self.moved[i]
            if differences is None:
                large.set_image(view.moved.image, sequence)
                large.set_caption(walk_caption(view, len(scene.columns) > MANY))
            else:
                picture, scale = differences[i]
                large.set_image(picture, sequence)
                large.set_caption(f"Difference, ±{scale:.2f} at full colour")

    def show_region(self, region: AnyRegion | None) -> None:
        """Draw the region on the original and on what walks make of it."""
        self._region = region
        for pane in (self.original, *self.moved):
            pane.show_region(region)

    def set_brush(self, brush: Brush | None) -> None:
        """What a drag on a picture paints with; None: it chooses a rectangle."""
        self._brush = brush
        for pane in (self.original, *self.moved):
            pane.set_brush(brush)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _make(self, keys: tuple[str, ...]) -> None:
        for pane in (*self.reconstructions, *self.moved):
            pane.setParent(None)
            pane.deleteLater()
        self.reconstructions, self.moved, self._keys = [], [], keys
        self._seen = {}
        for i, key in enumerate(keys):
            name = f"explore.reconstruction.{i}"
            small = ImagePane("Reconstruction", object_name=name, corner=True, zoom=self.zoom)
            large = ModelPane(key, i, self.zoom)
            large.show_region(self._region)
            large.set_brush(self._brush)
            large.painted.connect(lambda number, index=i: self._pane_painted(index, number))
            # There is no room beside more than two; pressing a picture shows its base instead.
            small.setVisible(len(keys) <= MANY)
            self._small.addWidget(small, i + 1, 0)
            self._large.addWidget(large, 1)
            self.reconstructions.append(small)
            self.moved.append(large)
        for pane in (alike := (self.original, *self.moved)):
            pane.beside = alike
        self._fit()
        self.panes_made.emit()

    def _fit(self) -> None:
        """No pane wider than its picture can be: the group stays together in the middle."""
        words = 2 * self.fontMetrics().height() + GRID
        rows = 1 + (len(self.moved) if len(self.moved) <= MANY else MANY)
        small = max(SMALL_WIDTH, int(self._width * ((self.height() - (1 + rows) * GRID) // rows - words)))
        large = int(self._width * (self.height() - 2 * GRID - words))
        for pane in (self.original, *self.reconstructions):
            pane.setFixedWidth(min(small, max(SMALL_WIDTH, self.width() // WIDEST)))
        for pane in self.moved:
            pane.setMaximumWidth(max(pane.minimumWidth(), large))

    def _pane_painted(self, index: int, number: int) -> None:
        self._seen[index] = number
        if all(self._seen.get(i) == number for i in range(len(self.moved))):
            self.painted.emit(number)


def walk_caption(view: ColumnView, with_psnr: bool = False) -> str:
    """How far the walk of a model has led, and why it ended if it did."""
    moved, psnr = view.moved, view.place.psnr
    words = f"RMS change {moved.rms:.3f}"
    if with_psnr and psnr is not None:
        words = f"{psnr:.1f} dB · {words}"
    if moved.length is not None:
        words += f" · path {moved.length:.3f}"
    if moved.stopped:
        words += f" · {moved.stopped}"
    return words
