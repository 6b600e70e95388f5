"""A map of the images: where a model puts them, to choose from, to cut out from, and to follow a walk on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.app.widgets.eliding_combo import ElidingCombo
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspaces.explore.gallery.thumbnails import SIDE, pixmap
from jnn_studio.app.workspaces.explore.map.canvas import MapCanvas
from jnn_studio.app.workspaces.explore.map.colouring import colour_by, no_colours
from jnn_studio.app.workspaces.explore.map.legend import MapLegend
from jnn_studio.app.workspaces.explore.map.maker import MapMaker, Wish
from jnn_studio.app.workspaces.explore.map.pointed import PointedAt
from jnn_studio.base.text import counted
from jnn_studio.base.watch import Progress
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.catalogue import Facet, Picked
from jnn_studio.explore.gallery import same_but_older
from jnn_studio.explore.latent_map import LatentMap, Layout, placed
from jnn_studio.explore.renderer import Scene
from jnn_studio.explore.state import SourceImage
from jnn_studio.explore.surveys import Surveys
from jnn_studio.models.weights import LoadedModel

FOLLOW_MS = 30
"""Between two drawings of a walk: the pictures come first."""

KEPT_PICTURES = 2048
LONGEST_TRAIL = 400

LAYOUTS: Mapping[str, tuple[str, str]] = {
    "pca": ("PCA", "Along two principal components of the latents: at once, and straight walks are straight"),
    "umap": ("UMAP", "Neighbours in the latent space together, by umap-learn; far distances mean little"),
}


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
        self._worker = context.loading
        self._maker = MapMaker(context, self, surveys)
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
        self._pictures: OrderedDict[int, QPixmap] = OrderedDict()
        self._follow = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._follow.timeout.connect(self._draw_walk)
        self._build()
        self._connect()
        self._show_possible()

    # --- what it is told ---------------------------------------------------------------------------

    def set_source(self, source: ImageSource) -> None:
        """Other images: another map."""
        self._source, self._map, self._selection, self._facets = source, None, None, {}
        self._base = None
        self._pictures.clear()
        self._trail.clear()
        self._maker.cancel()
        self.canvas.set_points(np.empty((0, 2), np.float32), ("", ""))
        self.legend.show_colouring(no_colours(0))
        self._fill_colours()
        self._ask()

    def set_models(self, columns: Sequence[tuple[str, str, str, LoadedModel]]) -> None:
        """The models in view: key, name, colour role and the model of each."""
        models = {key: (name, loaded) for key, name, _, loaded in columns}
        if models == self._models:
            return
        names = [(key, name) for key, (name, _) in models.items()]
        if names != [(key, name) for key, (name, _) in self._models.items()]:
            chosen = self.model.currentData()
            with QSignalBlocker(self.model):
                self.model.clear()
                for key, name in names:
                    self.model.addItem(name, key)
                # Of a pair the last is the regularised one.
                at = self.model.findData(chosen)
                self.model.setCurrentIndex(at if at >= 0 else self.model.count() - 1)
        self._models = models
        self._ask(anew=False)

    def set_facets(self, facets: Mapping[str, Facet]) -> None:
        """What is known of the images, to colour them by."""
        self._facets = facets
        self._fill_colours()
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
        return [self.lasso, self.pictures]

    # --- construction ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.model = self._combo("model", "Whose latents are shown")
        self.layout_choice = SegmentedControl(LAYOUTS, "explore.map.layout", "Layout of the map")
        self.colour = self._combo("colour", "What the colours tell: a factor, an attribute or a folder")
        self.pictures = self._toggle(
            "pictures", "Pictures", "Pictures on the map", "Pictures of the images where there is room"
        )
        self.lasso = self._toggle(
            "lasso",
            "Lasso",
            "Lasso on the map",
            "Draw around images with the left mouse button: the gallery then shows only these",
        )
        fit = IconButton("fit", "Show all of the map", "explore.map.fit")
        self.canvas = MapCanvas()
        self.canvas.setToolTip("")
        self.pointed_at = PointedAt(self.canvas)
        self.legend = MapLegend()
        self.words = QLabel(objectName="explore.map.words")
        self.words.setFont(ui_font(0.92, digits=True))
        self.words.setProperty("tone", "muted")
        self.words.setWordWrap(True)
        self.all = QPushButton("Show all", objectName="explore.map.all")
        self.all.setToolTip("Show all images again, in the gallery too")
        self.all.setAccessibleName("Show all images again")
        self.progress = QProgressBar(objectName="explore.map.progress")
        self.progress.setToolTip("How far the map is")
        self.progress.setAccessibleName("How far the map is")
        self.progress.setTextVisible(False)
        self.cancel = QPushButton("Cancel", objectName="explore.map.cancel")
        self.cancel.setToolTip("Make no map; what was read is kept")
        self.cancel.setAccessibleName("Cancel the map")
        self.make = QPushButton("Make the map", objectName="explore.map.make")
        self.make.setToolTip("Read the latents of all images and lay them out")
        self.make.setAccessibleName("Make the map")
        first, second, last = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row, parts in (
            (first, (self.model, self.layout_choice)),
            (second, (self.colour, self.pictures, self.lasso, fit)),
            (last, (self.words, self.progress, self.make, self.cancel, self.all)),
        ):
            row.setSpacing(GRID // 2)
            for part in parts:
                if isinstance(part, QAction):
                    row.addWidget(_button(part))
                else:
                    row.addWidget(part, 1 if part in (self.model, self.colour, self.words) else 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID // 2, GRID // 2, GRID // 2, GRID // 2)
        column.setSpacing(GRID // 2)
        column.addLayout(first)
        column.addLayout(second)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.legend)
        column.addLayout(last)
        fit.clicked.connect(self.canvas.fit)
        self.progress.hide()
        self.cancel.hide()
        self._fill_colours()

    def _combo(self, name: str, tip: str) -> QComboBox:
        combo = ElidingCombo(f"explore.map.{name}", tip)
        combo.setMinimumWidth(10 * GRID)
        return combo

    def _toggle(self, name: str, text: str, command: str, tip: str) -> QAction:
        """A button, and an action for the menu and the palette."""
        action = QAction(command, self, objectName=f"explore.map.{name}", checkable=True)
        action.setIconText(text)
        action.setToolTip(tip)
        return action

    def _connect(self) -> None:
        maker, canvas = self._maker, self.canvas
        maker.progressed.connect(self._show_progress)
        maker.made.connect(self._show_map)
        maker.failed.connect(self._show_failure)
        canvas.chosen.connect(self.chosen)
        canvas.pointed.connect(self._show_pointed)
        canvas.lassoed.connect(self._lassoed)
        canvas.pictures_wanted.connect(self._ask_pictures)
        canvas.left_alone.connect(lambda: self.lasso.setChecked(False))
        self.model.activated.connect(lambda _: self._ask())
        self.layout_choice.currentChanged.connect(lambda _: self._ask())
        self.colour.activated.connect(lambda _: self._colour())
        self.pictures.toggled.connect(canvas.show_pictures)
        self.lasso.toggled.connect(self._use_lasso)
        self.all.clicked.connect(self.all_asked)
        self.cancel.clicked.connect(self._cancel)
        self.make.clicked.connect(lambda: self._ask())
        theme().changed.connect(self._colour)

    # --- maps --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask(anew=False)
        self._follow.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._maker.cancel()

    @property
    def _layout(self) -> Layout:
        return "umap" if self.layout_choice.current == "umap" else "pca"

    def _ask(self, anew: bool = True) -> None:
        """The map of the model that is chosen; not ``anew``: one of a run's earlier step will do."""
        key = self.model.currentData()
        if self._source is None or key not in self._models or not self.isVisible():
            self._show_possible()
            return
        loaded = self._models[key][1]
        if self._map is not None:
            wish = self._map[0]
            same = wish.source is self._source and wish.layout == self._layout and self._whole
            if same and (wish.loaded is loaded or (not anew and same_but_older(wish.loaded, loaded))):
                self._show_possible()
                return
        if anew or not self._maker.makes_earlier(loaded):
            self._maker.ask(loaded, self._source, self._layout)

    def _cancel(self) -> None:
        self._maker.cancel()
        self._show_possible()

    def _show_progress(self, now: Progress | None) -> None:
        self.progress.setVisible(now is not None)
        self.cancel.setVisible(now is not None)
        if now is not None:
            self.progress.setRange(0, now.total)
            self.progress.setValue(now.done)
            how_far = f" of {now.done:,} of {counted(now.total, 'image')}" if now.total else "…"
            self._say(f"{now.what}{how_far}")
            self.make.hide()
            self.all.hide()

    def _show_map(self, wish: Wish, found: LatentMap, whole: bool) -> None:
        new = self._map is None or self._map[0].source is not wish.source
        self._map, self._whole = (wish, found), whole
        self._trail.clear()
        self.canvas.set_points(found.points, found.axes)
        if new:
            self._fill_colours()
        self._colour()
        self._select()
        self._draw_walk()

    def _show_failure(self, why: str) -> None:
        self._show_possible()
        self._say(why, wrong=True)
        if self._layout == "umap" and self._map is not None and self._map[0].layout == "pca":
            with QSignalBlocker(self.layout_choice):
                self.layout_choice.current = "pca"

    def _show_possible(self) -> None:
        """What there is to see and to press while nothing is being made."""
        self.all.setVisible(self._selection is not None)
        key = self.model.currentData()
        older = (
            self._map is not None and key in self._models and self._map[0].loaded is not self._models[key][1]
        )
        wanting = self._map is None or older or not self._whole
        self.make.setVisible(wanting and self._source is not None and bool(self._models))
        if self._map is None:
            self._say("No map yet.")
            return
        found = self._map[1]
        shown = int(placed(found.points).sum())
        if self._selection is not None:
            words = f"{len(self._selection):,} of {shown:,} images"
        else:
            words = counted(shown, "image")
        note = "Weights of an earlier step." if older else found.note
        self._say(" ".join(filter(None, (f"{words}.", note))))

    def _say(self, words: str, wrong: bool = False) -> None:
        self.words.setText(words)
        self.words.setProperty("tone", "danger" if wrong else "muted")
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)

    # --- colours and the gallery -------------------------------------------------------------------

    def _fill_colours(self) -> None:
        chosen = self.colour.currentData()
        with QSignalBlocker(self.colour):
            self.colour.clear()
            self.colour.addItem("No colours", "")
            for name in self._facets:
                self.colour.addItem(name, name)
            self.colour.setCurrentIndex(max(0, self.colour.findData(chosen)))
        self.colour.setEnabled(bool(self._facets))

    def _colour(self) -> None:
        if self._map is None:
            return
        facet = self._facets.get(str(self.colour.currentData()))
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
        if self.progress.isHidden():
            self._show_possible()

    def _use_lasso(self, on: bool) -> None:
        self.canvas.box.lasso = on
        self.canvas.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)
        self.canvas.setFocus()

    def _lassoed(self, indices: np.ndarray) -> None:
        self.lasso.setChecked(False)
        if len(indices):
            self.picked.emit(Picked("Lasso", indices))
        else:
            self._say("No image is in the lasso.")

    # --- pictures ----------------------------------------------------------------------------------

    def _show_pointed(self, index: int) -> None:
        source = self._source
        if index < 0 or source is None:
            self.pointed_at.hide()
            return
        name, place = source.label(index), self.canvas.place_of(index)
        above = place.y() > self.canvas.height() / 2
        self.pointed_at.show_image(name, self._pictures.get(index), above)
        self.canvas.setAccessibleDescription(name)
        if index not in self._pictures:

            def arrived(pictures: np.ndarray) -> None:
                self._keep([index], pictures)
                if self.pointed_at.isVisible() and self.pointed_at.name.text() == name:
                    self.pointed_at.show_image(name, self._pictures[index], above)

            self._worker.request(
                self, "map pointed", lambda _: source.thumbnails([index], SIDE), arrived, _unseen
            )

    def _ask_pictures(self, indices: np.ndarray) -> None:
        source = self._source
        missing = [index for index in indices.tolist() if index not in self._pictures]
        if source is None or not missing:
            self.canvas.set_pictures(self._pictures)
            return

        def arrived(pictures: np.ndarray) -> None:
            self._keep(missing, pictures)
            self.canvas.set_pictures(self._pictures)

        self._worker.request(
            self, "map pictures", lambda _: source.thumbnails(missing, SIDE), arrived, _unseen
        )

    def _keep(self, indices: Sequence[int], pictures: np.ndarray) -> None:
        for index, picture in zip(indices, pictures, strict=True):
            self._pictures[index] = pixmap(picture)
        while len(self._pictures) > KEPT_PICTURES:
            self._pictures.popitem(last=False)

    # --- the walk ----------------------------------------------------------------------------------

    def _draw_walk(self) -> None:
        scene, key = self._scene, self.model.currentData()
        if scene is None or self._map is None or not self.isVisible():
            return
        wish, found = self._map
        view = next((view for view in scene.columns if view.column.key == key), None)
        image = scene.state.base.image
        base = image.index if isinstance(image, SourceImage) and wish.source is self._source else None
        if base is not None and base >= len(found.points):
            base = None
        if base != self._base:
            self._base = base
            facet = self._facets.get(str(self.colour.currentData()))
            if facet is not None and facet.categories:
                self._colour()
        self.canvas.set_base(base)
        if view is None or found.place is None or view.loaded is not wish.loaded:
            self.canvas.set_walk(None)
            return
        start, here = view.place.latent.numpy(), view.moved.latent.numpy()
        if view.moved.rms == 0 or not self._trail or not np.array_equal(self._trail[0], start):
            self._trail = [start]
        if scene.state.mode == "curved":
            self._trail = [*self._trail[: LONGEST_TRAIL - 1], here]
        else:
            self._trail = [start, here]
        moved = view.moved.rms > 0 or scene.state.base.latents is not None
        self.canvas.set_walk(found.place(np.stack(self._trail)) if moved else None, view.role)


def _button(action: QAction) -> QToolButton:
    button = QToolButton(objectName=f"{action.objectName()}.button")
    button.setDefaultAction(action)
    button.setAccessibleName(action.toolTip())
    return button


def _unseen(failure: Failure) -> None:
    """A picture that cannot be made is not shown."""
