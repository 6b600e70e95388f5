"""All directions by name, in every model: one row each, to choose from."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFontMetrics, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.explore.meaning.meaning import Meaning, MeaningView

ENERGY = Qt.ItemDataRole.UserRole
CHIP = 10


class DirectionNames(QTableWidget):
    """A table: rows are directions, columns models; each cell a name and the tangent energy."""

    direction_chosen = Signal(int)

    def __init__(self, object_name: str) -> None:
        super().__init__(0, 0)
        self.setObjectName(object_name)
        self.setAccessibleName("Names of the directions")
        self.setToolTip(
            "What each direction does in each model. Percent: tangent energy, how much of the change "
            "the known factors can make."
        )
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_NameDelegate(self))
        across, down = self.horizontalHeader(), self.verticalHeader()
        across.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        across.setSectionsClickable(False)
        across.setHighlightSections(False)
        across.setTextElideMode(Qt.TextElideMode.ElideRight)
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(QFontMetrics(ui_font()).height() + GRID)
        down.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        self.currentCellChanged.connect(self._on_current)
        theme().changed.connect(self._dress)
        self._view = MeaningView()

    def show_view(self, view: MeaningView) -> None:
        """Show these names."""
        self._view = view
        with QSignalBlocker(self):
            rows = max((len(column.meanings) for column in view.columns), default=0)
            self.setRowCount(rows)
            self.setColumnCount(len(view.columns))
            self.setVerticalHeaderLabels([str(row + 1) for row in range(rows)])
            for at, column in enumerate(view.columns):
                header = QTableWidgetItem(column.name)
                header.setToolTip(column.name)
                self.setHorizontalHeaderItem(at, header)
                for row in range(rows):
                    meaning = column.meanings[row] if row < len(column.meanings) else None
                    self.setItem(row, at, _item(row, column.name, meaning))
            self._dress()

    def select(self, direction: int) -> None:
        """Select a row without telling anybody."""
        if direction >= self.rowCount() or direction == self.currentRow():
            return
        with QSignalBlocker(self):
            self.setCurrentCell(direction, max(0, self.currentColumn()))
        self.viewport().update()

    def full_height(self) -> int:
        """The height at which all rows are in view."""
        rows = self.rowCount() * self.verticalHeader().defaultSectionSize()
        across = self.horizontalHeader()
        return max(across.sizeHint().height(), across.height()) + rows + 2 * self.frameWidth() + 2

    def _on_current(self, row: int, column: int, before: int, _: int) -> None:
        if row >= 0 and row != before:
            self.direction_chosen.emit(row)

    def _dress(self) -> None:
        for at, column in enumerate(self._view.columns):
            header = self.horizontalHeaderItem(at)
            if header is not None:
                header.setIcon(_chip(column.role, self.devicePixelRatioF()))


class _NameDelegate(QStyledItemDelegate):
    """The name, elided, with the tangent energy at the right."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        if selected:
            painter.fillRect(option.rect, theme().color("accent"))
        ink = theme().color("accent_text" if selected else "text")
        faint = ink if selected else theme().color("muted")
        room = option.rect.adjusted(GRID, 0, -GRID, 0)
        energy = index.data(ENERGY)
        if energy is not None:
            painter.setFont(ui_font(0.92, digits=True))
            text = f"{100 * energy:.0f} %"
            width = painter.fontMetrics().horizontalAdvance("100 %")
            painter.setPen(faint)
            place = QRect(room.right() - width + 1, room.top(), width, room.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
            room.setRight(place.left() - GRID // 2)
        painter.setFont(ui_font())
        name = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        vague = name.startswith(("outside", "none of"))
        painter.setPen(faint if vague else ink)
        elided = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
        painter.restore()


def _item(row: int, model: str, meaning: Meaning | None) -> QTableWidgetItem:
    item = QTableWidgetItem("" if meaning is None else meaning.name)
    if meaning is None:
        return item
    energy = meaning.tangent_energy
    words = f"{model}, direction {row + 1}: {meaning.name}"
    if energy is not None:
        item.setData(ENERGY, energy)
        words += f", tangent energy {100 * energy:.0f} %"
    item.setToolTip(words)
    item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
    return item


def _chip(role: str, ratio: float) -> QIcon:
    picture = QPixmap(round(CHIP * ratio), round(CHIP * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(theme().color(role))
    return QIcon(picture)
