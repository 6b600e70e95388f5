"""Film strips and animations of what Explore has in view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jnn_studio.explore.renderer import SceneRenderer

if TYPE_CHECKING:
    from jnn_studio.app.workspaces.explore.export.dialog import ExportDialog
    from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace


class Exports:
    """One method for each dialog; their modules are not loaded at every start."""

    def __init__(self, explore: ExploreWorkspace) -> None:
        self._explore = explore

    def figure(self) -> None:
        """Ask for a film strip of what is in view."""
        from jnn_studio.app.workspaces.explore.export.figure import ExportFigureDialog

        explore = self._explore
        if explore.session.scene is not None:
            maker = self._renderer_maker()
            self._open(ExportFigureDialog(explore.context, explore.session.state, maker, explore))

    def animation(self) -> None:
        """Ask for an animation of what is in view."""
        from jnn_studio.app.workspaces.explore.export.animation import ExportAnimationDialog

        explore = self._explore
        scene = explore.session.scene
        if scene is not None:
            captions = {view.column.key: view.caption for view in scene.columns}
            maker, state = self._renderer_maker(), explore.session.state
            self._open(ExportAnimationDialog(explore.context, state, maker, explore, captions))

    def _open(self, dialog: ExportDialog) -> None:
        """Goes along with what is in view until it is told to export."""
        self._explore.session.state_changed.connect(dialog.use_state)
        dialog.show()

    def _renderer_maker(self) -> Callable[[], SceneRenderer]:
        """Makes a renderer on another thread, with what is open already."""
        opened, state = self._explore.session.opened, self._explore.session.state
        models, source = opened.models(state), opened.source(state)
        return lambda: SceneRenderer(models, source)
