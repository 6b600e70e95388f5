"""Denoise's page: one of its parts at a time."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.denoise.session import PhotoSession


class DenoiseWorkspace(Workspace):
    """Pages behind a switch over one photograph."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "denoise")
        self.session = PhotoSession(context, self)
        self.remember_layout()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.session.begin()
