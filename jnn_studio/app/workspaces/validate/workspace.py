"""Validate's page: one of two problems at a time."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.validate.rof_page import RofPage
from jnn_studio.app.workspaces.validate.shrinkage_page import ShrinkagePage

_PAGES = {
    "rof": ("ROF denoising", "Total variation of a shape: networks trained with (8) and (9), paper §4"),
    "shrinkage": ("Optimal shrinkage", "Low-rank data in noise: factors of a linear map, paper §5 and A.4"),
}
_ABOUT = {
    "rof": "Rudin–Osher–Fatemi: for f: ℝⁿ → ℝ the nuclear norm of the Jacobian is the total variation.",
    "shrinkage": "For linear maps the penalty has its optimum in closed form; training has to reach it.",
}


class ValidateWorkspace(Workspace):
    """Two pages behind a switch; each keeps what it shows while the other is seen."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "validate")
        self.rof = RofPage(context)
        self.shrinkage = ShrinkagePage(context)
        self.switch = SegmentedControl(_PAGES, "validate.page", "Problem")
        self._about = QLabel()
        self._about.setProperty("tone", "muted")
        self._pages = QStackedWidget()
        self._pages.addWidget(self.rof)
        self._pages.addWidget(self.shrinkage)
        self.switch.currentChanged.connect(self._show_page)
        top = QHBoxLayout()
        top.setSpacing(2 * GRID)
        top.addWidget(self.switch)
        top.addWidget(self._about, 1)
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(central)
        self._show_page(self.switch.current)
        self.remember_layout()

    def commands(self) -> list[QAction]:
        return self.rof.commands()

    def _show_page(self, key: str) -> None:
        self._about.setText(_ABOUT[key])
        self._pages.setCurrentIndex(list(_PAGES).index(key))

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("page", self.switch.current)
        settings.setValue("shrinkage", self.shrinkage.form.state())
        settings.setValue("rof", self.rof.form.state())

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        page = str(settings.value("page", ""))
        if page in _PAGES:
            self.switch.current = page
        self.shrinkage.form.restore(str(settings.value("shrinkage", "")))
        self.rof.form.restore(str(settings.value("rof", "")))
