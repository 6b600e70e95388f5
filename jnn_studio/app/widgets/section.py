"""A heading that folds away what stands below it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.fields import Field


class SectionBox(QWidget):
    """A heading over rows of fields."""

    folded_changed = Signal(bool)

    def __init__(self, key: str, title: str, labels: Iterable[str], page: str) -> None:
        super().__init__()
        self.setObjectName(f"{page}.section.{key}")
        self.heading = QToolButton()
        self.heading.setObjectName(f"{page}.section.{key}.heading")
        self.heading.setText(title)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.heading.setFont(ui_font(bold=True))
        self.heading.clicked.connect(lambda: self.set_folded(not self.folded))
        self._body = QWidget()
        self.rows = form_rows(labels)
        self._body.setLayout(self.rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self.heading)
        column.addWidget(self._body)
        self._title = title
        self._folded = False
        self._show_fold()

    @property
    def folded(self) -> bool:
        return self._folded

    def set_folded(self, folded: bool) -> None:
        if folded != self._folded:
            self._folded = folded
            self._show_fold()
            self.folded_changed.emit(folded)

    def _show_fold(self) -> None:
        self._body.setVisible(not self._folded)
        self.heading.setArrowType(Qt.ArrowType.RightArrow if self._folded else Qt.ArrowType.DownArrow)
        doing = "Show" if self._folded else "Hide"
        self.heading.setToolTip(f"{doing} these settings")
        self.heading.setAccessibleName(f"{self._title}, {'folded' if self._folded else 'unfolded'}")


def form_rows(labels: Iterable[str]) -> QGridLayout:
    """A grid for fields; given all labels of a form, their column is as wide in every part of it."""
    rows = QGridLayout()
    rows.setContentsMargins(GRID // 2, 0, 0, GRID // 2)
    rows.setHorizontalSpacing(GRID)
    rows.setVerticalSpacing(GRID // 2)
    rows.setColumnStretch(1, 1)
    metrics = QFontMetrics(ui_font())
    rows.setColumnMinimumWidth(0, max(map(metrics.horizontalAdvance, labels), default=0))
    return rows


def add_row(rows: QGridLayout, field: Field) -> None:
    """Label and editor side by side, the note beneath the editor."""
    row = rows.rowCount()
    rows.addWidget(field.label, row, 0, Qt.AlignmentFlag.AlignVCenter)
    rows.addWidget(field, row, 1)
    rows.addWidget(field.note, row + 1, 1)
