"""Validate's page: one of two problems at a time."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.run_page import RunPage
from jnn_studio.app.widgets.switched_pages import SwitchedPage, SwitchedPages
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.validate.rof.page import SPEC
from jnn_studio.app.workspaces.validate.shrinkage.page import ShrinkagePage


class ValidateWorkspace(Workspace):
    """Two pages behind a switch."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "validate")
        self.rof = RunPage(context, SPEC)
        self.shrinkage = ShrinkagePage(context)
        self._pages = SwitchedPages(
            "validate.page",
            "Problem",
            {
                "rof": SwitchedPage(
                    "ROF denoising",
                    "Total variation of a shape: networks trained with (8) and (9), paper §4",
                    "Rudin–Osher–Fatemi: for f: ℝⁿ → ℝ the nuclear norm of the Jacobian is the total "
                    "variation.",
                    self.rof,
                ),
                "shrinkage": SwitchedPage(
                    "Optimal shrinkage",
                    "Low-rank data in noise: factors of a linear map, paper §5 and A.4",
                    "For linear maps the penalty has its optimum in closed form; training has to reach it.",
                    self.shrinkage,
                ),
            },
        )
        self.switch = self._pages.switch
        self.setCentralWidget(self._pages)
        self.remember_layout()

    def commands(self) -> list[QAction]:
        return self.rof.commands()

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("page", self.switch.current)
        settings.setValue("shrinkage", self.shrinkage.form.state())
        settings.setValue("rof", self.rof.form.state())

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        self._pages.restore(str(settings.value("page", "")))
        self.shrinkage.form.restore(str(settings.value("shrinkage", "")))
        self.rof.form.restore(str(settings.value("rof", "")))
