"""The scene of a state, asked for; coarser while something moves, so that pictures follow the slider."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.explore.desk.ahead import Ahead
from jnn_studio.app.workspaces.explore.desk.opened import Models
from jnn_studio.base.watch import Watch
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.scene.renderer import AveragedByModel, Scene, SceneRenderer
from jnn_studio.explore.state import ExploreState
from jnn_studio.explore.walking.pace import Pace

REFINE_MS = 250
"""After the last movement the scene is shown in full again."""


class Scenes(QObject):
    """The newest scene, and how fast they come.

    Signals:
        arrived: (Scene).
        grouped: (Scene) which of its directions can turn into each other is known.
        rate_changed: (updates per second, shrink) while something moves, (0, 1) once nothing does.
        came_to_rest: nothing moves, and what is in view is coarse: it is to be asked for again.
    """

    arrived = Signal(object)
    grouped = Signal(object)
    rate_changed = Signal(float, int)
    came_to_rest = Signal()

    def __init__(self, context: AppContext, parent: QObject, failed: Callable[[Failure], None]) -> None:
        super().__init__(parent)
        self._context, self._failed = context, failed
        self.scene: Scene | None = None
        self._renderer = SceneRenderer()
        self._ahead = Ahead(context, self)
        self._ahead.grouped.connect(self.grouped)
        self._pace = Pace()
        self._delivered_at = 0.0
        self._rate = 0.0
        self._refine = QTimer(self, singleShot=True, interval=REFINE_MS)
        self._refine.timeout.connect(self._refine_now)

    def forget_pace(self) -> None:
        """What is shown next takes another time to draw."""
        self._pace = Pace()

    def ask(
        self, state: ExploreState, models: Models, source: ImageSource, averaged: AveragedByModel
    ) -> None:
        """Have a state drawn; `arrived` tells when it is, unless another one has been asked for."""
        renderer, shrink = self._renderer, self._pace.shrink if self._refine.isActive() else 1

        def work(_: Watch) -> tuple[Scene, float]:
            start = time.perf_counter()
            renderer.use(models, source, averaged)
            scene = renderer.render(state, shrink)
            return scene, time.perf_counter() - start

        self._context.inference.request(
            self, "scene", work, lambda done: self._take(*done, shrink), self._failed
        )

    def _take(self, scene: Scene, seconds: float, shrink: int) -> None:
        before, self.scene = self.scene, scene
        only_moved = before is not None and before.state.base == scene.state.base
        if only_moved and before is not None and before.state != scene.state:
            self._note_rate(seconds, shrink)
        self.arrived.emit(scene)
        if before is None or not scene.stands_where(before):
            self._ahead.show(scene)

    def _note_rate(self, seconds: float, shrink: int) -> None:
        now = time.monotonic()
        self._pace.took(seconds, shrink)
        gap, self._delivered_at = now - self._delivered_at, now
        if gap < 0.5:
            self._rate = 1 / gap if self._rate == 0 else 0.8 * self._rate + 0.2 / max(gap, 1e-3)
            self.rate_changed.emit(self._rate, shrink)
        self._refine.start()

    def _refine_now(self) -> None:
        """Nothing has moved for a while."""
        self._rate = 0.0
        self.rate_changed.emit(0.0, 1)
        if self._pace.shrink > 1:
            self.came_to_rest.emit()
