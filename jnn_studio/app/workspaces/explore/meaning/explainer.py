"""Finds out what directions mean, away from the interface's thread, for as long as somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from torch import Tensor

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.base.watch import Watch
from jnn_studio.data.attributes import AttributeTable, open_attributes
from jnn_studio.data.folder_names import folder_attributes, with_folders
from jnn_studio.data.source import FactorSource, ImageSource
from jnn_studio.explore.collection.gallery import Survey, Surveyor
from jnn_studio.explore.collection.surveys import Surveys
from jnn_studio.explore.directions.aim import aims_of
from jnn_studio.explore.meaning.meaning import NO_FACTORS, MeaningView
from jnn_studio.explore.meaning.readouts import READOUT_RULE, ReadoutSet, fit_readouts, folder_groups
from jnn_studio.explore.scene.explain import explain_by_factors, explain_by_readouts
from jnn_studio.explore.scene.renderer import Scene
from jnn_studio.explore.state import Aims, SourceImage
from jnn_studio.models.weights import LoadedModel

OWN_IMAGE = "This image is none of the collection's, so its factors are not known. Choose one at the left."
CHUNK = 256


class Explainer(QObject):
    """Keeps the table of attributes and the readouts of every model on it.

    Signals:
        explained: (MeaningView).
        table_changed: (AttributeTable | None).
        failed: (title, Failure).
        told: (title, text) worth knowing.
    """

    told = Signal(str, str)
    explained = Signal(object)
    table_changed = Signal(object)
    failed = Signal(str, object)

    def __init__(self, context: AppContext, parent: QObject, surveys: Surveys | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._surveys = Surveys() if surveys is None else surveys
        self._telling = partial(context.telling, self.failed)
        self._wanted = self._once = False
        self._scene: Scene | None = None
        self._source: ImageSource | None = None
        self._derivatives: tuple[ImageSource, int, Tensor] | None = None
        self.table: AttributeTable | None = None
        """What somebody opened."""
        self._folders: tuple[ImageSource, AttributeTable | None] | None = None
        """What the names of the folders of a source say, which needs no table."""
        self._readouts: dict[str, tuple[LoadedModel, ReadoutSet]] = {}
        self._fitting: tuple[str, LoadedModel] | None = None
        self._progress = ""
        self._aiming: Callable[[Aims | None], None] | None = None

    def find_aims(self, then: Callable[[Aims | None], None]) -> None:
        """Hand over the readouts of all models in view once they are known; None: factors are."""
        if self.table is not None:
            self._aiming = then
            self._explain()
            if self._aiming is not None:
                self.told.emit("Groups will be turned", "The attributes are being found in each model first.")
        elif isinstance(self._source, FactorSource):
            then(None)
        else:
            self.told.emit("Nothing to turn groups towards", NO_FACTORS)

    def set_wanted(self, wanted: bool) -> None:
        """Whether anybody looks; if not, nothing is worked out."""
        self._wanted = wanted
        self._explain()

    def set_source(self, source: ImageSource) -> None:
        """Other images: a table belongs to those it was opened for."""
        self._source = source
        self._set_table(None)

    def show(self, scene: Scene) -> None:
        """The scene whose directions are to be explained."""
        self._scene = scene
        self._explain()

    def explain_once(self) -> None:
        """Work it out for the scene at hand though nobody looks here: the names stand at the sliders too."""
        self._once = True
        self._explain()

    def open_table(self, path: Path) -> None:
        """Read attributes of the images in view."""
        source = self._source
        if source is None:
            return

        def arrived(table: AttributeTable) -> None:
            if source is self._source:
                self._set_table(table)
                self._explain()

        self._context.loading.request(
            self,
            "attributes",
            lambda watch: open_attributes(path, source, watch),
            arrived,
            self._telling("Cannot open the table of attributes"),
        )

    def close_table(self) -> None:
        """Back to the factors, or to nothing."""
        self._set_table(None)
        self._explain()

    def _set_table(self, table: AttributeTable | None) -> None:
        self._context.loading.forget("readouts")
        self._fitting, self._progress = None, ""
        self._aiming = None
        self._readouts.clear()
        if table is not self.table:
            self.table = table
            self.table_changed.emit(table)

    def _explain(self) -> None:
        scene, source = self._scene, self._source
        if scene is None or source is None or not (self._wanted or self._aiming or self._once):
            return
        if isinstance(source, FactorSource):
            attributes = self.table
        elif self._folders is None or self._folders[0] is not source:
            self._read_folders(source)
            return
        else:
            attributes = with_folders(self.table, self._folders[1])
        if attributes is not None:
            self._by_readouts(scene, source, attributes)
        elif isinstance(source, FactorSource):
            self._by_factors(scene, source)
        else:
            self._tell(MeaningView(state=NO_FACTORS))

    def _read_folders(self, source: ImageSource) -> None:
        """Find out what the names of its folders say: there may be many."""

        def read(_: Watch) -> AttributeTable | None:
            return folder_attributes([source.label(index) for index in range(len(source))])

        def arrived(found: AttributeTable | None) -> None:
            self._folders = source, found
            self._explain()

        self._context.loading.request(self, "folder names", read, arrived, self._cannot)

    # --- factors -----------------------------------------------------------------------------------

    def _by_factors(self, scene: Scene, source: FactorSource) -> None:
        image = scene.state.base.image
        if not isinstance(image, SourceImage):
            self._tell(MeaningView(state=OWN_IMAGE))
            return
        index = min(image.index, len(source) - 1)
        known = self._derivatives
        if known is None or known[:2] != (source, index):

            def arrived(derivatives: Tensor) -> None:
                self._derivatives = source, index, derivatives
                self._explain()

            self._context.loading.request(
                self, "derivatives", lambda _: source.factor_derivatives(index), arrived, self._cannot
            )
            return
        derivatives, names = known[2], source.factor_names
        self._ask(lambda: explain_by_factors(scene, derivatives, names))

    # --- attributes --------------------------------------------------------------------------------

    def _by_readouts(self, scene: Scene, source: ImageSource, table: AttributeTable) -> None:
        for view in scene.columns:
            known = self._readouts.get(view.column.where)
            if known is None or known[0] is not view.loaded:
                self._fit(view.column.where, view.loaded, source, table)
                break
        else:
            if self._aiming is not None:
                self._tell_aims(scene, self._aiming)
        readouts = {where: found for where, (_, found) in self._readouts.items()}
        progress = self._progress
        self._ask(lambda: explain_by_readouts(scene, readouts, progress))

    def _tell_aims(self, scene: Scene, then: Callable[[Aims | None], None]) -> None:
        self._aiming = None
        aims = aims_of({view.column.where: self._readouts[view.column.where][1] for view in scene.columns})
        if aims is None:
            self.told.emit("Nothing to turn groups towards", f"No attribute can be told. {READOUT_RULE}")
        else:
            then(aims)

    def _fit(self, where: str, loaded: LoadedModel, source: ImageSource, table: AttributeTable) -> None:
        if self._fitting == (where, loaded):
            return
        self._fitting = where, loaded
        surveyor = Surveyor(loaded, source, self._surveys.known(loaded, source))

        def advance(watch: Watch) -> Survey | ReadoutSet:
            # A chunk at a time: thumbnails and images are served in between.
            survey = surveyor.advance(CHUNK)
            if not survey.complete:
                return survey
            # Photographs of one person in one folder: a readout must not get by on knowing the person.
            groups = folder_groups([source.label(index) for index in range(len(source))])
            return fit_readouts(survey.latents, table, watch, groups)

        def arrived(result: Survey | ReadoutSet) -> None:
            if isinstance(result, ReadoutSet):
                self._readouts[where] = loaded, result
                self._fitting, self._progress = None, ""
            else:
                share = result.done / result.total
                self._progress = f"Reading {loaded.name}'s latents of all images: {share:.0%}"
                self._surveys.keep(loaded, source, result)
                ask()
            self._explain()

        def ask() -> None:
            self._context.loading.request(self, "readouts", advance, arrived, self._cannot)

        self._progress = f"Reading {loaded.name}'s latents of all images"
        ask()

    # --- answers -----------------------------------------------------------------------------------

    def _ask(self, work: Callable[[], MeaningView]) -> None:
        self._context.inference.request(self, "meaning", lambda _: work(), self._tell, self._cannot)

    def _tell(self, view: MeaningView) -> None:
        self._once = self._once and bool(view.progress)
        self.explained.emit(view)

    def _cannot(self, failure: Failure) -> None:
        if not self._context.closing:
            self._tell(MeaningView(state=f"What they mean cannot be found out: {failure.text}"))
