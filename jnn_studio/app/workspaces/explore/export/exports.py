"""Film strips and animations of what Explore has in view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from jnn_studio.app.workspaces.explore.desk.desk import ExploreDesk
from jnn_studio.explore.scene.renderer import SceneRenderer

if TYPE_CHECKING:
    from jnn_studio.app.workspaces.explore.export.dialog import ExportDialog


class Exports:
    """One method for each dialog over ``parent``; their modules are not loaded at every start.

    Args:
        order: tells which images there are at the left, in their order there.
    """

    def __init__(self, parent: QWidget, desk: ExploreDesk, order: Callable[[], Sequence[int]]) -> None:
        self._parent, self._desk, self._order = parent, desk, order

    def figure(self) -> None:
        """Ask for a film strip of what is in view."""
        from jnn_studio.app.workspaces.explore.export.figure import ExportFigureDialog

        desk = self._desk
        if desk.scene is not None:
            maker = self._renderer_maker()
            self._open(ExportFigureDialog(desk.context, desk.state, maker, self._parent, self._order))

    def animation(self) -> None:
        """Ask for an animation of what is in view."""
        from jnn_studio.app.workspaces.explore.export.animation import ExportAnimationDialog

        desk, scene = self._desk, self._desk.scene
        if scene is not None:
            captions = {view.column.key: view.caption for view in scene.columns}
            maker, context = self._renderer_maker(), desk.context
            self._open(ExportAnimationDialog(context, desk.state, maker, self._parent, captions))

    def _open(self, dialog: ExportDialog) -> None:
        """Goes along with what is in view until it is told to export."""
        self._desk.state_changed.connect(dialog.use_state)
        dialog.show()

    def _renderer_maker(self) -> Callable[[], SceneRenderer]:
        """Makes a renderer on another thread, with what is open already."""
        opened, state = self._desk.opened, self._desk.state
        models, source = opened.models(state), opened.source(state)
        if models is None or source is None:
            return lambda: SceneRenderer(models, source)
        averaged = self._desk.averaging.known(state, models, source, live=True)
        return lambda: SceneRenderer(models, source, averaged)
