"""Directions that all images have in common, found on the loading thread and kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.explore.desk.opened import Models
from jnn_studio.base.watch import Watch
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.directions.averaged import AveragedDirections, average_directions
from jnn_studio.explore.scene.renderer import AveragedByModel, averages
from jnn_studio.explore.state import DirectionKind, ExploreState
from jnn_studio.models.weights import LoadedModel

KEPT = 24

Wanted = tuple[str, DirectionKind]
"""A column's reference, and the kind of its directions."""


class Averaging(QObject):
    """By model, kind and images; a run under way is shown with those of its last weights but one.

    Signals:
        averaging: (Progress | None) how far it is.
    """

    averaging = Signal(object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._found: OrderedDict[tuple[Wanted, str], tuple[LoadedModel, AveragedDirections]] = OrderedDict()
        self._under_way: tuple[Wanted, str] | None = None

    def known(
        self, state: ExploreState, models: Models, source: ImageSource, live: bool
    ) -> AveragedByModel | None:
        """What the columns of a state need; None while something is missing.

        ``live`` allows for averages of earlier weights, until `find` has newer ones.
        """
        found = {}
        for wanted in _wanted(state):
            known = self._found.get((wanted, source.key))
            if known is None or not (live or known[0] is models[wanted[0]]):
                return None
            found[wanted] = known[1]
        return found

    def find(
        self,
        state: ExploreState,
        models: Models,
        source: ImageSource,
        done: Callable[[], None],
        failed: Callable[[Failure], None],
    ) -> None:
        """Find one of those that are missing or of earlier weights; asked again meanwhile it goes on."""
        for wanted in _wanted(state):
            known = self._found.get((wanted, source.key))
            if known is None or known[0] is not models[wanted[0]]:
                # A run under way has newer weights every second: an average that has begun is ended first.
                if self._under_way != (wanted, source.key):
                    self._find(wanted, models[wanted[0]], source, done, failed)
                return

    @property
    def under_way(self) -> bool:
        """Whether directions are being averaged just now."""
        return self._under_way is not None

    def cancel(self) -> None:
        """Find none after all."""
        self._context.loading.cancel("averaging")

    def _find(
        self,
        wanted: Wanted,
        loaded: LoadedModel,
        source: ImageSource,
        done: Callable[[], None],
        failed: Callable[[Failure], None],
    ) -> None:
        key = wanted, source.key
        self._under_way = key

        def work(watch: Watch) -> AveragedDirections:
            return average_directions(loaded, wanted[1], source, watch)

        def ended(then: Callable[[], object]) -> None:
            self._under_way = None
            self.averaging.emit(None)
            then()

        def keep(found: AveragedDirections) -> None:
            self._found[key] = loaded, found
            while len(self._found) > KEPT:
                self._found.popitem(last=False)
            done()

        self._context.loading.request(
            self,
            "averaging",
            work,
            lambda found: ended(lambda: keep(found)),
            lambda failure: ended(lambda: failed(failure)),
            progressed=self.averaging.emit,
            cancelled=lambda: ended(lambda: None),
        )


def _wanted(state: ExploreState) -> list[Wanted]:
    columns = (column for column in state.columns if averages(state, column))
    return list(dict.fromkeys((column.where, column.directions) for column in columns))
