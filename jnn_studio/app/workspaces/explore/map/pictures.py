"""Small pictures of images, made on a worker as they are wanted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QPixmap

from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.app.workspaces.explore.gallery.thumbnails import SIDE, pixmap
from jnn_studio.data.source import ImageSource

KEPT = 2048
KEYS = ("map pictures", "map pointed")
"""Of the worker's requests: for all that have room, and for the one that is pointed at."""


class MapPictures(QObject):
    """The newest `KEPT` pictures of one source, by index."""

    def __init__(self, worker: Worker, parent: QObject) -> None:
        super().__init__(parent)
        self._worker = worker
        self._source: ImageSource | None = None
        self.known: OrderedDict[int, QPixmap] = OrderedDict()

    def set_source(self, source: ImageSource) -> None:
        """Those of other images."""
        for key in KEYS:
            self._worker.forget(key)
        self._source = source
        self.known.clear()

    def ask(self, indices: Sequence[int], then: Callable[[], object], one: bool = False) -> None:
        """Have these made, if they are not known; ``then`` is called once they are there, maybe at once.

        ``one``: the one that is pointed at, which does not wait for the others.
        """
        source = self._source
        missing = [index for index in indices if index not in self.known]
        if source is None or not missing:
            then()
            return

        def arrived(pictures: np.ndarray) -> None:
            for index, picture in zip(missing, pictures, strict=True):
                self.known[index] = pixmap(picture)
            while len(self.known) > KEPT:
                self.known.popitem(last=False)
            then()

        self._worker.request(
            self, KEYS[one], lambda _: source.thumbnails(missing, SIDE), arrived, self._cannot
        )

    def _cannot(self, failure: Failure) -> None:
        """A picture that cannot be made is not shown."""
