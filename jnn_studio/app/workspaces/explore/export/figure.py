"""The dialog that exports a figure: a grid of walks for every model in view."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from PySide6.QtWidgets import QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspaces.explore.export.dialog import ExportDialog, Job
from jnn_studio.base.endings import ending_of
from jnn_studio.base.text import counted
from jnn_studio.base.watch import Watch
from jnn_studio.explore.exporting import ExportError
from jnn_studio.explore.renderer import SceneRenderer
from jnn_studio.explore.sheet import make_sheet
from jnn_studio.explore.state import MAX_DIRECTIONS, ExploreState

FORMATS = {
    ".png": ("PNG", "A picture, every pixel as the models gave it"),
    ".svg": ("SVG", "A drawing with the images embedded"),
    ".pdf": ("PDF", "A document with the images embedded"),
}


class ExportFigureDialog(ExportDialog):
    """Directions down, steps across, models side by side: the paper's Figures 6 to 8 of what is in view."""

    def __init__(
        self,
        context: AppContext,
        state: ExploreState,
        make_renderer: Callable[[], SceneRenderer],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(context, state, make_renderer, parent, "explore.figure", "figure", FORMATS)
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
        self.finish("figure", ".png")

    def check(self, path: Path) -> str:
        """How many images there will be."""
        if ending_of(path) not in FORMATS:
            raise ExportError("The name needs an ending: .png, .svg or .pdf")
        models, rows, steps = len(self.state.columns), self.directions.value(), self.steps.value()
        if not models:
            raise ExportError("There is no model in view; open one first")
        each = f"{counted(models, 'model')}, {rows} × {counted(steps, 'image')} each"
        return f"{each}, with captions; parameters go into the file."

    def job(self, path: Path) -> Job:
        """Render the sheet and draw it."""
        state, layout = self.state, self.layout_of.current
        directions, steps, limit = self.directions.value(), self.steps.value(), self.limit.value()
        scale = self.scale.value()

        def work(renderer: SceneRenderer, watch: Watch) -> None:
            # Here, because Matplotlib takes long to import.
            from jnn_studio.explore.sheet_page import Layout, save_sheet

            sheet = make_sheet(renderer, state, directions, steps, limit, watch=watch)
            save_sheet(sheet, path, scale, cast(Layout, layout))

        return work
