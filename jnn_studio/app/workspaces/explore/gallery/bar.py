"""Above the thumbnails: search, filters, order, and how far a survey has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.plain_text import literal
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.layouts import remove_widgets
from jnn_studio.app.workspaces.explore.gallery.category_editor import CategoryEditor
from jnn_studio.app.workspaces.explore.gallery.filter_editor import FilterEditor, category_words, describe
from jnn_studio.base.text import counted
from jnn_studio.explore.collection.catalogue import Facet, Filter, Picked

MENU_CATEGORIES = 12
"""Categories that a menu lists; more are looked for by their names."""


class GalleryBar(QWidget):
    """Shows what is asked of the images and passes on what else is."""

    text_changed = Signal(str)
    filter_added = Signal(object)
    """Filter"""
    filter_removed = Signal(object)
    """Filter"""
    picked_removed = Signal()
    """Images that were picked elsewhere are not to be kept to any more."""
    model_chosen = Signal(str)
    """Key of the model to order by"""
    table_asked = Signal()

    def __init__(self, orders: Sequence[QAction]) -> None:
        super().__init__()
        self.setObjectName("explore.gallery.bar")
        self._orders = orders
        self._facets: Mapping[str, Facet] = {}
        self._filters: tuple[Filter, ...] = ()
        self._picked: Picked | None = None
        self._models: list[tuple[str, str]] = []
        self._model = ""
        self._offers_table = False
        self.search = QLineEdit(objectName="explore.gallery.search")
        self.search.setPlaceholderText("Search by name")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip("Show only images whose name has all of these words")
        self.search.setAccessibleName("Search images by name")
        self.filter = self._button("filter_by", "Filter", "Show only images with some factor or attribute")
        self.order = self._button("order", "File order", "In what order the images are shown")
        self.editor = FilterEditor()
        self.categories = CategoryEditor()
        self._chips = QVBoxLayout()
        self._chips.setSpacing(GRID // 2)
        self.count = self._label("count", "How many of the images are shown")
        self.note = self._label("note", "What the number under each image is")
        self.progress = QProgressBar(objectName="explore.gallery.progress")
        self.progress.setTextVisible(False)
        self.progress.setToolTip("Images measured so far")
        self.progress.setAccessibleName("Images measured so far")
        buttons = QGridLayout()
        buttons.setSpacing(GRID // 2)
        buttons.addWidget(self.filter, 0, 0)
        buttons.addWidget(self.order, 0, 1)
        buttons.setColumnStretch(0, 2)
        buttons.setColumnStretch(1, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID // 2, GRID // 2, GRID // 2, GRID // 2)
        column.setSpacing(GRID // 2)
        column.addWidget(self.search)
        column.addLayout(buttons)
        column.addWidget(self.editor)
        column.addWidget(self.categories)
        column.addLayout(self._chips)
        column.addWidget(self.count)
        column.addWidget(self.note)
        column.addWidget(self.progress)
        self.search.textChanged.connect(self.text_changed)
        for editor in (self.editor, self.categories):
            editor.asked.connect(self.filter_added)
        self.filter.menu().aboutToShow.connect(self._fill_filters)
        self.order.menu().aboutToShow.connect(self._fill_orders)
        self.show_note("")
        self.show_progress(0, 0)

    def set_facets(self, facets: Mapping[str, Facet], offers_table: bool) -> None:
        """What can be filtered by; ``offers_table``: an attribute table could be opened for these images."""
        self._facets, self._offers_table = facets, offers_table
        self.filter.setEnabled(bool(facets) or offers_table)
        self.editor.hide()
        self.categories.hide()

    def set_models(self, models: Sequence[tuple[str, str]], chosen: str) -> None:
        """Keys and names of the models the images can be ordered by, and the one they are."""
        self._models, self._model = list(models), chosen

    def show_filters(self, filters: tuple[Filter, ...], picked: Picked | None = None) -> None:
        """One chip for each filter, and for images that were picked elsewhere; pressing it removes it."""
        if filters == self._filters and picked is self._picked:
            return
        self._filters, self._picked = filters, picked
        remove_widgets(self._chips)
        for number, wanted in enumerate(filters):
            words = describe(wanted, self._facets.get(wanted.name))
            self._add_chip(str(number), words, partial(self.filter_removed.emit, wanted))
        if picked is not None:
            words = f"{picked.name}: {counted(len(picked.indices), 'image')}"
            self._add_chip("picked", words, self.picked_removed.emit)

    def _add_chip(self, name: str, words: str, removed: Callable[[], object]) -> None:
        chip = QPushButton(f"{literal(words)}  ×", objectName=f"explore.gallery.chip.{name}")
        chip.setToolTip(f"{words}: press to remove the filter")
        chip.setAccessibleName(f"Remove the filter {words}")
        chip.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        chip.setStyleSheet("padding-left: 6px; padding-right: 6px;")
        chip.clicked.connect(lambda _=False: removed())
        self._chips.addWidget(chip)

    def show_order(self, words: str) -> None:
        """The order the images are in, on its button."""
        self.order.setText(literal(words))
        self.order.setAccessibleName(f"Order: {words}")

    def show_count(self, shown: int, total: int) -> None:
        """How many images are shown."""
        if shown == total:
            self.count.setText(counted(total, "image"))
        else:
            self.count.setText(f"{shown:,} of {total:,}")

    def show_note(self, words: str, wrong: bool = False) -> None:
        """What the numbers mean, or what went wrong."""
        self.note.setText(words)
        self.note.setProperty("tone", "danger" if wrong else "muted")
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)
        self.note.setVisible(bool(words))

    def show_progress(self, done: int, total: int) -> None:
        """How far a survey is; gone once it is complete."""
        self.progress.setRange(0, max(1, total))
        self.progress.setValue(done)
        self.progress.setVisible(done < total)

    def _fill_filters(self) -> None:
        menu = self.filter.menu()
        menu.clear()
        for name, facet in self._facets.items():
            if facet.binary:
                both = menu.addMenu(literal(name))
                middle = (facet.low + facet.high) / 2
                yes, no = Filter(name, low=middle), Filter(name, high=middle)
                both.addAction("Yes", partial(self.filter_added.emit, yes))
                both.addAction("No", partial(self.filter_added.emit, no))
            elif facet.categories and len(facet.categories) <= MENU_CATEGORIES:
                each = menu.addMenu(literal(name))
                for number, category in enumerate(facet.categories):
                    only = Filter(name, low=number, high=number)
                    each.addAction(literal(category_words(category)), partial(self.filter_added.emit, only))
            else:
                menu.addAction(f"{literal(name)}…", partial(self._edit, facet))
        if self._offers_table:
            menu.addSeparator()
            menu.addAction("Open attribute table…", self.table_asked.emit)

    def _edit(self, facet: Facet) -> None:
        """Ask which of its images; one question at a time."""
        if facet.categories:
            self.editor.hide()
            self.categories.edit(facet)
        else:
            self.categories.hide()
            self.editor.edit(facet)

    def _fill_orders(self) -> None:
        menu = self.order.menu()
        menu.clear()
        menu.addActions(list(self._orders))
        if len(self._models) > 1:
            menu.addSection("Measured under")
            group = QActionGroup(menu)
            for key, name in self._models:
                action = menu.addAction(literal(name))
                action.setCheckable(True)
                action.setChecked(key == self._model)
                action.triggered.connect(lambda _=False, key=key: self.model_chosen.emit(key))
                group.addAction(action)

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, objectName=f"explore.gallery.{name}")
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.setStyleSheet("padding-left: 6px; padding-right: 6px;")
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        button.setMenu(menu)
        return button

    def _label(self, name: str, tip: str) -> QLabel:
        label = QLabel(objectName=f"explore.gallery.{name}")
        label.setFont(ui_font(0.92, digits=True))
        label.setProperty("tone", "muted")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setToolTip(tip)
        return label


class NothingFound(QWidget):
    """In the place of the thumbnails when there is none to show."""

    def __init__(self) -> None:
        super().__init__()
        words = QLabel("No image matches.", objectName="explore.gallery.empty")
        words.setWordWrap(True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setProperty("tone", "muted")
        self.clear = QPushButton("Clear the filters", objectName="explore.gallery.clear_here")
        self.clear.setToolTip("Show all images again")
        self.clear.setAccessibleName("Clear search and filters")
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.addStretch(1)
        column.addWidget(words)
        column.addWidget(self.clear, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
