"""A selection of a source as a list of pictures; only those looked at are ever made, newest wish first."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QWidget

from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.catalogue import Selection

SIDE = 64
CHUNK = 16
KEPT = 4096
KEY = "thumbnails"

NUMBER = Qt.ItemDataRole.UserRole
"""What the images are ordered by, as text; empty where it is not known."""

TARGET = Qt.ItemDataRole.UserRole + 1
"""Whether the image is the one that is blended towards."""

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class ThumbnailModel(QAbstractListModel):
    """Rows are images of a source in the order of a selection.

    One chunk of rows is asked of the worker at a time, the latest looked at first, so that whatever else
    the worker does is never more than a chunk behind, and rows scrolled past are never made.
    """

    served = Signal()
    """Nothing is waited for any more."""

    def __init__(self, worker: Worker, parent: QWidget) -> None:
        super().__init__(parent)
        self._worker = worker
        self._source: ImageSource | None = None
        self._selection: Selection | None = None
        self._unit = ""
        self.target: int | None = None
        """Source index of the image that is blended towards."""
        self._rows = np.empty(0, np.int64)  # by source index; -1: not selected
        self._pictures: OrderedDict[int, QPixmap] = OrderedDict()  # by source index
        self._wanted: dict[int, None] = {}  # chunks of rows, the latest last
        self._failed: set[int] = set()
        self._asking = False

    def set_source(self, source: ImageSource) -> None:
        """Show another source, all of it, from its beginning."""
        self.beginResetModel()
        self._worker.forget(KEY)
        self._source, self._selection, self._unit = source, None, ""
        self._pictures.clear()
        self._wanted.clear()
        self._failed.clear()
        self._asking = False
        self.endResetModel()

    def set_selection(self, selection: Selection | None, unit: str = "") -> None:
        """Show these images in this order, with their numbers in ``unit``; None: all of them."""
        self.beginResetModel()
        self._selection, self._unit = selection, unit
        self._wanted.clear()
        self._failed.clear()
        if selection is not None and self._source is not None:
            self._rows = np.full(len(self._source), -1, np.int64)
            self._rows[selection.indices] = np.arange(len(selection.indices))
        self.endResetModel()

    @property
    def is_waiting(self) -> bool:
        """Whether pictures that are looked at are still to be made."""
        return self._asking

    @property
    def has_numbers(self) -> bool:
        """Whether the images have numbers to show."""
        return self._selection is not None and self._selection.numbers is not None

    @property
    def order(self) -> range | list[int]:
        """Source indices, row by row."""
        if self._selection is not None:
            return [int(index) for index in self._selection.indices]
        return range(0 if self._source is None else len(self._source))

    def image_at(self, row: int) -> int:
        """Source index of a row."""
        return row if self._selection is None else int(self._selection.indices[row])

    def row_of(self, image: int) -> int:
        """Row of a source index, -1 if it is not among those shown."""
        if self._source is None or not 0 <= image < len(self._source):
            return -1
        return image if self._selection is None else int(self._rows[image])

    def keep_wanting(self, first: int, last: int) -> None:
        """Rows beyond ``first`` … ``last`` are out of view: what was wanted of them is dropped."""
        chunks = range(first // CHUNK, last // CHUNK + 1)
        self._wanted = {chunk: None for chunk in self._wanted if chunk in chunks}

    def rowCount(self, parent: Index = ROOT) -> int:
        if parent.isValid() or self._source is None:
            return 0
        return len(self._source) if self._selection is None else len(self._selection.indices)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if self._source is None or not index.isValid():
            return None
        row = index.row()
        if role == Qt.ItemDataRole.DecorationRole:
            picture = self._pictures.get(self.image_at(row))
            if picture is None:
                self._want(row // CHUNK)
            return picture
        if role == NUMBER:
            return self._number(row)
        if role == TARGET:
            return self.image_at(row) == self.target
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            label, number = self._source.label(self.image_at(row)), self._number(row)
            words = f"{label}\n{number} {self._unit}".rstrip() if number else label
            return f"{words}\nBlended towards" if self.image_at(row) == self.target else words
        return None

    def _number(self, row: int) -> str:
        if self._selection is None or self._selection.numbers is None:
            return ""
        number = float(self._selection.numbers[row])
        if not np.isfinite(number):
            return ""
        return f"{number:.1f}" if self._unit == "dB" else f"{number:.3g}"

    def _want(self, chunk: int) -> None:
        if chunk not in self._failed:
            self._wanted.pop(chunk, None)
            self._wanted[chunk] = None
            self._ask()

    def _ask(self) -> None:
        source = self._source
        if self._asking or source is None:
            return
        while self._wanted:
            chunk = self._wanted.popitem()[0]
            rows = range(chunk * CHUNK, min((chunk + 1) * CHUNK, self.rowCount()))
            images = [self.image_at(row) for row in rows]
            images = [image for image in images if image not in self._pictures]
            if images and chunk not in self._failed:
                break
        else:
            return
        self._asking = True

        def arrived(pictures: np.ndarray) -> None:
            self._keep(images, pictures)
            self._go_on()

        def failed(failure: Failure) -> None:
            self._failed.add(chunk)  # asked again once something else is shown, not at every painting
            self._go_on()

        self._worker.request(self, KEY, lambda _: source.thumbnails(images, SIDE), arrived, failed)

    def _go_on(self) -> None:
        self._asking = False
        self._ask()
        if not self._asking:
            self.served.emit()

    def _keep(self, images: list[int], pictures: np.ndarray) -> None:
        for image, picture in zip(images, pictures, strict=True):
            self._pictures[image] = pixmap(picture)
        while len(self._pictures) > KEPT:
            self._pictures.popitem(last=False)
        rows = [row for row in map(self.row_of, images) if row >= 0]
        if rows:  # the order may be another by now
            self.dataChanged.emit(
                self.index(min(rows)), self.index(max(rows)), [Qt.ItemDataRole.DecorationRole]
            )


def pixmap(picture: np.ndarray) -> QPixmap:
    """uint8 (height, width, 3) as a pixmap; the array may go."""
    height, width = picture.shape[:2]
    image = QImage(np.ascontiguousarray(picture).data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image)
