"""Film strips and animations of what Explore has in view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from jnn_studio.app.workspaces.explore.session.session import ExploreSession
from jnn_studio.explore.renderer import SceneRenderer

if TYPE_CHECKING:
    from jnn_studio.app.workspaces.explore.export.dialog import ExportDialog


class Exports:
    """One method for each dialog over ``parent``; their modules are not loaded at every start."""

    def __init__(self, parent: QWidget, session: ExploreSession) -> None:
        self._parent, self._session = parent, session

    def figure(self) -> None:
        """Ask for a film strip of what is in view."""
        from jnn_studio.app.workspaces.explore.export.figure import ExportFigureDialog

        session = self._session
        if session.scene is not None:
            maker = self._renderer_maker()
            self._open(ExportFigureDialog(session.context, session.state, maker, self._parent))

    def animation(self) -> None:
        """Ask for an animation of what is in view."""
        from jnn_studio.app.workspaces.explore.export.animation import ExportAnimationDialog

        session, scene = self._session, self._session.scene
        if scene is not None:
            captions = {view.column.key: view.caption for view in scene.columns}
            maker, context = self._renderer_maker(), session.context
            self._open(ExportAnimationDialog(context, session.state, maker, self._parent, captions))

    def _open(self, dialog: ExportDialog) -> None:
        """Goes along with what is in view until it is told to export."""
        self._session.state_changed.connect(dialog.use_state)
        dialog.show()

    def _renderer_maker(self) -> Callable[[], SceneRenderer]:
        """Makes a renderer on another thread, with what is open already."""
        opened, state = self._session.opened, self._session.state
        models, source = opened.models(state), opened.source(state)
        return lambda: SceneRenderer(models, source)
