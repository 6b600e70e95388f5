"""Stops the methods that are at the photograph, and lets them go on."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton

from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk


class WorkButton(QPushButton):
    """There only while there is something to stop, or something that was stopped."""

    def __init__(self, desk: PhotoDesk, page: str) -> None:
        super().__init__()
        self.setObjectName(f"{page}.work")
        self._desk = desk
        desk.work_changed.connect(self._show)
        self.clicked.connect(self._stop_or_go_on)
        self._show()

    def _show(self) -> None:
        stopped = self._desk.stopped
        self.setText("Go on" if stopped else "Stop")
        self.setAccessibleName(f"{self.text()} denoising")
        self.setToolTip(
            "Have the methods that have no result yet go on" if stopped else "Stop denoising; results stay"
        )
        self.setVisible(stopped or bool(self._desk.waiting))

    def _stop_or_go_on(self) -> None:
        if self._desk.stopped:
            self._desk.go_on()
        else:
            self._desk.stop()
