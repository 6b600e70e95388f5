"""A grid of equal cells, as many to a row as fit; what it costs does not depend on how many there are."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

Action = QAbstractItemView.CursorAction
Index = QModelIndex | QPersistentModelIndex


class GridView(QAbstractItemView):
    """An item view whose geometry is arithmetic.

    Qt's list view looks at every item to lay it out, again whenever data arrives: with 200,000 items in a
    Python model that is most of a second.
    """

    def __init__(self, cell: QSize, parent: QWidget | None = None, *, objectName: str = "") -> None:  # noqa: N803
        super().__init__(parent)
        self.setObjectName(objectName)
        self._cell = cell
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there: a bar that comes and goes would change how many fit in a row.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)

    def cell(self) -> QSize:
        """Size of a cell."""
        return self._cell

    def set_cell(self, cell: QSize) -> None:
        """Lay out anew with cells of this size."""
        if cell != self._cell:
            self._cell = cell
            self.updateGeometries()
            self.viewport().update()

    @property
    def columns(self) -> int:
        """Cells in a row."""
        return max(1, self.viewport().width() // self._cell.width())

    def seen(self) -> range:
        """Numbers of the items that are in view, wholly or in part."""
        height = self._cell.height()
        first = self.verticalOffset() // height
        last = (self.verticalOffset() + self.viewport().height() - 1) // height
        return range(min(self._count, first * self.columns), min(self._count, (last + 1) * self.columns))

    @property
    def _count(self) -> int:
        return 0 if self.model() is None else self.model().rowCount(self.rootIndex())

    def _rect(self, row: int) -> QRect:
        line, column = divmod(row, self.columns)
        spare = (self.viewport().width() - self.columns * self._cell.width()) // 2
        x = max(0, spare) + column * self._cell.width()
        return QRect(QPoint(x, line * self._cell.height() - self.verticalOffset()), self._cell)

    # --- what Qt asks of a view --------------------------------------------------------------------

    def visualRect(self, index: Index) -> QRect:
        return self._rect(index.row()) if index.isValid() else QRect()

    def indexAt(self, point: QPoint) -> QModelIndex:
        left = self._rect(0).left()
        column = (point.x() - left) // self._cell.width()
        row = (point.y() + self.verticalOffset()) // self._cell.height() * self.columns + column
        if 0 <= column < self.columns and 0 <= row < self._count:
            return self.model().index(row, 0, self.rootIndex())
        return QModelIndex()

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        if not index.isValid():
            return
        self.updateGeometries()  # the number of rows may have changed without a layout since
        rect, bar, height = self._rect(index.row()), self.verticalScrollBar(), self.viewport().height()
        hints = QAbstractItemView.ScrollHint
        if hint == hints.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif hint == hints.PositionAtTop or rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif hint == hints.PositionAtBottom or rect.bottom() >= height:
            bar.setValue(bar.value() + rect.bottom() + 1 - height)

    def moveCursor(self, action: Action, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        if not self._count:
            return QModelIndex()
        row, last = self.currentIndex().row(), self._count - 1
        if row < 0:
            return self.model().index(0, 0, self.rootIndex())
        lines = max(1, self.viewport().height() // self._cell.height())
        steps = {
            Action.MoveLeft: -1,
            Action.MovePrevious: -1,
            Action.MoveRight: 1,
            Action.MoveNext: 1,
            Action.MoveUp: -self.columns,
            Action.MoveDown: self.columns,
            Action.MovePageUp: -lines * self.columns,
            Action.MovePageDown: lines * self.columns,
            Action.MoveHome: -row,
            Action.MoveEnd: last - row,
        }
        step = steps.get(action, 0)
        if action in (Action.MoveUp, Action.MoveDown) and not 0 <= row + step <= last:
            step = 0
        row = min(max(row + step, 0), last)
        return self.model().index(row, 0, self.rootIndex())

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        index = self.indexAt(rect.topLeft())
        self.selectionModel().select(QItemSelection(index, index), command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        region = QRegion()
        for index in selection.indexes():
            region = region.united(QRegion(self.visualRect(index)))
        return region

    def updateGeometries(self) -> None:
        super().updateGeometries()
        lines = -(-self._count // self.columns)
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setSingleStep(self._cell.height() // 2)
        bar.setPageStep(max(1, height))
        bar.setRange(0, max(0, lines * self._cell.height() - height))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        delegate, model, root = self.itemDelegate(), self.model(), self.rootIndex()
        selected = self.selectionModel().selectedIndexes()
        rows = {index.row() for index in selected}
        for row in self.seen():
            rect = self._rect(row)
            if not rect.intersects(event.rect()):
                continue
            option = QStyleOptionViewItem()
            self.initViewItemOption(option)
            option.rect = rect
            if row in rows:
                option.state |= QStyle.StateFlag.State_Selected
            delegate.paint(painter, option, model.index(row, 0, root))
        painter.end()
