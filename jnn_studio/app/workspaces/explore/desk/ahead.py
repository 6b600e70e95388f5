"""Calibrates directions before anybody walks them, while nothing else is asked for."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from jnn_studio.app.context import AppContext
from jnn_studio.base.watch import Watch
from jnn_studio.explore.renderer import Scene

QUIET_MS = 150
"""After the last movement of a region, whose next one needs other directions."""


class Ahead(QObject):
    """A direction of a model at a time, so that no movement waits for more."""

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._scene: Scene | None = None
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self._measure)

    def show(self, scene: Scene) -> None:
        """This place is in view now."""
        self._scene = scene
        self._quiet.stop()
        if scene.state.region is None:
            self._measure()
        else:
            self._quiet.start()

    def _measure(self) -> None:
        scene = self._scene
        if scene is None:
            return

        def work(_: Watch) -> bool:
            return any(view.place.calibration.measure_one(scene.state.shown) for view in scene.columns)

        def measured(more: bool) -> None:
            if more and scene is self._scene:
                self._measure()

        # Whoever needs what cannot be measured will hear why.
        self._context.inference.request(self, "measure ahead", work, measured, lambda _: None)
