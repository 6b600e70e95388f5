"""The table of what was measured, failed checks in red."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
)

from jnn_studio.app.plain_text import literal
from jnn_studio.app.theme import GRID, theme
from jnn_studio.labs.robustness.report import RobustnessReport
from jnn_studio.labs.robustness.table import header, shown_rows

EMPTY = "Nothing has been measured: press Measure once the run has a checkpoint"


class ReportView(QStackedWidget):
    """The table, or words where there is none."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self._report: RobustnessReport | None = None
        self._empty = QLabel(EMPTY)
        self._empty.setWordWrap(True)
        self._empty.setProperty("tone", "muted")
        self.table = QTableWidget(objectName=f"{object_name}.table")
        self.table.setAccessibleName("What was measured")
        self.table.setToolTip("A row for each regulariser and strength; *: of equal clean accuracy")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(3 * GRID)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.addWidget(self._empty)
        self.addWidget(self.table)
        theme().changed.connect(self._fill)

    def show_report(self, report: RobustnessReport | None) -> None:
        """Show what was measured; None: nothing was."""
        self._report = report
        self._fill()

    def _fill(self) -> None:
        report = self._report
        self.setCurrentWidget(self._empty if report is None else self.table)
        if report is None:
            return
        titles, rows = header(report), shown_rows(report)
        self.table.setColumnCount(len(titles))
        self.table.setHorizontalHeaderLabels([literal(title) for title in titles])
        self.table.setRowCount(len(rows))
        for place, (row, cells) in enumerate(zip(report.rows, rows, strict=True)):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if 0 < column < len(cells) - 1:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if row.failed:
                    item.setForeground(QColor(theme().colors.danger))
                self.table.setItem(place, column, item)
