"""A map of the images: where a model puts them, to choose from, to cut out from, and to follow a walk on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.theme import GRID, theme
from jnn_studio.app.workspaces.explore.map.canvas import MapCanvas
from jnn_studio.app.workspaces.explore.map.colouring import colour_by, no_colours
from jnn_studio.app.workspaces.explore.map.controls import MapControls
from jnn_studio.app.workspaces.explore.map.legend import MapLegend
from jnn_studio.app.workspaces.explore.map.maker import MapMaker, Wish
from jnn_studio.app.workspaces.explore.map.pictures import MapPictures
from jnn_studio.app.workspaces.explore.map.pointed import PointedAt
from jnn_studio.app.workspaces.explore.map.saving import ask_for_picture, ask_for_table
from jnn_studio.app.workspaces.explore.map.standing import MapStanding
from jnn_studio.base.text import counted
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.catalogue import Facet, Picked
from jnn_studio.explore.collection.gallery import same_but_older
from jnn_studio.explore.collection.latent_map import LatentMap, placed
from jnn_studio.explore.collection.surveys import Surveys
from jnn_studio.explore.scene.renderer import Scene
from jnn_studio.explore.state import SourceImage
from jnn_studio.models.weights import LoadedModel

FOLLOW_MS = 30
"""Between two drawings of a walk: the pictures come first."""

LONGEST_TRAIL = 400


class MapPanel(QWidget):
    """Content of the Map dock. While it is hidden, nothing is read or drawn.

    Signals:
        chosen: (source index) walk from this image.
        picked: (Picked) only what a lasso holds.
        all_asked: all images again.
    """

    chosen = Signal(int)
    picked = Signal(object)
    all_asked = Signal()

    def __init__(self, context: AppContext, surveys: Surveys) -> None:
        super().__init__()
        self.setObjectName("explore.map")
        self._maker = MapMaker(context, self, surveys)
        self._pictures = MapPictures(context.loading, self)
        self._source: ImageSource | None = None
        self._models: dict[str, tuple[str, LoadedModel]] = {}
        self._facets: Mapping[str, Facet] = {}
        self._selection: np.ndarray | None = None
        self._scene: Scene | None = None
        self._map: tuple[Wish, LatentMap] | None = None
        self._whole = False
        """Whether it is a map of all images."""
        self._base: int | None = None
        self._trail: list[np.ndarray] = []
        self._follow = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._follow.timeout.connect(self._draw_walk)
        self.controls = MapControls()
        self.canvas = MapCanvas()
        self.pointed_at = PointedAt(self.canvas)
        self.legend = MapLegend()
        self.standing = MapStanding()
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID // 2, GRID // 2, GRID // 2, GRID // 2)
        column.setSpacing(GRID // 2)
        column.addWidget(self.controls)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.legend)
        column.addWidget(self.standing)
        self._save_picture = self._action("save_picture", "Save the map as a picture…", self._ask_for_picture)
        self._save_table = self._action("save_table", "Save the map as a table…", self._ask_for_table)
        self._connect()
        self._show_possible()

    # --- what it is told ---------------------------------------------------------------------------

    def set_source(self, source: ImageSource) -> None:
        """Other images: another map."""
        self._source, self._map, self._selection, self._facets = source, None, None, {}
        self._base = None
        self._pictures.set_source(source)
        self._trail.clear()
        self._maker.cancel()
        self.canvas.set_points(np.empty((0, 2), np.float32), ("", ""))
        self.legend.show_colouring(no_colours(0))
        self.controls.fill_colours(())
        self._ask()

    def set_models(self, columns: Sequence[tuple[str, str, str, LoadedModel]]) -> None:
        """The models in view: key, name, colour role and the model of each."""
        models = {key: (name, loaded) for key, name, _, loaded in columns}
        if models == self._models:
            return
        names = [(key, name) for key, (name, _) in models.items()]
        if names != [(key, name) for key, (name, _) in self._models.items()]:
            self.controls.fill_models(names)
        self._models = models
        self._ask(anew=False)

    def set_facets(self, facets: Mapping[str, Facet]) -> None:
        """What is known of the images, to colour them by."""
        self._facets = facets
        self.controls.fill_colours(facets)
        self._colour()

    def set_selection(self, indices: np.ndarray | None) -> None:
        """The images that the gallery shows; the others step back. None: all."""
        self._selection = indices
        self._select()

    def show_scene(self, scene: Scene) -> None:
        """What is in view, and where its walk has led; drawn a little later, and only if it can be seen."""
        self._scene = scene
        if self.isVisible() and not self._follow.isActive():
            self._follow.start()

    def commands(self) -> list[QAction]:
        """For the menu and the palette."""
        return [self.controls.lasso, self.controls.pictures, self._save_picture, self._save_table]

    # --- construction ------------------------------------------------------------------------------

    def _action(self, name: str, text: str, triggered: Callable[[], object]) -> QAction:
        action = QAction(text, self, objectName=f"explore.map.{name}")
        action.triggered.connect(lambda _=False: triggered())
        return action

    def _connect(self) -> None:
        maker, canvas, controls, standing = self._maker, self.canvas, self.controls, self.standing
        maker.progressed.connect(standing.show_progress)
        maker.made.connect(self._show_map)
        maker.failed.connect(self._show_failure)
        canvas.chosen.connect(self.chosen)
        canvas.pointed.connect(self._show_pointed)
        canvas.lassoed.connect(self._lassoed)
        canvas.pictures_wanted.connect(self._ask_pictures)
        canvas.left_alone.connect(lambda: controls.lasso.setChecked(False))
        controls.model.activated.connect(lambda _: self._ask())
        controls.layout_choice.currentChanged.connect(lambda _: self._ask())
        controls.colour.activated.connect(lambda _: self._colour())
        controls.pictures.toggled.connect(canvas.show_pictures)
        controls.lasso.toggled.connect(self._use_lasso)
        controls.fit.clicked.connect(canvas.fit)
        standing.all.clicked.connect(self.all_asked)
        standing.cancel.clicked.connect(self._cancel)
        standing.make.clicked.connect(lambda: self._ask())
        theme().changed.connect(self._colour)

    # --- maps --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask(anew=False)
        self._follow.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._maker.cancel()

    def _ask(self, anew: bool = True) -> None:
        """The map of the model that is chosen; not ``anew``: one of a run's earlier step will do."""
        key, layout = self.controls.model_key, self.controls.layout_kind
        if self._source is None or key not in self._models or not self.isVisible():
            self._show_possible()
            return
        loaded = self._models[key][1]
        if self._map is not None:
            wish = self._map[0]
            same = wish.source is self._source and wish.layout == layout and self._whole
            if same and (wish.loaded is loaded or (not anew and same_but_older(wish.loaded, loaded))):
                self._maker.cancel()
                self._show_possible()
                return
        if anew or not self._maker.makes_earlier(loaded):
            self._maker.ask(loaded, self._source, layout)

    def _cancel(self) -> None:
        self._maker.cancel()
        self._show_possible()

    def _show_map(self, wish: Wish, found: LatentMap, whole: bool) -> None:
        self._map, self._whole = (wish, found), whole
        self._trail.clear()
        self.canvas.set_points(found.points, found.axes)
        self._colour()
        self._select()
        self._draw_walk()

    def _show_failure(self, why: str) -> None:
        self._show_possible()
        self.standing.say(why, wrong=True)
        if self._map is not None:
            self.controls.choose_layout(self._map[0].layout)  # what is seen is what is chosen

    def _show_possible(self) -> None:
        """What there is to see and to press while nothing is being made."""
        standing, known = self.standing, self._map
        loaded = self._models.get(self.controls.model_key, ("", None))[1]
        older = known is not None and loaded is not None and known[0].loaded is not loaded
        standing.all.setVisible(self._selection is not None)
        standing.make.setVisible(loaded is not None and (known is None or older or not self._whole))
        for action in (self._save_picture, self._save_table):
            action.setEnabled(known is not None)
        if known is None:
            standing.say("No map yet.")
            return
        shown = int(placed(known[1].points).sum())
        words = counted(shown, "image")
        if self._selection is not None:
            words = f"{len(self._selection):,} of {words}"
        note = "Weights of an earlier step." if older else known[1].note
        standing.say(" ".join(filter(None, (f"{words}.", note))))

    # --- colours and the gallery -------------------------------------------------------------------

    def _colour(self) -> None:
        if self._map is None:
            return
        facet = self._facets.get(self.controls.facet_name)
        count = len(self._map[1].points)
        if facet is None or len(facet.values) != count:
            colouring = no_colours(count)
        else:
            colouring = colour_by(facet, theme().is_dark, self._base)
        self.canvas.set_colouring(colouring)
        self.legend.show_colouring(colouring)

    def _select(self) -> None:
        if self._map is None:
            return
        selected = None
        if self._selection is not None:
            selected = np.zeros(len(self._map[1].points), bool)
            selected[self._selection] = True
        self.canvas.set_selected(selected)
        if not self.standing.is_making:
            self._show_possible()

    def _use_lasso(self, on: bool) -> None:
        self.canvas.box.lasso = on
        self.canvas.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)
        self.canvas.setFocus()

    def _lassoed(self, indices: np.ndarray) -> None:
        self.controls.lasso.setChecked(False)
        if len(indices):
            self.picked.emit(Picked("Lasso", indices))
        else:
            self.standing.say("No image is in the lasso.")

    # --- pictures ----------------------------------------------------------------------------------

    def _show_pointed(self, index: int) -> None:
        source, pointed = self._source, self.pointed_at
        if index < 0 or source is None:
            pointed.hide()
            return
        name = source.label(index)
        above = self.canvas.place_of(index).y() > self.canvas.height() / 2
        self.canvas.setAccessibleDescription(name)
        pointed.show_image(name, self._pictures.known.get(index), above)

        def seen() -> None:
            if pointed.isVisible() and pointed.name.text() == name:
                pointed.show_image(name, self._pictures.known.get(index), above)

        self._pictures.ask([index], seen, one=True)

    def _ask_pictures(self, indices: np.ndarray) -> None:
        self._pictures.ask(indices.tolist(), lambda: self.canvas.set_pictures(self._pictures.known))

    # --- the walk ----------------------------------------------------------------------------------

    def _draw_walk(self) -> None:
        scene, key = self._scene, self.controls.model_key
        if scene is None or self._map is None or not self.isVisible():
            return
        wish, found = self._map
        image = scene.state.base.image
        inside = isinstance(image, SourceImage) and image.index < len(found.points)
        self._show_base(image.index if isinstance(image, SourceImage) and inside else None)
        view = next((view for view in scene.columns if view.column.key == key), None)
        if view is None or found.place is None or view.loaded is not wish.loaded:
            self.canvas.set_walk(None)
            return
        start, here = view.place.latent.numpy(), view.moved.latent.numpy()
        if view.moved.rms == 0 or not self._trail or not np.array_equal(self._trail[0], start):
            self._trail = [start]
        # A curve is drawn by where it was seen; what is straight in the latent space is straight here.
        curved = scene.state.mode == "curved"
        self._trail = [*self._trail[: LONGEST_TRAIL - 1], here] if curved else [start, here]
        moved = view.moved.rms > 0 or scene.state.base.latents is not None
        self.canvas.set_walk(found.place(np.stack(self._trail)) if moved else None, view.role)

    def _show_base(self, base: int | None) -> None:
        if base != self._base:
            self._base = base
            facet = self._facets.get(self.controls.facet_name)
            if facet is not None and facet.categories:
                self._colour()  # the folder of the image in view has a colour of its own
        self.canvas.set_base(base)

    # --- files -------------------------------------------------------------------------------------

    def _ask_for_picture(self) -> None:
        seen = self.canvas.geometry()
        if self.legend.isVisible():
            seen = seen.united(self.legend.geometry())
        ask_for_picture(self, seen, self._title())

    def _ask_for_table(self) -> None:
        if self._map is not None and self._source is not None:
            ask_for_table(self, self._map[1], self._source, self._facets, self._title())

    def _title(self) -> str:
        source = "" if self._source is None else self._source.name
        return f"map of {source} {self.controls.layout_choice.current}"
