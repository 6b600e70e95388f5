"""Train's page: every kind of run that has no page made for it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.page_spec import RunPageSpec
from jnn_studio.app.steering.run_page import RunPage
from jnn_studio.app.steering.run_plots import Look, RunPlots
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.own_windows import StudioPanel
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces import page_of
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.training.config import DEFAULT_KIND, RunConfig
from jnn_studio.training.configuration.derived_words import words_for
from jnn_studio.training.configuration.presets import preset_names
from jnn_studio.training.kind import kind_names

PLACE = page_of("")
LOOK = Look("train")
PHOTO_PRESETS = ("photos", "faces-quick")
"""For images that somebody brings, the best first."""
TARGET_RANK = 16
"""What is proposed where a preset has none: a dozen directions to walk, as the docs' table of photographs."""
_WIDTH = 43 * GRID


def _presets() -> tuple[str, ...]:
    """Those of a pair first."""
    others = {kind for kind in kind_names() if page_of(kind) == PLACE} - {DEFAULT_KIND}
    return (*preset_names({DEFAULT_KIND}), *preset_names(others))


def _plots(context: AppContext, config: RunConfig) -> RunPlots:
    return RunPlots(LOOK, words_for(config))


SPEC = RunPageSpec("train", PLACE, page_of, _presets, _plots)


class TrainWorkspace(Workspace):
    """A page that trains, its settings in a dock."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "train")
        self.page = RunPage(context, SPEC)
        self.page.explore_wanted.connect(context.explore_requested)
        context.training_requested.connect(self._propose)
        self.page.setObjectName("train.page")
        self.page.setContentsMargins(0, GRID, GRID, GRID)
        self._dock = StudioPanel("Settings of the next run", self)
        self._dock.setObjectName("train.dock.settings")
        self._dock.setWidget(self.page.form)
        self._dock.toggleViewAction().setObjectName("train.action.settings")
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self._dock)
        self.page.form.column.setContentsMargins(GRID, GRID, GRID, GRID)
        self.page.form.preferred_width = _WIDTH
        self.setCentralWidget(self.page)
        self.vary = QAction("&Vary these settings…", self, objectName="train.action.vary")
        self.vary.setToolTip(
            "Begin a sweep of runs with the settings of the form that differ in what you choose"
        )
        self.vary.triggered.connect(self._vary)
        self.page.form.changed.connect(self._show_variable)
        self._show_variable()
        self.remember_layout()

    def _propose(self, images: FacesConfig | FolderConfig, count: int) -> None:
        """A run on these images, ready to start, with the rank that η is to be found for in view."""
        self._dock.show()
        name = images.path.stem if isinstance(images, FolderConfig) else images.kind
        self.page.form.propose(images, count, name, PHOTO_PRESETS, TARGET_RANK)

    def commands(self) -> list[QAction]:
        return [*self.page.commands(), self.vary]

    def _show_variable(self) -> None:
        self.vary.setEnabled(self.page.form.config is not None)

    def _vary(self) -> None:
        config = self.page.form.config
        if config is not None:
            self.context.page_requested.emit("Runs")  # first: it may not have been made yet
            self.context.sweep_requested.emit(config.shown_name, config)

    def open_run(self, path: Path, kind: str, resume: bool) -> None:
        self.page.open_run(path, resume)

    # --- remembering ----------------------------------------------------------------------------------------

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("form", self.page.form.state())
        settings.setValue("plots", self.page.plots.save_layout())

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        self.page.form.restore(str(settings.value("form", "")))
        self.page.plots.restore_layout(settings.value("plots"))

    def reset_layout(self) -> None:
        super().reset_layout()
        self.page.plots.reset_layout()
