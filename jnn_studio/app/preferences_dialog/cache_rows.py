"""The cache of decoded images: where it is, how large it may be, how large it is, and emptying it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.file_dialogs import ask_folder
from jnn_studio.app.preferences_dialog.rows import PreferenceRows
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.widgets.number_box import NumberBox
from jnn_studio.base.text import printable
from jnn_studio.base.watch import Watch
from jnn_studio.data.cache import ImageCache
from jnn_studio.data.cache_place import GB, CachePlace, cache_place, keep_cache_place

MB = 10**6


@dataclass(frozen=True)
class CacheNow:
    """Where it is, and bytes that are in it."""

    place: CachePlace
    size: int


class CacheRows(QWidget):
    """Everything is read and written on the loading thread; every program of this person's goes by it."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._place = CachePlace()
        self.folder = ElidingLabel(mode=Qt.TextElideMode.ElideMiddle, object_name="preferences.cache.folder")
        self.change = self._button("change", "Change…", "Keep decoded images in another folder from now on")
        self.change.clicked.connect(self._ask)
        self.standard = self._button("standard", "Standard", "Back to where this system keeps caches")
        self.standard.clicked.connect(lambda: self._keep(folder=None))
        self.limit = NumberBox("preferences.cache.limit")
        self.limit.setRange(0.1, 100_000)
        self.limit.setDecimals(1)
        self.limit.setSuffix(" GB")
        self.limit.setKeyboardTracking(False)
        self.limit.setMinimumWidth(14 * GRID)
        self.limit.valueChanged.connect(lambda value: self._keep(limit_gb=value))
        self.used = QLabel("…", objectName="preferences.cache.used")
        self.used.setFont(ui_font(digits=True))
        self.empty = self._button(
            "empty",
            "Empty",
            "Remove decoded images that nobody uses; folders are decoded anew when opened again",
        )
        self.empty.clicked.connect(self._empty)
        rows = PreferenceRows("Cache of decoded images", context.preferences)
        where = QHBoxLayout()
        where.setSpacing(GRID)
        where.addWidget(self.folder, 1)
        where.addWidget(self.change)
        where.addWidget(self.standard)
        rows.add(
            "Folder",
            self.change,
            self.change.toolTip(),
            "Holds for folders opened from now on, in the command line too. What is in the former folder "
            "stays there: empty it first if it is not wanted.",
            layout=where,
        )
        rows.add("At most", self.limit, "What was not used for longest is removed where more would be needed")
        now = QHBoxLayout()
        now.setSpacing(GRID)
        now.addWidget(self.used)
        now.addWidget(self.empty)
        now.addStretch(1)
        rows.add("Now", self.empty, self.empty.toolTip(), layout=now)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(rows)

    def refresh(self) -> None:
        """Show what is there now."""
        self._do(lambda: None)

    def _ask(self) -> None:
        ask_folder(
            self,
            "Keep decoded images in a folder",
            lambda path: self._keep(folder=path),
            self._place.directory if self._place.directory.is_dir() else None,
            object_name="preferences.cache_dialog",
        )

    def _keep(self, **changes: object) -> None:
        self._place = place = CachePlace.model_validate(self._place.model_dump() | changes)
        self._do(lambda: keep_cache_place(place))

    def _empty(self) -> None:
        self.empty.setEnabled(False)
        self._do(lambda: ImageCache().empty())

    def _do(self, change: Callable[[], object]) -> None:
        def work(_: Watch) -> CacheNow:
            change()
            return CacheNow(cache_place(), ImageCache().size)

        self._context.loading.request(self, "image cache", work, self._show, self._refused, kept=True)

    def _show(self, now: CacheNow) -> None:
        self._place = now.place
        self.folder.setText(printable(str(now.place.directory)))
        self.folder.setToolTip(printable(str(now.place.directory)))
        self.standard.setEnabled(now.place.folder is not None)
        with QSignalBlocker(self.limit):
            self.limit.setValue(now.place.limit_gb)
        self.used.setText(_words(now.size))
        self.empty.setEnabled(now.size > 0)

    def _refused(self, failure: Failure) -> None:
        self._context.message.emit("Cannot change the cache of images", failure.text, failure.details)
        self._context.loading.request(
            self,
            "image cache now",
            lambda _: CacheNow(cache_place(), ImageCache().size),
            self._show,
            lambda _: None,
        )

    def _button(self, name: str, words: str, tip: str) -> QPushButton:
        button = QPushButton(words, objectName=f"preferences.cache.{name}")
        button.setAutoDefault(False)
        button.setToolTip(tip)
        button.setAccessibleName(f"{words}, cache of images")
        return button


def _words(size: int) -> str:
    return f"{size / GB:.2f} GB" if size >= GB else f"{size / MB:.1f} MB" if size else "empty"
