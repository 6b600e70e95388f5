"""The directions' names, found once nothing moves, and which of them is told of."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.explore.desk.desk import ExploreDesk
from jnn_studio.app.workspaces.explore.library.keeping import Keeping
from jnn_studio.app.workspaces.explore.meaning.explainer import Explainer
from jnn_studio.app.workspaces.explore.meaning.panel import MeaningPanel
from jnn_studio.app.workspaces.explore.pictures.spectra_plot import SpectraPlot
from jnn_studio.app.workspaces.explore.walking.direction_sliders import DirectionSliders
from jnn_studio.explore.meaning.meaning import MeaningView
from jnn_studio.explore.scene.renderer import Scene

EXPLAIN_MS = 40
"""From choosing another direction to telling what it is."""
NAME_MS = 1200
"""Nothing moves for so long before directions are named though nobody looks at what they mean."""


class Naming:
    """What the sliders are called, what the panel *Meaning* and the spectrum point at.

    Attributes:
        names: of the directions of each model in view, in order; none until they are known.
    """

    def __init__(
        self,
        context: AppContext,
        page: QWidget,
        desk: ExploreDesk,
        explainer: Explainer,
        keeping: Keeping,
        directions: DirectionSliders,
        meaning: MeaningPanel,
        spectrum: SpectraPlot,
    ) -> None:
        self.names: list[list[str]] = []
        self._page, self._desk, self._explainer, self._keeping = page, desk, explainer, keeping
        self._directions, self._meaning, self._spectrum = directions, meaning, spectrum
        self._explained = -1
        self._explain_soon = QTimer(page, singleShot=True, interval=EXPLAIN_MS)
        self._explain_soon.timeout.connect(self._explain_now)
        self._name_soon = QTimer(page, singleShot=True, interval=NAME_MS)
        self._name_soon.timeout.connect(self._name_directions)
        context.at_close(self._name_soon.stop)

    def show_scene(self, scene: Scene) -> None:
        """Put the names that are known at a scene's directions."""
        self._directions.show_scene(scene, self.names)

    def show_view(self, view: MeaningView) -> None:
        """What the directions mean is known."""
        self._meaning.show_view(view)
        scene = self._desk.scene
        if scene is None:
            return
        names = {column.key: [m.name for m in column.meanings] for column in view.columns}
        self.names = [names.get(v.column.key, []) for v in scene.columns]
        self.show_scene(scene)

    def find_soon(self) -> None:
        """Have names found once nothing moves: anew, as long as something does."""
        self._name_soon.start()

    def find_anew(self) -> None:
        """There is something else to name directions by."""
        self.names.clear()
        self._directions.forget_names()
        self.find_soon()

    def explain(self, direction: int) -> None:
        """Tell what a direction is, once the pictures have moved: drawing a plot takes as long as they do."""
        self._keeping.direction = direction
        if direction != self._explained and not self._explain_soon.isActive():
            self._explain_soon.start()

    def _explain_now(self) -> None:
        self._explained = self._keeping.direction
        self._spectrum.set_highlight(self._explained + 1)
        self._meaning.set_direction(self._explained)

    def _name_directions(self) -> None:
        if self._page.isVisible() and self._directions.has_room_for_names:
            self._explainer.explain_once()
