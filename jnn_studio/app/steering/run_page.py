"""A page that trains: the settings of the next run at the left, the run on show at the right."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.dropped_runs import with_runs
from jnn_studio.app.run_menu import RunMenu
from jnn_studio.app.steering.controls import Controls
from jnn_studio.app.steering.desk import RunDesk
from jnn_studio.app.steering.page_spec import RunPageSpec
from jnn_studio.app.steering.preset_form import PresetForm
from jnn_studio.app.steering.progress import ProgressView
from jnn_studio.app.steering.run_view import RunView
from jnn_studio.app.steering.stage import RunStage
from jnn_studio.app.steering.status import Status
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.drop_zone import DropZone
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.runs.summary import RunSummary


class RunPage(QWidget):
    """What a specification asks for, put together; a desk does the work."""

    def __init__(self, context: AppContext, spec: RunPageSpec) -> None:
        super().__init__()
        self.setObjectName(spec.name)
        self._spec = spec
        self.form = PresetForm(context, spec.name, spec.presets(), spec.words, spec.parts())
        recent = RunMenu(context, "Recent runs", f"{spec.name}.recent_menu", self._is_ours, self)
        self.controls = Controls(spec.name, spec.actions, recent)
        self.progress = ProgressView(spec.name)
        self.message = MessageBar()
        self.message.setObjectName(f"{spec.name}.message")
        self.stage = RunStage(partial(spec.plots, context), self.message.show_error, self.form.base)
        self.desk = RunDesk(
            self, context, spec, self.form, self.stage, self.controls, self.progress, self.message
        )
        self.explore_wanted = self.desk.explore_wanted
        recent.chosen.connect(self.desk.open_run)
        right = QVBoxLayout()
        right.setSpacing(GRID)
        for part in (self.controls, self.progress):
            right.addWidget(part)
        right.addWidget(self.stage, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(GRID)
        whole.addWidget(self.form)
        whole.addLayout(right, 1)
        self.message.lie_over(self.stage)
        DropZone(self, *with_runs(context, self.form.drop_offer, self.form.take_dropped))
        self.addActions(self.commands())  # so that their shortcuts work wherever the page is shown

    def _is_ours(self, run: RunSummary) -> bool:
        return not run.problem and self._spec.serves(run.kind)

    @property
    def status(self) -> Status | None:
        """The run on show."""
        return self.desk.status

    @property
    def plots(self) -> RunView:
        """What is shown of it."""
        return self.stage.view

    def serves(self, kind: str) -> bool:
        """Whether runs of this kind are shown here."""
        return self._spec.serves(kind)

    def open_run(self, path: Path, resume: bool = False) -> None:
        """Show the run in a folder, and go on reading it while it is written; ``resume``: go on with it."""
        self.desk.open_run(path, resume)

    def commands(self) -> list[QAction]:
        """What can be asked of the run on show."""
        actions = self.controls.run_actions
        return [
            action
            for name, action in actions.items()
            if name != "explore" or self._spec.explorable is not False
        ]
