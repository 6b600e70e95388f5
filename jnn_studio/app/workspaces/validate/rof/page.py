"""Rudin–Osher–Fatemi: three solvers of one problem, trained side by side and compared with the answer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.follower import RunFollower
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.steering.controls import Controls
from jnn_studio.app.steering.desk import RunDesk
from jnn_studio.app.steering.progress import ProgressView
from jnn_studio.app.steering.status import Status
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspaces.validate.rof.form import RofForm
from jnn_studio.app.workspaces.validate.rof.plots import RofPlots
from jnn_studio.app.workspaces.validate.rof.settings import PAGE
from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.measures import Measures

WORDS = {
    "start": ("&Start", "Train the three solvers with the settings of the form"),
    "open": ("&Open run…", "Show a ROF run folder: finished, stopped, or being written elsewhere"),
}
INVITATION = "Below: the target and the right solution. Press Start to see three networks find it."


class RofPage(RunDesk, QWidget):
    """Settings at the left, the run on show at the right."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName(PAGE)
        self.context = context
        self.init_desk(PAGE, RofConfig, "a ROF problem", "Validate/recent_runs")
        self._truth_of: RofConfig | None = None
        self.form = RofForm(context)
        self.controls = Controls(PAGE, WORDS, explorable=False)
        self.progress = ProgressView(PAGE, INVITATION)
        self.message = MessageBar()
        self.message.setObjectName(f"{PAGE}.message")
        self.plots = RofPlots()
        self.summary = QLabel(objectName=f"{PAGE}.summary")
        self.summary.setTextFormat(Qt.TextFormat.RichText)
        self.summary.setFont(ui_font(0.92, digits=True))
        self.summary.setToolTip("Newest figures of each solver; theory is the closed solution on the box")
        self.summary.hide()
        right = QVBoxLayout()
        right.setSpacing(GRID)
        for part in (self.controls, self.progress, self.message, self.summary):
            right.addWidget(part)
        right.addWidget(self.plots, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(GRID)
        whole.addWidget(self.form)
        whole.addLayout(right, 1)
        self.addActions(self.commands())
        self.connect_desk()
        self.form.changed.connect(self._show_truth)
        self._show_status()
        self._show_truth()

    def commands(self) -> list[QAction]:
        """What can be asked of the run on show."""
        actions = self.controls.run_actions
        return [action for name, action in actions.items() if name != "explore"]

    def _show_truth(self) -> None:
        """Have the right solution of what was typed found, while no run is on show."""
        config = self.form.config
        gone = self.status is None or self.status.state == "discarded"
        if config is None or not gone:
            return
        known = self._truth_of
        if known is not None and (known.problem, known.measuring) == (config.problem, config.measuring):
            return
        self._truth_of = config

        def show(truth: Mapping[str, np.ndarray]) -> None:
            if self.status is None or self.status.state == "discarded":
                self.plots.set_config(config)
                self.plots.show_truth(truth)

        self.context.loading.request(
            f"{PAGE}.truth", lambda _: Measures(config, "cpu").truth(), show, self._no_truth
        )

    def _no_truth(self, failure: Failure) -> None:
        self.message.show_error("The right solution was not found", failure.text, failure.details)

    def _show(self, status: Status, follower: RunFollower | None = None) -> None:
        self.context.loading.forget(f"{PAGE}.truth")
        self._truth_of = None
        super()._show(status, follower)
        assert isinstance(status.feed.config, RofConfig)
        self.plots.set_config(status.feed.config)

    def _show_status(self) -> None:
        super()._show_status()
        text = self.plots.summary() if self.status is not None else ""
        self.summary.setText(text)
        self.summary.setVisible(bool(text))
