"""What a figure will look like, while it is still being asked for; and the whole of it, for the clipboard."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.app.theme import GRID
from jnn_studio.base.watch import Watch
from jnn_studio.explore.scene.renderer import SceneRenderer

SOON_MS = 300
"""From the last change to drawing it anew."""
HEIGHT = 20 * GRID

Picture = Callable[[SceneRenderer, Watch], bytes]
"""Renders a picture, encoded as PNG."""


class FigurePreview(QLabel):
    """Renders on a thread and with a renderer of its own; the newest wish wins."""

    def __init__(self, context: AppContext, make_renderer: Callable[[], SceneRenderer], name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName("Preview")
        self.setToolTip("What the figure will look like")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setWordWrap(True)
        self._context, self._make = context, make_renderer
        self._worker: Worker | None = None
        self._renderers: list[SceneRenderer] = []
        self._wanted: Picture | None = None
        self.image = QImage()
        """What is shown, in full size."""
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._begin)

    def show_soon(self, picture: Picture) -> None:
        """Show this once nothing has changed for a moment."""
        self._wanted = picture
        self._soon.start()

    def render_now(
        self, picture: Picture, deliver: Callable[[QImage], None], failed: Callable[[Failure], None]
    ) -> None:
        """Render a picture for somebody else."""
        self._request("whole", picture, deliver, failed)

    def close_worker(self) -> None:
        """End the thread."""
        self._soon.stop()
        if self._worker is not None:
            self._worker.close()

    def _begin(self) -> None:
        if self._wanted is not None:
            self._request("preview", self._wanted, self._show, lambda failure: self._say(failure.text))

    def _request(
        self, key: str, picture: Picture, deliver: Callable[[QImage], None], failed: Callable[[Failure], None]
    ) -> None:
        if self._worker is None:
            self._worker = self._context.new_worker("preview")
        make, kept = self._make, self._renderers

        def work(watch: Watch) -> QImage:
            if not kept:
                kept.append(make())
            return QImage.fromData(picture(kept[0], watch))

        self._worker.request(self, key, work, deliver, failed)

    def _show(self, image: QImage) -> None:
        self.image = image
        self._fit()

    def _say(self, words: str) -> None:
        self.image = QImage()
        self.setText(words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As large as fits, and never enlarged."""
        if self.image.isNull():
            return
        ratio = self.devicePixelRatioF()
        room = QSize(round(self.width() * ratio), round(self.height() * ratio))
        fitted = self.image
        if fitted.width() > room.width() or fitted.height() > room.height():
            fitted = fitted.scaled(
                room, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        pixmap = QPixmap.fromImage(fitted)
        pixmap.setDevicePixelRatio(ratio)
        self.setPixmap(pixmap)
