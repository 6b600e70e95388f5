"""Finds out whether the models in view have seen such pictures, once for each folder and models."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.explore.desk.opened import Data
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FolderConfig
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.familiarity import Familiarity, familiarity
from jnn_studio.explore.renderer import Scene


class Strangers(QObject):
    """Judges the models of a scene on the open folder, away from the interface's thread.

    Signals:
        judged: (words) what to say; "" where there is nothing.
    """

    judged = Signal(str)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._source: tuple[ImageSource, Data] | None = None
        self._asked: tuple[object, ...] = ()
        self._unwanted: set[Data] = set()
        """Folders of which nothing is to be said any more."""

    def set_source(self, source: ImageSource, config: Data) -> None:
        """Other images."""
        self._source = source, config

    def be_quiet(self) -> None:
        """The hint was closed: say no more of these images."""
        if self._source is not None:
            self._unwanted.add(self._source[1])

    def look(self, scene: Scene, live: bool) -> None:
        """The scene in view; ``live``: its models are being trained, and change all the time."""
        if self._source is None:
            return
        source, config = self._source
        models = [view.loaded for view in scene.columns]
        asked = (source, *models)
        if len(asked) == len(self._asked) and all(a is b for a, b in zip(asked, self._asked, strict=True)):
            return
        self._asked = asked
        self._context.loading.forget("familiarity")
        if live or not isinstance(config, FolderConfig) or config in self._unwanted:
            self.judged.emit("")
            return

        def work(watch: Watch) -> Familiarity | None:
            return familiarity(models, source, watch)

        def arrived(found: Familiarity | None) -> None:
            self.judged.emit(found.words if found is not None and found.strange else "")

        self._context.loading.request(self, "familiarity", work, arrived, self._failed)

    def _failed(self, failure: Failure) -> None:
        """Whoever shows the images says what is wrong with them."""
