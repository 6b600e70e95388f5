"""Train's page: settings at the left, the run on show at the right."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.controls import Controls
from jnn_studio.app.steering.desk import RunDesk
from jnn_studio.app.steering.progress import ProgressView
from jnn_studio.app.steering.run_plots import RunPlots
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.train.form import SettingsForm
from jnn_studio.training.pair_config import PairConfig


class TrainWorkspace(RunDesk, Workspace):
    """Starts, steers and shows runs. One run is on show at a time; it may be trained here or elsewhere."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "train")
        self.init_desk("train", PairConfig, "a pair of autoencoders", "Train/recent_runs")
        self.form = SettingsForm(context)
        self.controls = Controls()
        self.progress = ProgressView()
        self.message = MessageBar()
        self.message.setObjectName("train.message")
        self.plots = RunPlots()
        self._arrange()
        self.addActions(self.commands())  # so that their shortcuts work wherever the page is shown
        self.connect_desk()
        self._show_status()
        self.remember_layout()

    def commands(self) -> list[QAction]:
        return [*self.controls.run_actions.values(), self._dock.toggleViewAction()]

    # --- construction ----------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self._dock = QDockWidget("Settings of the next run", self)
        self._dock.setObjectName("train.dock.settings")
        self._dock.setWidget(self.form)
        self._dock.toggleViewAction().setObjectName("train.action.settings")
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self._dock)
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.controls)
        column.addWidget(self.progress)
        column.addWidget(self.message)
        column.addWidget(self.plots, 1)
        self.setCentralWidget(central)

    # --- remembering ----------------------------------------------------------------------------------------

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("form", self.form.state())
        settings.setValue("plots", self.plots.save_layout())

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        self.form.restore(str(settings.value("form", "")))
        self.plots.restore_layout(settings.value("plots"))

    def reset_layout(self) -> None:
        super().reset_layout()
        self.plots.reset_layout()
