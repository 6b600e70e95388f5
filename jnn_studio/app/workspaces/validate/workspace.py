"""Validate's page: one of the labs at a time."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.run_page import RunPage
from jnn_studio.app.widgets.switched_pages import SwitchedPage, SwitchedPages
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.validate import find_labs
from jnn_studio.app.workspaces.validate.lab_spec import LabPage


class ValidateWorkspace(Workspace):
    """A page for each lab, behind a switch."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "validate")
        self.labs: dict[str, LabPage] = {}
        pages: dict[str, SwitchedPage] = {}
        for name, lab in find_labs().items():
            page = self.labs[name] = lab.create(context)
            assert isinstance(page, QWidget)
            pages[name] = SwitchedPage(lab.title, lab.tip, lab.about, page)
        self._pages = SwitchedPages("validate.page", "Problem", pages)
        self.switch = self._pages.switch
        self.setCentralWidget(self._pages)
        self.remember_layout()

    def commands(self) -> list[QAction]:
        return [action for page in self.labs.values() for action in page.commands()]

    def open_run(self, path: Path, kind: str, resume: bool) -> None:
        for name, page in self.labs.items():
            if isinstance(page, RunPage) and page.serves(kind):
                self.switch.current = name
                page.open_run(path, resume)

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("page", self.switch.current)
        for name, page in self.labs.items():
            settings.setValue(name, page.form.state())

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        self._pages.restore(str(settings.value("page", "")))
        for name, page in self.labs.items():
            page.form.restore(str(settings.value(name, "")))
