"""What can be found out of a place before anybody asks, while nothing else is asked for."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.base.watch import Watch
from jnn_studio.explore.scene.renderer import Scene

QUIET_MS = 150
"""After the last movement of a region, whose next one needs other directions."""


class Ahead(QObject):
    """Groups of directions first, then calibrations: one at a time, so that no movement waits for more.

    Signals:
        grouped: (Scene) which directions can turn into each other is known.
    """

    grouped = Signal(object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._scene: Scene | None = None
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self._go_on)

    def show(self, scene: Scene) -> None:
        """This place is in view now."""
        self._scene = scene
        self._quiet.stop()
        if scene.state.region is None:
            self._go_on()
        else:
            self._quiet.start()

    def _go_on(self) -> None:
        scene = self._scene
        if scene is None:
            return

        def work(_: Watch) -> bool:
            for view in scene.columns:
                grouping = view.place.grouping
                if grouping is not None and not grouping.known:
                    grouping.find()
                    return True
            return any(view.place.calibration.measure_one(scene.state.shown) for view in scene.columns)

        before = _are_grouped(scene)

        def done(more: bool) -> None:
            if scene is self._scene:
                if _are_grouped(scene) and not before:
                    self.grouped.emit(scene)
                if more:
                    self._go_on()

        # Whoever needs what cannot be found will hear why.
        self._context.inference.request(self, "ahead", work, done, lambda _: None)


def _are_grouped(scene: Scene) -> bool:
    groupings = (view.place.grouping for view in scene.columns)
    return all(grouping is None or grouping.known for grouping in groupings)
