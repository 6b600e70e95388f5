"""The table of runs: sorted, filtered, its columns chosen and remembered."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import (
    QByteArray,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView

from jnn_studio.app.plain_text import literal
from jnn_studio.app.theme import GRID, mix, theme
from jnn_studio.app.workspaces.runs.table.model import RUN, SHOWN, RunTableModel
from jnn_studio.app.workspaces.runs.table.spark import SparkDelegate
from jnn_studio.app.workspaces.runs.table.typing_delegate import TypingDelegate
from jnn_studio.runs.choosing import RunFilter
from jnn_studio.runs.summary import RunSummary

HIDDEN_AT_FIRST = ("device", "id", "folder")
ROW = 4 * GRID
Index = QModelIndex | QPersistentModelIndex


class RunProxy(QSortFilterProxyModel):
    """Rows that are asked for, in the order that is asked for: pinned ones first, what is missing last."""

    def __init__(self, model: RunTableModel) -> None:
        super().__init__()
        self._model = model
        self._asked = RunFilter()
        self._words: tuple[str, ...] = ()
        self.setSourceModel(model)

    def show_only(self, asked: RunFilter) -> None:
        """Leave out all others."""
        self._asked, self._words = asked, tuple(asked.text.casefold().split())
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        asked, run = self._asked, self._model.runs[row]
        if asked.states and run.state_word not in asked.states:
            return False
        if asked.kinds and run.kind not in asked.kinds:
            return False
        if not self._words:
            return True
        there = self._model.words(row)
        return all(word in there for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:
        # Upside down, Qt asks the other way round: what stands further down is then the less.
        upside_down = self.sortOrder() == Qt.SortOrder.DescendingOrder
        places = self._model.places(left.column(), upside_down)
        return (places[left.row()] < places[right.row()]) != upside_down


class RunTable(QTableView):
    """Rows are selected as a whole, several of them with Shift and Ctrl.

    Signals:
        chosen: the selection is another one, or what is in it has changed.
        opened: somebody has pressed Enter, or clicked twice.
        removal_asked: somebody has pressed Delete.
    """

    chosen = Signal()
    opened = Signal()
    removal_asked = Signal()

    def __init__(self, model: RunTableModel) -> None:
        super().__init__()
        self.setObjectName("runs.table")
        self.setAccessibleName("Runs")
        self.proxy = RunProxy(model)
        self._model = model
        self.setModel(self.proxy)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.verticalHeader().setMinimumSectionSize(ROW)
        self.setItemDelegate(TypingDelegate(self))
        self.setItemDelegateForColumn(model.column_of("curve"), SparkDelegate(self))
        self.column_menu: QMenu = QMenu("Columns", self)
        self.column_menu.setObjectName("runs.columns")
        self.column_menu.setToolTipsVisible(True)
        self.column_menu.aboutToShow.connect(self._fill_column_menu)
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(
            lambda at: self.column_menu.popup(self.horizontalHeader().mapToGlobal(at))
        )
        self.setSortingEnabled(True)
        self.show_standard_columns()
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())
        model.dataChanged.connect(self._data_changed)
        self.doubleClicked.connect(lambda _: self.opened.emit())
        theme().changed.connect(self._dress)
        self._dress()

    # --- rows --------------------------------------------------------------------------------------------

    def show_only(self, asked: RunFilter) -> None:
        """Leave out all others."""
        self.proxy.show_only(asked)

    @property
    def selected(self) -> tuple[RunSummary, ...]:
        """Selected runs from top to bottom."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return tuple(self.proxy.index(row, 0).data(RUN) for row in rows)

    def select_runs(self, runs: Sequence[RunSummary]) -> None:
        """Select these of those that are shown, and bring the first of them into view."""
        paths = {run.path for run in runs}
        rows = [row for row in range(self.shown) if self.proxy.index(row, 0).data(RUN).path in paths]
        flags = QItemSelectionModel.SelectionFlag
        self.clearSelection()
        for row in rows:
            self.selectionModel().select(self.proxy.index(row, 0), flags.Select | flags.Rows)
        if rows:
            first = self.proxy.index(rows[0], self._model.column_of("name"))
            self.selectionModel().setCurrentIndex(first, flags.NoUpdate)
            self.scrollTo(first)

    @property
    def shown(self) -> int:
        """How many rows there are."""
        return self.proxy.rowCount()

    def edit_selected(self, key: str) -> None:
        """Have the name or the tags of the first selected run typed."""
        rows = self.selectionModel().selectedRows()
        if rows:
            index = self.proxy.index(min(row.row() for row in rows), self._model.column_of(key))
            self.setColumnHidden(index.column(), False)
            self.scrollTo(index)
            self.setCurrentIndex(index)
            self.edit(index)

    def _data_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        rows = {self.proxy.mapToSource(row).row() for row in self.selectionModel().selectedRows()}
        if any(first.row() <= row <= last.row() for row in rows):
            self.chosen.emit()

    def _dress(self) -> None:
        """A selected row keeps the colours of its curves and words."""
        colors = theme().colors
        selected = mix(theme().color("accent"), theme().color("field"), 0.22).name()
        self.setStyleSheet(
            f"QTableView {{ selection-background-color: {selected}; selection-color: {colors.text}; }}"
            f"QTableView::item {{ padding: 0 {GRID}px; }}"
        )
        self.viewport().update()

    # --- columns -----------------------------------------------------------------------------------------

    def show_standard_columns(self) -> None:
        """As at first: which, how wide, in what order; the newest run above."""
        header, metrics = self.horizontalHeader(), QFontMetrics(self.font())
        for number, (key, column) in enumerate(SHOWN.items()):
            header.moveSection(header.visualIndex(number), number)
            header.setSectionHidden(number, key in HIDDEN_AT_FIRST)
            words = metrics.horizontalAdvance(f"{column.title} ▾") + 3 * GRID
            header.resizeSection(number, max(words, column.width * metrics.horizontalAdvance("0") + 2 * GRID))
        self.sortByColumn(self._model.column_of("created"), Qt.SortOrder.DescendingOrder)

    def columns_state(self) -> QByteArray:
        """Which columns are seen, how wide, and what is sorted by."""
        return self.horizontalHeader().saveState()

    def restore_columns(self, state: object) -> None:
        """The inverse; anything else changes nothing."""
        if isinstance(state, QByteArray):
            self.horizontalHeader().restoreState(state)

    def _fill_column_menu(self) -> None:
        menu = self.column_menu
        menu.clear()
        for number, (key, column) in enumerate(SHOWN.items()):
            action = menu.addAction(literal(column.title), partial(self._turn, number))
            action.setObjectName(f"runs.column.{key}")
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(number))
            action.setToolTip(column.tip)
            action.setEnabled(key != "name")
        menu.addSeparator()
        menu.addAction("As at first", self.show_standard_columns)

    def _turn(self, number: int) -> None:
        """Show a column, or hide it."""
        self.setColumnHidden(number, not self.isColumnHidden(number))

    # --- Qt's own ----------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        editing = self.state() == QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not editing:
            self.opened.emit()
        elif event.key() == Qt.Key.Key_Delete and not editing:
            self.removal_asked.emit()
        else:
            super().keyPressEvent(event)


def row_menu(parent: RunTable, groups: Sequence[Sequence[QAction]]) -> QMenu:
    """What can be done with the selected runs, in groups."""
    menu = QMenu(parent)
    menu.setObjectName("runs.row_menu")
    menu.setToolTipsVisible(True)
    for group in groups:
        menu.addActions(list(group))
        menu.addSeparator()
    return menu
