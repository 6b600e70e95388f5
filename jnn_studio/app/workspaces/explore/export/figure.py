"""The dialog that exports a figure: a grid of walks for every model in view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QPushButton, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspaces.explore.export.dialog import ExportDialog, Job
from jnn_studio.app.workspaces.explore.export.preview import FigurePreview, Picture
from jnn_studio.base.endings import ending_of
from jnn_studio.base.text import counted, printable
from jnn_studio.base.watch import Watch
from jnn_studio.explore.figures.exporting import ExportError
from jnn_studio.explore.figures.sheet import make_sheet
from jnn_studio.explore.figures.sheet_batch import at_images, batch_paths, save_sheets
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.state import MAX_DIRECTIONS, ExploreState, SourceImage

if TYPE_CHECKING:
    from jnn_studio.explore.figures.sheet_page import Layout

FORMATS = {
    ".png": ("PNG", "A picture, every pixel as the models gave it"),
    ".svg": ("SVG", "A drawing with the images embedded"),
    ".pdf": ("PDF", "A document with the images embedded"),
}


class ExportFigureDialog(ExportDialog):
    """Directions down, steps across, models side by side: the paper's Figures 6 to 8 of what is in view.

    Args:
        order: the images at the left, in their order there.
    """

    def __init__(
        self,
        context: AppContext,
        state: ExploreState,
        make_renderer: Callable[[], SceneRenderer],
        parent: QWidget | None = None,
        order: Callable[[], Sequence[int]] = tuple,
    ) -> None:
        super().__init__(context, state, make_renderer, parent, "explore.figure", "figure", FORMATS)
        self._order = order
        self._previewed: object = None
        self.directions = self.settings.spin("directions", 1, MAX_DIRECTIONS, 5)
        self.settings.add_row(
            "Directions", self.directions, "Rows of each grid: the first directions of each model"
        )
        self.steps = self.settings.spin("steps", 2, 64, 8)
        self.settings.add_row("Steps", self.steps, "Images in a row, from one end of the range to the other")
        self.limit = self.settings.number("limit", 0.001, 0.5, state.limit, 0.01, 3)
        self.limit.setPrefix("± ")
        self.settings.add_row(
            "Range", self.limit, "RMS change of the image at both ends of a row, for colour values in 0 … 1"
        )
        self.scale = self.settings.spin("scale", 1, 8, 2, " ×")
        self.settings.add_row(
            "Enlargement", self.scale, "Every pixel is repeated this often in width and height"
        )
        self.layout_of = SegmentedControl(
            {
                "side by side": ("Side by side", "The models beside each other"),
                "stacked": ("Stacked", "The models below each other"),
            },
            "explore.figure.layout",
            "Models",
        )
        self.layout_of.currentChanged.connect(self.update_note)
        self.settings.add_row("Models", self.layout_of, "How the models are placed")
        self.images = self.settings.spin("images", 1, max(1, len(order())), 1)
        self.images.setEnabled(len(order()) > 1)
        self.settings.add_row(
            "Images",
            self.images,
            "A figure for each of so many images, from the one in view on, in the order at the left; their "
            "files are numbered",
        )
        self.finish("figure", ".png")
        self.preview = FigurePreview(context, make_renderer, "explore.figure.preview")
        self.column.insertWidget(0, self.preview)
        self.copy = QPushButton("Copy", objectName="explore.figure.copy")
        self.copy.setAutoDefault(False)
        self.copy.setToolTip("Put the figure of the image in view on the clipboard, as PNG would be written")
        self.copy.setAccessibleName("Copy the figure")
        self.copy.clicked.connect(self._copy)
        self.foot.insertWidget(self.foot.indexOf(self.export), self.copy)
        self.update_note()

    def check(self, path: Path) -> str:
        """How many images there will be."""
        if ending_of(path) not in FORMATS:
            raise ExportError("The name needs an ending: .png, .svg or .pdf")
        models, rows, steps = len(self.state.columns), self.directions.value(), self.steps.value()
        if not models:
            raise ExportError("There is no model in view; open one first")
        each = f"{counted(models, 'model')}, {rows} × {counted(steps, 'image')} each"
        files = len(self._states())
        if files == 1:
            return f"{each}, with captions; parameters go into the file."
        first, *_, last = batch_paths(path, files)
        return f"{each}. {counted(files, 'file')}, {printable(first.name)} to {printable(last.name)}."

    def job(self, path: Path) -> Job:
        """Render the sheets and draw them."""
        states, layout = self._states(), cast("Layout", self.layout_of.current)
        directions, steps, limit = self.directions.value(), self.steps.value(), self.limit.value()
        scale = self.scale.value()

        def work(renderer: SceneRenderer, watch: Watch) -> None:
            save_sheets(renderer, states, path, directions, steps, limit, scale, layout, watch)

        return work

    def update_note(self, *_: object) -> None:
        super().update_note()
        if hasattr(self, "preview") and self.state.columns:
            shown = (self.state.at_rest(), self._values(), self.layout_of.current)
            if shown != self._previewed:
                self._previewed = shown
                self.preview.show_soon(self._picture(scale=1))

    def done(self, result: int) -> None:
        self.preview.close_worker()
        super().done(result)

    def _values(self) -> tuple[int, int, float]:
        return self.directions.value(), self.steps.value(), self.limit.value()

    def _states(self) -> list[ExploreState]:
        """What there is to be a figure of."""
        count, order, image = self.images.value(), list(self._order()), self.state.base.image
        if count == 1 or not order:
            return [self.state]
        index = image.index if isinstance(image, SourceImage) else -1
        start = order.index(index) if index in order else 0
        return at_images(self.state, order[start : start + count])

    def _picture(self, scale: int) -> Picture:
        """The figure of what is in view as PNG."""
        state, values, layout = self.state, self._values(), cast("Layout", self.layout_of.current)

        def picture(renderer: SceneRenderer, watch: Watch) -> bytes:
            # Here, because Matplotlib takes long to import.
            from jnn_studio.explore.figures.sheet_page import sheet_picture

            return sheet_picture(make_sheet(renderer, state, *values, watch=watch), scale, layout)

        return picture

    def _copy(self) -> None:
        def copied(image: QImage) -> None:
            QGuiApplication.clipboard().setImage(image)
            self.message.show_info("Copied", "The figure is on the clipboard.")

        def failed(failure: Failure) -> None:
            self.message.show_error("Could not copy the figure", failure.text, failure.details)

        self.preview.render_now(self._picture(self.scale.value()), copied, failed)
