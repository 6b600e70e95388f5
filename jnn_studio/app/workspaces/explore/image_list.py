"""Thumbnails of the open source; only those looked at are ever made."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.app.theme import theme
from jnn_studio.data.source import ImageSource

SIDE = 64
CELL = SIDE + 8
CHUNK = 16
KEPT_CHUNKS = 256

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class ThumbnailModel(QAbstractListModel):
    """A source as a list of icons, asked of a worker a chunk at a time."""

    def __init__(self, worker: Worker, parent: QWidget) -> None:
        super().__init__(parent)
        self._worker = worker
        self._source: ImageSource | None = None
        self._generation = 0
        self._chunks: dict[int, list[QPixmap]] = {}
        self._asked: set[int] = set()

    def set_source(self, source: ImageSource) -> None:
        """Show another source from its beginning."""
        self.beginResetModel()
        for chunk in self._asked:
            self._worker.forget(f"thumbnails {chunk}")
        self._source = source
        self._generation += 1
        self._chunks.clear()
        self._asked.clear()
        self.endResetModel()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() or self._source is None else len(self._source)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if self._source is None or not index.isValid():
            return None
        row = index.row()
        if role == Qt.ItemDataRole.DecorationRole:
            chunk = self._chunks.get(row // CHUNK)
            if chunk is None:
                self._ask(row // CHUNK)
                return None
            return chunk[row % CHUNK]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._source.label(row)
        return None

    def _ask(self, chunk: int) -> None:
        source = self._source
        if chunk in self._asked or source is None:
            return
        self._asked.add(chunk)
        rows = range(chunk * CHUNK, min((chunk + 1) * CHUNK, len(source)))
        generation = self._generation

        def arrived(pictures: np.ndarray) -> None:
            if generation == self._generation:
                self._keep(chunk, pictures)

        def failed(failure: Failure) -> None:
            self._asked.discard(chunk)

        self._worker.request(f"thumbnails {chunk}", lambda: source.thumbnails(rows, SIDE), arrived, failed)

    def _keep(self, chunk: int, pictures: np.ndarray) -> None:
        self._chunks[chunk] = [_pixmap(picture) for picture in pictures]
        if len(self._chunks) > KEPT_CHUNKS:
            oldest = next(iter(self._chunks))
            del self._chunks[oldest]
            self._asked.discard(oldest)
        first, last = self.index(chunk * CHUNK), self.index(chunk * CHUNK + len(pictures) - 1)
        self.dataChanged.emit(first, last, [Qt.ItemDataRole.DecorationRole])


class ThumbnailDelegate(QStyledItemDelegate):
    """The picture in the middle of its cell, framed in the accent colour if it is the one in view."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        target = QRect(0, 0, SIDE, SIDE)
        target.moveCenter(option.rect.center())
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(target), 6, 6)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if isinstance(picture, QPixmap):
            painter.setClipPath(shape)
            painter.drawPixmap(target, picture)
            painter.setClipping(False)
        else:
            painter.fillPath(shape, theme().color("border"))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(theme().color("accent"), 3))
            painter.drawRoundedRect(QRectF(target).adjusted(-1.5, -1.5, 1.5, 1.5), 7, 7)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(CELL, CELL)


class ImageList(QListView):
    """The thumbnails in a grid that fills its width; choosing one emits ``chosen(index)``."""

    chosen = Signal(int)

    def __init__(self, worker: Worker) -> None:
        super().__init__(objectName="explore.images")
        self._model = ThumbnailModel(worker, self)
        self.setModel(self._model)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setItemDelegate(ThumbnailDelegate(self))
        self.setGridSize(QSize(CELL, CELL))
        theme().changed.connect(self.viewport().update)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setMinimumWidth(2 * CELL + 24)
        self.setToolTip("Images of the open source: choose one to walk from it")
        self.setAccessibleName("Images")
        self.selectionModel().currentChanged.connect(self._current_changed)

    def set_source(self, source: ImageSource) -> None:
        """Show another source."""
        self._model.set_source(source)

    def show_current(self, index: int | None) -> None:
        """Mark ``index`` as the image in view, without choosing it anew."""
        selection = self.selectionModel()
        blocked = selection.blockSignals(True)
        if index is None:
            selection.clear()
        else:
            found = self._model.index(index)
            selection.setCurrentIndex(found, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollTo(found)
        selection.blockSignals(blocked)
        self.viewport().update()

    def _current_changed(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(current.row())


def _pixmap(picture: np.ndarray) -> QPixmap:
    height, width = picture.shape[:2]
    image = QImage(np.ascontiguousarray(picture).data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image)  # copies: the array may go
