"""The images of the open source: searched, filtered, and ordered by what a model makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.explore.gallery.bar import GalleryBar, NothingFound
from jnn_studio.app.workspaces.explore.gallery.image_list import ImageList
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FacesConfig, FolderConfig, GivenConfig
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.catalogue import Catalogue, Filter, Order, Picked, Query, Selection, Table
from jnn_studio.explore.collection.gallery import Survey, Surveyor, same_but_older
from jnn_studio.explore.collection.surveys import Surveys
from jnn_studio.models.weights import LoadedModel

REORDER_MS = 500
"""While a survey runs, how often what it found is put in order."""

Ordering = Order | Literal["nearest_moved"]

ORDERS: dict[Ordering, tuple[str, str]] = {
    "file": ("File order", "The images in the order of their files"),
    "worst": ("Worst reconstruction first", "Measures how well the model reconstructs each image"),
    "best": ("Best reconstruction first", "Measures how well the model reconstructs each image"),
    "nearest": ("Nearest to the image in view", "By Euclidean distance in the model's latent space"),
    "nearest_moved": ("Nearest to the moved image", "By distance from the latent the walk has led to"),
}


@dataclass
class _Measured:
    """A survey of the source by one model; the surveyor belongs to the loading thread."""

    surveyor: Surveyor
    found: Survey | None = None


@dataclass(frozen=True)
class _Anchor:
    """What "nearest" is nearest to: an image of the source, or a latent of each model."""

    name: str
    index: int | None = None
    latents: Mapping[str, np.ndarray] | None = None


class Gallery(QWidget):
    """Content of the Images dock. All work is done on the loading thread, a chunk at a time."""

    chosen = Signal(int)
    """Source index"""
    table_asked = Signal()
    facets_changed = Signal(object)
    """What is known of every image, by name: `Facet`"""
    selection_changed = Signal(object)
    """Source indices of the images shown; None: all"""

    def __init__(self, context: AppContext, surveys: Surveys | None = None) -> None:
        super().__init__()
        self.setObjectName("explore.gallery")
        self._worker = context.loading
        self._surveys = Surveys() if surveys is None else surveys
        self._source: ImageSource | None = None
        self._config: FacesConfig | FolderConfig | GivenConfig | None = None
        self._table: Table | None = None
        self._catalogue: Catalogue | None = None
        self._query = Query()
        self._current: int | None = None
        self._models: dict[str, tuple[str, LoadedModel]] = {}
        self._key = ""
        self._moved: dict[str, np.ndarray] = {}
        self._anchor: _Anchor | None = None
        self._measured: dict[str, _Measured] = {}
        self._paused: _Measured | None = None
        self._wrong = ""
        self._since = QElapsedTimer()
        self._make_actions()
        self.bar = GalleryBar([self._orders[name] for name in ORDERS])
        self.images = ImageList(context.loading)
        nothing = NothingFound()
        nothing.clear.clicked.connect(self.clear)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.images)
        self._stack.addWidget(nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self._stack, 1)
        self.images.served.connect(self._go_on)
        self.images.chosen.connect(self._choose)
        self.bar.text_changed.connect(lambda text: self._ask(replace(self._query, text=text)))
        self.bar.filter_added.connect(self.add_filter)
        self.bar.filter_removed.connect(self.remove_filter)
        self.bar.picked_removed.connect(lambda: self.pick(None))
        self.bar.model_chosen.connect(self._choose_model)
        self.bar.table_asked.connect(self.table_asked)
        self.bar.set_facets({}, False)
        self._show_possible()

    # --- what it is told ---------------------------------------------------------------------------

    def actions(self) -> list[QAction]:
        """For the command palette."""
        return [*self._orders.values(), self._clear, self._find]

    def set_source(self, source: ImageSource, config: FacesConfig | FolderConfig | GivenConfig) -> None:
        """Show another source, all of it, in its own order, without an attribute table."""
        for key in ("gallery survey", "gallery select"):
            self._worker.forget(key)
        self.bar.show_progress(0, 0)
        self._source, self._config, self._table, self._catalogue = source, config, None, None
        self._current = self._anchor = None
        self._wrong = ""
        self._measured.clear()
        self._query = Query()
        blocked = self.bar.blockSignals(True)
        self.bar.search.clear()
        self.bar.blockSignals(blocked)
        self._orders["file"].setChecked(True)
        self.images.set_source(source)
        self._stack.setCurrentIndex(0)
        self.bar.set_facets({}, isinstance(config, FolderConfig))
        self.facets_changed.emit({})
        self.selection_changed.emit(None)
        self.bar.show_count(len(source), len(source))
        self._show_query()
        self._show_possible()
        self._open_catalogue()

    def set_table(self, table: Table | None) -> None:
        """Attributes of the source's images, to filter by."""
        if table is not self._table:
            self._table = table
            self._open_catalogue()

    def set_models(self, columns: Sequence[tuple[str, str, str, LoadedModel]]) -> None:
        """The models in view: key, name, colour role and the model of each."""
        models = {key: (name, loaded) for key, name, _, loaded in columns}
        if models == self._models:
            return
        self._models = models
        for key in list(self._measured):
            if key not in models or not same_but_older(self._measured[key].surveyor.loaded, models[key][1]):
                del self._measured[key]
        if self._key not in models:
            self._key = next(iter(models), "")
        self.bar.set_models([(key, name) for key, (name, _) in models.items()], self._key)
        self._show_possible()
        if self._query.order != "file":
            self._measure()

    def set_moved(self, latents: Mapping[str, np.ndarray]) -> None:
        """Where the walk has led, (latent,) for each model's key; empty if nowhere."""
        self._moved = {key: np.asarray(latent, np.float32) for key, latent in latents.items()}
        self._show_possible()

    def show_current(self, index: int | None) -> None:
        """The image in view; None if it is none of these."""
        if index != self._current:
            self._current = index
            self.images.show_current(index)
            self._show_possible()

    def show_target(self, index: int | None) -> None:
        """The image that is blended towards; None if it is none of these, or there is none."""
        self.images.show_target(index)

    # --- what is asked of it -----------------------------------------------------------------------

    @property
    def query(self) -> Query:
        """What is asked for."""
        return self._query

    def add_filter(self, wanted: Filter) -> None:
        """Show only images within ``wanted`` too; it replaces one of the same name."""
        others = tuple(known for known in self._query.filters if known.name != wanted.name)
        self._ask(replace(self._query, filters=(*others, wanted)))

    def remove_filter(self, wanted: Filter) -> None:
        """Do not ask for ``wanted`` any more."""
        kept = tuple(known for known in self._query.filters if known != wanted)
        self._ask(replace(self._query, filters=kept))

    def pick(self, picked: Picked | None) -> None:
        """Show only images that were picked elsewhere; None: not only these."""
        self._ask(replace(self._query, picked=picked))

    def clear(self) -> None:
        """Ask for all images again, in the order they are in."""
        blocked = self.bar.blockSignals(True)
        self.bar.search.clear()
        self.bar.blockSignals(blocked)
        self._ask(replace(self._query, text="", filters=(), picked=None))

    def order_by(self, name: Ordering) -> None:
        """One of `ORDERS`; choosing one again measures anew if the weights have changed.

        Nothing happens where its action is disabled.
        """
        if not self._orders[name].isEnabled():
            return
        measured = self._measured.get(self._key)
        if measured is not None and measured.surveyor.loaded is not self._models[self._key][1]:
            del self._measured[self._key]
        self._anchor = None
        if name == "nearest" and self._current is not None and self._source is not None:
            self._anchor = _Anchor(self._source.label(self._current), index=self._current)
        elif name == "nearest_moved":
            self._anchor = _Anchor("the moved image", latents=dict(self._moved))
        self._orders[name].setChecked(True)
        self._query = replace(self._query, order="nearest" if name == "nearest_moved" else name)
        self._show_query()
        self._measure()

    # --- parts -------------------------------------------------------------------------------------

    def _make_actions(self) -> None:
        group = QActionGroup(self)
        self._orders: dict[str, QAction] = {}
        for name, (text, tip) in ORDERS.items():
            action = QAction(text, self, objectName=f"explore.gallery.{name}")
            action.setToolTip(tip)
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, name=name: self.order_by(name))
            group.addAction(action)
            self._orders[name] = action
        self._orders["file"].setChecked(True)
        self._clear = QAction("Clear image filters", self, objectName="explore.gallery.clear")
        self._clear.triggered.connect(lambda _=False: self.clear())
        self._find = QAction("Search images", self, objectName="explore.gallery.find")
        self._find.triggered.connect(lambda _=False: self.bar.search.setFocus())

    def _choose(self, index: int) -> None:
        self._current = index
        self._show_possible()
        self.chosen.emit(index)

    def _choose_model(self, key: str) -> None:
        self._key = key
        self.bar.set_models([(k, name) for k, (name, _) in self._models.items()], key)
        if self._query.order != "file":
            self._measure()

    def _show_possible(self) -> None:
        some = self._source is not None and bool(self._models)
        self._orders["worst"].setEnabled(some)
        self._orders["best"].setEnabled(some)
        self._orders["nearest"].setEnabled(some and self._current is not None)
        self._orders["nearest_moved"].setEnabled(some and bool(self._moved))
        self._clear.setEnabled(not self._query.is_everything)

    def _ask(self, query: Query) -> None:
        if query != self._query:
            self._query = query
            self._show_query()
            self._select()

    def _show_query(self) -> None:
        self.bar.show_filters(self._query.filters, self._query.picked)
        short = {"file": "File order", "worst": "Worst first", "best": "Best first"}
        self.bar.show_order(short.get(self._query.order, "Nearest"))
        self._clear.setEnabled(not self._query.is_everything)

    def _open_catalogue(self) -> None:
        source, table = self._source, self._table
        if source is None:
            return

        def opened(catalogue: Catalogue) -> None:
            self._catalogue = catalogue
            self.bar.set_facets(catalogue.facets, isinstance(self._config, FolderConfig))
            self.facets_changed.emit(catalogue.facets)
            kept = tuple(wanted for wanted in self._query.filters if wanted.name in catalogue.facets)
            self._query = replace(self._query, filters=kept)
            self._show_query()
            self._select()

        self._worker.request(
            self, "gallery catalogue", lambda _: Catalogue(source, table), opened, self._failed
        )

    def _measure(self) -> None:
        """Survey what is not surveyed yet of the order asked for, then show it."""
        self._since.start()
        self._wrong = ""
        if self._query.order == "file" or self._source is None or self._key not in self._models:
            self._worker.forget("gallery survey")
            self.bar.show_progress(0, 0)
            self._select()
            return
        measured = self._measured.get(self._key)
        if measured is None:
            loaded, source = self._models[self._key][1], self._source
            measured = _Measured(Surveyor(loaded, source, self._surveys.known(loaded, source)))
            self._measured[self._key] = measured
        self._advance(measured)
        self._select()

    def _go_on(self) -> None:
        measured, self._paused = self._paused, None
        if measured is not None and measured is self._measured.get(self._key) and self._query.order != "file":
            self._advance(measured)

    def _advance(self, measured: _Measured) -> None:
        def surveyed(found: Survey) -> None:
            measured.found = found
            self._surveys.keep(measured.surveyor.loaded, measured.surveyor.source, found)
            self.bar.show_progress(found.done, found.total)
            if not found.complete:
                if self.images.is_waiting:  # what is looked at comes first
                    self._paused = measured
                else:
                    self._advance(measured)
            if found.complete or self._since.elapsed() > REORDER_MS:
                self._since.start()
                self._select(keep_place=True)

        self._worker.request(
            self, "gallery survey", lambda _: measured.surveyor.advance(), surveyed, self._failed
        )

    def _select(self, keep_place: bool = False) -> None:
        catalogue, query, anchor = self._catalogue, self._query, self._anchor
        measured = self._measured.get(self._key) if query.order != "file" else None
        key = self._key
        if catalogue is None:
            return

        def work(_: Watch) -> Selection | None:
            survey = None if measured is None else measured.found
            if query.is_everything and survey is None:
                return None
            target = None
            if anchor is not None and measured is not None:
                target = (
                    measured.surveyor.latent(anchor.index)
                    if anchor.index is not None
                    else (anchor.latents or {}).get(key)
                )
            return catalogue.select(replace(query, target=target), survey)

        def selected(selection: Selection | None) -> None:
            self._show(selection, measured, keep_place)

        self._worker.request(self, "gallery select", work, selected, self._failed)

    def _show(self, selection: Selection | None, measured: _Measured | None, keep_place: bool) -> None:
        total = len(self._source) if self._source is not None else 0
        shown = total if selection is None else len(selection.indices)
        nearest = self._query.order == "nearest"
        self.images.set_selection(selection, "" if nearest else "dB", keep_place)
        self.selection_changed.emit(None if shown == total or selection is None else selection.indices)
        self._stack.setCurrentIndex(0 if shown or not total else 1)
        self.bar.show_count(shown, total)
        self.bar.show_note(self._wrong, wrong=True)
        if not self._wrong and measured is not None and self._key in self._models:
            name, loaded = self._models[self._key]
            what = f"Distance from {self._anchor.name}" if nearest and self._anchor else "PSNR in dB"
            older = "" if measured.surveyor.loaded is loaded else " (weights of an earlier step)"
            self.bar.show_note(f"{what}, {name}{older}")

    def _failed(self, failure: Failure) -> None:
        self.bar.show_progress(0, 0)
        self._wrong = f"The images could not be looked through: {failure.text}"
        self.bar.show_note(self._wrong, wrong=True)
