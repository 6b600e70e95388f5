"""Asking for one of many categories, such as the folder of one person among thousands."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QLineEdit, QListView, QPushButton, QSizePolicy

from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.workspaces.explore.gallery.filter_editor import category_words
from jnn_studio.explore.collection.catalogue import Facet, Filter

ROWS = 8
"""Categories in view at once."""

NAME = Qt.ItemDataRole.UserRole
"""A category without how many images it has."""


class CategoryEditor(QFrame):
    """Categories by name, with how many images each has; typing looks for one, Return or a click takes it."""

    asked = Signal(object)
    """Filter"""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("explore.gallery.category")
        self.setProperty("panel", True)
        self._name = ""
        self._title = QLabel()
        self._title.setFont(ui_font(bold=True))
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.search = QLineEdit(objectName="explore.gallery.category.search")
        self.search.setPlaceholderText("Type a name")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Part of the name; Return takes the one that is marked")
        self.search.setAccessibleName("Name to look for")
        self._names = QStandardItemModel()
        self._found = QSortFilterProxyModel()
        self._found.setSourceModel(self._names)
        self._found.setFilterRole(NAME)
        self._found.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.list = QListView(objectName="explore.gallery.category.list")
        self.list.setModel(self._found)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setToolTip("Press one to show only its images")
        self.list.setAccessibleName("Names and how many images each has")
        self.list.setFixedHeight(ROWS * (self.list.fontMetrics().height() + 2) + 2 * self.list.frameWidth())
        self.list.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.cancel = QPushButton("Cancel", objectName="explore.gallery.category.cancel")
        self.cancel.setToolTip("Leave the images as they are")
        self.cancel.setAccessibleName("Cancel the filter")
        grid = QGridLayout(self)
        grid.setContentsMargins(GRID, GRID, GRID, GRID)
        grid.setSpacing(GRID // 2)
        grid.addWidget(self._title, 0, 0)
        grid.addWidget(self.search, 1, 0)
        grid.addWidget(self.list, 2, 0)
        grid.addWidget(self.cancel, 3, 0)
        self.search.textChanged.connect(self._look)
        self.list.clicked.connect(self._take)
        self.cancel.clicked.connect(self.hide)
        self.hide()

    def edit(self, facet: Facet) -> None:
        """Ask for one of the categories of ``facet``."""
        self._name = facet.name
        self._title.setText(facet.name)
        known = facet.values[np.isfinite(facet.values)].astype(np.int64)
        counts = np.bincount(known, minlength=len(facet.categories))
        self._names.clear()
        for category, count in zip(facet.categories, counts, strict=True):
            item = QStandardItem(f"{category_words(category)}  ({count:,})")
            item.setData(category_words(category), NAME)
            self._names.appendRow(item)
        self.search.clear()
        self._look("")
        self.show()
        self.search.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.list.currentIndex())
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.search.hasFocus():
            self.list.setFocus()
            self.list.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def _look(self, text: str) -> None:
        self._found.setFilterFixedString(text)
        self.list.setCurrentIndex(self._found.index(0, 0))

    def _take(self, index: QModelIndex) -> None:
        if index.isValid():
            number = self._found.mapToSource(index).row()
            self.hide()
            self.asked.emit(Filter(self._name, low=number, high=number))
