"""Makes maps away from the interface's thread: reads a collection's latents, then lays them out."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.base.watch import Progress, Watch
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.gallery import Survey, Surveyor, same_but_older
from jnn_studio.explore.collection.latent_map import LatentMap, Layout, make_map, unavailable
from jnn_studio.explore.collection.surveys import Surveys
from jnn_studio.models.weights import LoadedModel

CHUNK = 64
KEPT = 6
FIRST, FURTHER = 256, 4
"""Images read before there is a first map, and how many times as many before the next."""


@dataclass(frozen=True, eq=False)
class Wish:
    """A map of these images' latents under this model."""

    loaded: LoadedModel
    source: ImageSource
    layout: Layout


class MapMaker(QObject):
    """One map at a time, the newest wish; those made lately are kept.

    Signals:
        progressed: (Progress | None) how far it is; None: nothing is being made.
        made: (Wish, LatentMap, whole) while latents are read also of those there are: not ``whole``.
        failed: (why).
    """

    progressed = Signal(object)
    made = Signal(object, object, bool)
    failed = Signal(str)

    def __init__(self, context: AppContext, parent: QObject, surveys: Surveys) -> None:
        super().__init__(parent)
        self._context, self._surveys = context, surveys
        self._wish: Wish | None = None
        self._kept: OrderedDict[tuple[int, int, Layout], tuple[Wish, LatentMap]] = OrderedDict()
        self._layouts: Worker | None = None
        """A thread for layouts that take long: nothing else waits for them."""

    def ask(self, loaded: LoadedModel, source: ImageSource, layout: Layout) -> None:
        """Make a map, unless this very one is under way."""
        wish = self._wish
        if wish is not None and (wish.loaded, wish.source, wish.layout) == (loaded, source, layout):
            return
        self.cancel()
        found = self._kept.get((id(loaded), id(source), layout))
        if found is not None:
            self.made.emit(*found, True)
            return
        if why := unavailable(layout):
            self.failed.emit(why)
            return
        self._wish = Wish(loaded, source, layout)
        known = self._surveys.known(loaded, source)
        if known is not None and known.complete:
            self._lay_out(self._wish, known)
        else:
            self._read(self._wish, Surveyor(loaded, source, known), FIRST)

    def makes_earlier(self, loaded: LoadedModel) -> bool:
        """Whether a map is under way of this model, or of the same member of its run at an earlier step."""
        return self._wish is not None and same_but_older(self._wish.loaded, loaded)

    def cancel(self) -> None:
        """Make none after all; what has been read of the latents is kept."""
        self._wish = None
        self._context.loading.forget("map latents")
        for worker in filter(None, (self._context.loading, self._layouts)):
            worker.forget("map layout")
        self.progressed.emit(None)

    def _read(self, wish: Wish, surveyor: Surveyor, shown_from: int) -> None:
        """A chunk at a time: thumbnails and images are served in between."""

        def work(_: Watch) -> tuple[Survey, LatentMap | None]:
            survey = surveyor.advance(CHUNK)
            early = wish.layout == "pca" and not survey.complete and survey.done >= shown_from
            return survey, make_map("pca", _padded(survey)) if early else None

        def arrived(done: tuple[Survey, LatentMap | None]) -> None:
            survey, found = done
            self._surveys.keep(wish.loaded, wish.source, survey)
            if wish is not self._wish:
                return
            if survey.complete:
                self._lay_out(wish, survey)
            else:
                self.progressed.emit(Progress(survey.done, survey.total, "Reading latents"))
                if found is not None:
                    self.made.emit(wish, found, False)
                self._read(wish, surveyor, shown_from if found is None else FURTHER * survey.done)

        self._context.loading.request(self, "map latents", work, arrived, self._gave_up)

    def _lay_out(self, wish: Wish, survey: Survey) -> None:
        worker = self._context.loading
        if wish.layout != "pca":
            if self._layouts is None or not self._layouts.alive:
                self._layouts = self._context.new_worker("map layout")
            worker = self._layouts
        self.progressed.emit(Progress(0, 0, "Laying out the map"))

        def work(watch: Watch) -> LatentMap:
            return make_map(wish.layout, survey.latents, watch)

        def arrived(found: LatentMap) -> None:
            if wish is not self._wish:
                return
            self._wish = None
            self._kept[id(wish.loaded), id(wish.source), wish.layout] = wish, found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            self.progressed.emit(None)
            self.made.emit(wish, found, True)

        worker.request(self, "map layout", work, arrived, self._gave_up)

    def _gave_up(self, failure: Failure) -> None:
        self._wish = None
        self.progressed.emit(None)
        self.failed.emit(failure.text)


def _padded(survey: Survey) -> np.ndarray:
    """Latents (images, latent), NaN where they have not been read yet."""
    latents = np.full((survey.total, survey.latents.shape[1]), np.nan, np.float32)
    latents[: survey.done] = survey.latents
    return latents
