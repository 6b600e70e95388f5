"""The images of the open source, or some of them, in a grid of thumbnails."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from jnn_studio.app.engine.worker import Worker
from jnn_studio.app.theme import theme, ui_font
from jnn_studio.app.workspaces.explore.gallery.grid_view import GridView
from jnn_studio.app.workspaces.explore.gallery.thumbnails import NUMBER, SIDE, TARGET, Index, ThumbnailModel
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.catalogue import Selection

CELL = SIDE + 8
NUMBER_HEIGHT = 16


class ThumbnailDelegate(QStyledItemDelegate):
    """The picture in its cell, its number under it; the base has a frame, a blend's target a dashed one."""

    numbers = False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        picture = index.data(Qt.ItemDataRole.DecorationRole)
        cell = QRect(option.rect)
        if self.numbers:
            cell.setHeight(cell.height() - NUMBER_HEIGHT)
        target = QRect(0, 0, SIDE, SIDE)
        target.moveCenter(cell.center())
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
        selected = option.state & QStyle.StateFlag.State_Selected
        if selected or index.data(TARGET):
            style = Qt.PenStyle.SolidLine if selected else Qt.PenStyle.DashLine
            painter.setPen(QPen(theme().color("accent"), 3 if selected else 2, style))
            painter.drawRoundedRect(QRectF(target).adjusted(-1.5, -1.5, 1.5, 1.5), 7, 7)
        if self.numbers:
            painter.setFont(ui_font(0.85, digits=True))
            painter.setPen(theme().color("muted"))
            below = QRect(cell.left(), cell.bottom() + 1, cell.width(), NUMBER_HEIGHT)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, index.data(NUMBER))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(CELL, CELL + NUMBER_HEIGHT if self.numbers else CELL)


class ImageList(GridView):
    """The thumbnails in a grid that fills its width; choosing one emits ``chosen(source index)``."""

    chosen = Signal(int)
    served = Signal()
    """No picture in view is still to be made."""

    def __init__(self, worker: Worker) -> None:
        super().__init__(QSize(CELL, CELL))
        self.setObjectName("explore.images")
        self._model = ThumbnailModel(worker, self)
        self._model.served.connect(self.served)
        self._current: int | None = None
        self._delegate = ThumbnailDelegate(self)
        self.setModel(self._model)
        self.setItemDelegate(self._delegate)
        theme().changed.connect(self.viewport().update)
        self.setMinimumWidth(2 * CELL + 16)
        self.setToolTip("Images of the open source: choose one to walk from it")
        self.setAccessibleName("Images")
        self.verticalScrollBar().valueChanged.connect(self._drop_unseen)
        self.selectionModel().currentChanged.connect(self._current_changed)

    @property
    def order(self) -> range | list[int]:
        """Source indices of what is shown, in the order it is shown."""
        return self._model.order

    @property
    def is_waiting(self) -> bool:
        """Whether pictures in view are still to be made."""
        return self._model.is_waiting

    def set_source(self, source: ImageSource) -> None:
        """Show another source, all of it."""
        self._current = None
        self._set_numbers(False)
        self._model.set_source(source)

    def set_selection(self, selection: Selection | None, unit: str = "", keep_place: bool = False) -> None:
        """Show these images in this order, None: all; numbers under them are in ``unit``.

        ``keep_place``: stay scrolled to where it is instead of going to the beginning.
        """
        before = self.verticalScrollBar().value()
        self._model.set_selection(selection, unit)
        self._set_numbers(self._model.has_numbers)
        self._mark()
        self.updateGeometries()
        self.verticalScrollBar().setValue(before if keep_place else 0)

    def show_current(self, index: int | None) -> None:
        """Mark ``index`` as the image in view, without choosing it anew."""
        self._current = index
        row = self._mark()
        if row >= 0:
            self.scrollTo(self._model.index(row))

    def show_target(self, index: int | None) -> None:
        """Mark ``index`` as the image that is blended towards; None: none is."""
        if index != self._model.target:  # asked at every movement of a slider
            self._model.target = index
            self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._drop_unseen()

    # Pressed, Qt tells of the new image first and marks it afterwards; by then the base may be another.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._mark()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._mark()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._mark()

    def _mark(self) -> int:
        selection = self.selectionModel()
        row = -1 if self._current is None else self._model.row_of(self._current)
        blocked = selection.blockSignals(True)
        if row < 0:
            selection.clear()
        else:
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            selection.setCurrentIndex(self._model.index(row), flag)
        selection.blockSignals(blocked)
        self.viewport().update()
        return row

    def _set_numbers(self, shown: bool) -> None:
        if shown != self._delegate.numbers:
            self._delegate.numbers = shown
            self.set_cell(QSize(CELL, CELL + NUMBER_HEIGHT if shown else CELL))

    def _drop_unseen(self) -> None:
        seen = self.seen()
        self._model.keep_wanting(seen.start, seen.stop - 1)

    def _current_changed(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid():
            self._current = self._model.image_at(current.row())
            self.chosen.emit(self._current)
