"""Settings and results of several runs side by side, with what differs marked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.file_dialogs import ask_where_to_save
from jnn_studio.app.icons import IconButton
from jnn_studio.app.tables import save_table
from jnn_studio.app.theme import GRID, theme, ui_font
from jnn_studio.base.text import counted
from jnn_studio.runs.comparing import ComparedRow


class SettingsTable(QWidget):
    """One column a run. Of several runs only what differs is shown, unless everything is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("runs.settings")
        self._names: tuple[str, ...] = ()
        self._rows: tuple[ComparedRow, ...] = ()
        self.everything = QCheckBox("&Also what is alike", objectName="runs.settings.everything")
        self.everything.setToolTip(
            "Show every setting, those that differ in bold; else only those that differ"
        )
        self.everything.setAccessibleName("Also what is alike")
        self.said = QLabel(objectName="runs.settings.said")
        self.said.setProperty("tone", "muted")
        self.save = IconButton("copy", "Save this table as CSV", "runs.settings.save")
        self.table = QTableWidget(objectName="runs.settings.table")
        self.table.setAccessibleName("Settings side by side")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.verticalHeader().setDefaultSectionSize(3 * GRID + 2)
        self.table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(GRID)
        top.addWidget(self.everything)
        top.addWidget(self.said, 1)
        top.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        self.everything.toggled.connect(lambda _: self._draw())
        self.save.clicked.connect(self._ask_to_save)
        theme().changed.connect(self._draw)
        self._draw()

    def show_rows(self, names: Sequence[str], rows: Sequence[ComparedRow]) -> None:
        """Settings and results of runs of these names."""
        self._names, self._rows = tuple(names), tuple(rows)
        self._draw()

    @property
    def _shown(self) -> list[ComparedRow]:
        everything = self.everything.isChecked() or len(self._names) < 2
        return [row for row in self._rows if everything or row.differs]

    @property
    def _words(self) -> str:
        """How many settings differ."""
        if len(self._names) < 2:
            return "" if self._names else "Select runs to compare their settings"
        settings = [row for row in self._rows if not row.result]
        differing = sum(row.differs for row in settings)
        if differing < 2:
            return "One setting differs" if differing else "No setting differs"
        return f"{differing} of {counted(len(settings), 'setting')} differ"

    def _draw(self) -> None:
        several, rows = len(self._names) > 1, self._shown
        self.said.setText(self._words)
        self.everything.setEnabled(several)
        self.save.setEnabled(bool(rows))
        table = self.table
        bars = (table.verticalScrollBar(), table.horizontalScrollBar())
        places = [bar.value() for bar in bars]
        table.clear()
        table.setColumnCount(1 + len(self._names) if self._names else 0)
        table.setRowCount(len(rows))
        if not self._names:
            return
        table.setHorizontalHeaderLabels(["", *self._names])
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        marked = QColor(theme().colors.hover)
        for number, row in enumerate(rows):
            differs = several and row.differs
            for place, text in enumerate((row.name, *row.values)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                item.setFont(ui_font(bold=differs and place > 0, digits=True))
                if place == 0 or not differs:
                    item.setForeground(theme().color("muted" if place == 0 else "text"))
                if differs:
                    item.setBackground(marked)
                table.setItem(number, place, item)
        table.resizeColumnsToContents()
        for place in range(table.columnCount()):
            header.resizeSection(place, min(header.sectionSize(place) + GRID, 30 * GRID))
        for bar, value in zip(bars, places, strict=True):
            bar.setValue(value)

    def _ask_to_save(self) -> None:
        header, rows = ["", *self._names], [(row.name, *row.values) for row in self._shown]

        def write(path: Path) -> None:
            save_table(path, header, rows)

        ask_where_to_save(self, "table", "runs-compared", "CSV table", "csv", write)
