"""What Explore has open: models and collections of images, opened on the loading thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FacesConfig, FolderConfig, GivenConfig
from jnn_studio.data.decode import load_image
from jnn_studio.data.opening import open_source
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.columns.kept_pca import keep_pca
from jnn_studio.explore.columns.open_models import images_of
from jnn_studio.explore.columns.references import open_model, open_references, split_reference
from jnn_studio.explore.scene.renderer import image_size
from jnn_studio.explore.state import ExploreState
from jnn_studio.models.weights import LoadedModel

KEPT_MODELS = 12
KEPT_SOURCES = 3

Data = FacesConfig | FolderConfig | GivenConfig
Models = dict[str, LoadedModel]
_Asked = tuple[Data, tuple[int, int], int]
"""Images, how large, and how many channels."""


@dataclass(frozen=True)
class FoundModels:
    """Models found at a place, by reference, and the images that go with them if there are any."""

    models: Models
    data: Data | None


class Opened(QObject):
    """Keeps what was opened lately, so that undo finds it again.

    Signals:
        opening: (Progress | None) a folder is being opened.
        fitting: (Progress | None) a model is being fitted to images.
    """

    opening = Signal(object)
    fitting = Signal(object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._models: OrderedDict[str, LoadedModel] = OrderedDict()
        self._sources: OrderedDict[_Asked, ImageSource] = OrderedDict()
        self._opening: _Asked | None = None
        self._source_ends: tuple[Callable[[ImageSource], None], Callable[[Failure], None]] | None = None

    def models(self, state: ExploreState) -> Models | None:
        """The models of a state; None while some are not open, or there are none."""
        wanted = [column.where for column in state.columns]
        if not wanted or any(where not in self._models for where in wanted):
            return None
        return {where: self._models[where] for where in wanted}

    def finder(self) -> Callable[[str], LoadedModel]:
        """Gives a model by its reference, on any thread: one that is open already, or a new one."""
        known = dict(self._models)
        return lambda where: known[where] if where in known else open_model(where)

    def keep(self, models: Mapping[str, LoadedModel]) -> None:
        """Take models that were opened, or that a run under way has just told."""
        for where, loaded in models.items():
            self._models[where] = loaded
            self._models.move_to_end(where)
        while len(self._models) > KEPT_MODELS:
            self._models.popitem(last=False)

    def source(self, state: ExploreState) -> ImageSource | None:
        """The images of a state at the size its models want; None while they are not open."""
        models = self.models(state)
        if models is None:
            return None
        return self._sources.get((state.source, *image_size(list(models.values()))))

    def find(
        self, where: str, deliver: Callable[[FoundModels], None], failed: Callable[[Failure], None]
    ) -> None:
        """Open whatever models are at ``where``."""
        self.find_several([where], deliver, failed)

    def find_several(
        self,
        references: Sequence[str],
        deliver: Callable[[FoundModels], None],
        failed: Callable[[Failure], None],
    ) -> None:
        """Open models by their references, in their order; the images are those of the first."""

        def work(watch: Watch) -> FoundModels:
            models: Models = {}
            for where in references:
                watch.check()
                models |= open_references(where)
            return FoundModels(models, images_of(Path(split_reference(references[0])[0])))

        self._context.loading.request(self, "find models", work, deliver, failed)

    def load(self, state: ExploreState, done: Callable[[], None], failed: Callable[[Failure], None]) -> None:
        """Open the models of ``state`` that are not."""
        missing = [column.where for column in state.columns if column.where not in self._models]

        def deliver(models: Models) -> None:
            self.keep(models)
            done()

        self._context.loading.request(
            self, "models", lambda _: {w: open_model(w) for w in missing}, deliver, failed
        )

    def open_source(
        self,
        config: Data,
        models: Models,
        deliver: Callable[[ImageSource], None],
        failed: Callable[[Failure], None],
    ) -> None:
        """Open the images ``config`` describes at the size ``models`` want.

        Asked for the same images again it goes on, and tells only who asked last.
        """
        asked = config, *image_size(list(models.values()))
        self._source_ends = deliver, failed
        if asked == self._opening:
            return
        self._opening = asked
        size, channels = asked[1:]
        if isinstance(config, FacesConfig):
            channels = 3

        def arrived(source: ImageSource) -> None:
            self._sources[asked] = source
            while len(self._sources) > KEPT_SOURCES:
                self._sources.popitem(last=False)
            self._end_opening()[0](source)

        self._context.loading.request(
            self,
            "source",
            lambda watch: open_source(config, size, channels, watch),
            arrived,
            lambda failure: self._end_opening()[1](failure),
            progressed=self.opening.emit,
        )

    def fit_pca(
        self,
        source: ImageSource,
        components: int,
        deliver: Callable[[FoundModels], None],
        failed: Callable[[Failure], None],
    ) -> None:
        """Open a principal component analysis of images: one that was kept, or a new one."""
        folder = self._context.data_folder / "pca"

        def work(watch: Watch) -> FoundModels:
            path = keep_pca(source, components, folder, watch)
            return FoundModels({str(path): open_model(str(path))}, None)

        def ended(then: Callable[[], object]) -> None:
            self.fitting.emit(None)
            then()

        self._context.loading.request(
            self,
            "pca",
            work,
            lambda found: ended(lambda: deliver(found)),
            lambda failure: ended(lambda: failed(failure)),
            progressed=self.fitting.emit,
            cancelled=lambda: self.fitting.emit(None),
        )

    def cancel_pca(self) -> None:
        """Fit none after all."""
        self._context.loading.cancel("pca")

    def check_image(
        self, path: Path, models: Models, deliver: Callable[[], None], failed: Callable[[Failure], None]
    ) -> None:
        """Whether the file can be decoded, before anything refers to it."""
        size, channels = image_size(list(models.values()))
        self._context.loading.request(
            self, "image file", lambda _: load_image(path, size, channels), lambda _: deliver(), failed
        )

    def _end_opening(self) -> tuple[Callable[[ImageSource], None], Callable[[Failure], None]]:
        """No images are being opened any more; who is to be told how that went."""
        assert self._source_ends is not None
        ends, self._source_ends, self._opening = self._source_ends, None, None
        self.opening.emit(None)
        return ends
