"""Finds out whether the models in view have seen such pictures, once for each folder, picture and models."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.explore.desk.opened import Data
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FacesConfig, GivenConfig
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.familiarity import (
    Familiarity,
    PictureFamiliarity,
    familiarity,
    picture_familiarity,
)
from jnn_studio.explore.scene.renderer import Scene
from jnn_studio.explore.state import FileImage


class Strangers(QObject):
    """Judges the models of a scene on the open folder, or the picture of a file, on the loading thread.

    Signals:
        judged: (words, choice) what to say, and what to offer; "" where there is nothing.
    """

    judged = Signal(str, str)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._source: tuple[ImageSource, Data] | None = None
        self._asked: tuple[object, ...] = ()
        self._shown: Data | Path | None = None
        self._unwanted: set[Data | Path] = set()
        """Folders and pictures of which nothing is to be said any more."""

    def set_source(self, source: ImageSource, config: Data) -> None:
        """Other images."""
        self._source = source, config

    @property
    def of_one_picture(self) -> bool:
        """Whether one picture was judged: nothing is learnt of that, a folder of such comes first."""
        return isinstance(self._shown, Path)

    def be_quiet(self) -> None:
        """The hint was closed: say no more of these images."""
        if self._shown is not None:
            self._unwanted.add(self._shown)

    def look(self, scene: Scene, live: bool) -> None:
        """The scene in view; ``live``: its models are being trained, and change all the time."""
        if self._source is None:
            return
        source, config = self._source
        models = [view.loaded for view in scene.columns]
        image = scene.state.base.image
        alone = image.path if isinstance(image, FileImage) else None
        about = config if alone is None else alone
        asked = (source if alone is None else image, *models)
        if len(asked) == len(self._asked) and all(a is b for a, b in zip(asked, self._asked, strict=True)):
            return
        self._asked, self._shown = asked, about
        self._context.loading.forget("familiarity")
        # What a program hands over is its own business, and in no file that could be trained on.
        if live or isinstance(about, FacesConfig | GivenConfig) or about in self._unwanted:
            self.judged.emit("", "")
            return
        reconstructed = [view.place.psnr for view in scene.columns]

        def work(watch: Watch) -> Familiarity | PictureFamiliarity | None:
            if alone is not None:
                return picture_familiarity(models, reconstructed, watch)
            return familiarity(models, source, watch)

        def arrived(found: Familiarity | PictureFamiliarity | None) -> None:
            words = found.words if found is not None and found.strange else ""
            self.judged.emit(words, "Open a folder…" if self.of_one_picture else "Train on these images")

        self._context.loading.request(self, "familiarity", work, arrived, self._failed)

    def _failed(self, failure: Failure) -> None:
        """Whoever shows the images says what is wrong with them."""
