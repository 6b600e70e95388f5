"""Preferences: one window for what holds everywhere. What is changed holds at once, or says when it will."""

from __future__ import annotations

import os

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPixmap, QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from jnn_studio.app.colors import ACCENTS
from jnn_studio.app.context import AppContext
from jnn_studio.app.preferences_dialog.cache_rows import CacheRows
from jnn_studio.app.preferences_dialog.rows import PreferenceRows
from jnn_studio.app.preferences_dialog.runs_folders import RunsFolders
from jnn_studio.app.theme import GRID, theme
from jnn_studio.app.widgets.own_windows import StudioDialog

SIZE = QSize(600, 720)
SWATCH = 12
THEMES = {"system": "As the system", "light": "Light", "dark": "Dark"}
ACCENT_WORDS = {"teal": "Teal", "indigo": "Indigo", "plum": "Plum", "graphite": "Graphite"}
SIGNS = {"point": "0.25, a point", "comma": "0,25, a comma", "system": "As the system's language has it"}
TEXT_SIZES = {"100": "As the system", "125": "125 %", "150": "150 %"}
MOTIONS = {"system": "As the system, where it tells", "full": "Full", "reduced": "Reduced"}
STARTS = {
    "last": "What was in view last",
    "faces": "The bundled pair on its faces",
    "nothing": "Nothing, until something is opened",
}


class PreferencesDialog(StudioDialog):
    """Not modal: `show` it. It scrolls where a screen has no room for all of it."""

    def __init__(self, context: AppContext, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("preferences")
        self.setWindowTitle("Preferences")
        store = context.preferences
        look = PreferenceRows("Look", store)
        look.choice("theme", "Theme", "Light or dark colours", THEMES)
        self._accent = look.choice(
            "accent", "Accent", "The colour of buttons, marks and what is chosen", ACCENT_WORDS
        )
        look.choice(
            "text_size",
            "Text",
            "How large text is, of the size that the system has",
            TEXT_SIZES,
            "From the next start on. Where a window then is too small for a page, it scrolls.",
        )
        look.choice(
            "motion",
            "Motion",
            "Whether panels glide to their place, and compared pictures blink by themselves",
            MOTIONS,
            "From the next start on. What you start yourself, such as a walk that plays, still moves.",
        )
        look.choice(
            "decimal_sign",
            "Numbers",
            "What boxes and fields for numbers show between whole and fraction",
            SIGNS,
            "They take a point and a comma alike, whichever is shown, in every language of the system.",
        )
        start = PreferenceRows("Start", store)
        start.choice(
            "start",
            "Explore shows",
            "What Explore shows when the program starts",
            STARTS,
            "From the next start on.",
        )
        cores = os.cpu_count() or 1
        start.whole_number(
            "threads",
            "Threads",
            "Threads that torch computes with; more than there are cores only wait for each other",
            max(cores, store.now.threads),
            "All cores but one",
            "From the next start on. Fewer leave more of the machine to other programs.",
        )
        self.folders = RunsFolders(context)
        self.cache = CacheRows(context)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(3 * GRID)
        for part in (look, start, self.folders, self.cache):
            column.addWidget(part)
        column.addStretch(1)
        self.area = area = QScrollArea(objectName="preferences.area")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to the row that has the focus
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(area)
        theme().changed.connect(self._paint_swatches)
        self._paint_swatches()
        self.resize(SIZE.boundedTo(parent.size()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.folders.refresh()
        self.cache.refresh()

    def _paint_swatches(self) -> None:
        """Each accent as it is worn in the present theme."""
        box: QComboBox = self._accent
        for index in range(box.count()):
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(QColor(ACCENTS[box.itemData(index)][theme().is_dark][0]))
            box.setItemIcon(index, QIcon(swatch))
