"""Photographs and weights that are dropped on a page."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from jnn_studio.app.widgets.fields import dropped_path
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.base.endings import ending_of


class Dropping(QObject):
    """Has a page open what is dropped anywhere on it: a photograph, or weights: a file or folder."""

    def __init__(self, page: QWidget, desk: PhotoDesk) -> None:
        super().__init__(page)
        self._desk = desk
        page.setAcceptDrops(True)
        page.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QDragEnterEvent | QDropEvent):
            return False
        path = dropped_path(event.mimeData())
        if path is None:
            return False
        event.acceptProposedAction()
        if event.type() == QEvent.Type.Drop:
            if ending_of(path) == ".safetensors" or path.is_dir():
                self._desk.open_models(path)
            else:
                self._desk.open_photo(path)
        return True
