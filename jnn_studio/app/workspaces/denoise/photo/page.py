"""Denoise a photograph: clean, noisy, and what every method makes of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.compare.viewer import BLINK, SIDE_BY_SIDE, SPLIT, Viewer
from jnn_studio.app.widgets.compare.viewer_bar import ViewerBar
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspaces.denoise.dropping import NOTHING_OPENED, let_drop, take
from jnn_studio.app.workspaces.denoise.entries import FULL_CONVENTIONS, NOISY, SHORT_CONVENTIONS, entries_of
from jnn_studio.app.workspaces.denoise.models_bar import ModelsBar, remark
from jnn_studio.app.workspaces.denoise.photo.bar import PhotoBar
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.app.workspaces.denoise.saving import PictureSaver
from jnn_studio.labs.denoise.methods import PENALISED

PAGE = "denoise.photo"


class PhotoPage(QWidget):
    """Bars above the viewer; photographs and weights can be dropped anywhere on it."""

    def __init__(self, context: AppContext, desk: PhotoDesk) -> None:
        super().__init__()
        self.setObjectName(PAGE)
        self._desk = desk
        self._shares: dict[str, float] = {}
        self.message = MessageBar()
        self.message.setObjectName(f"{PAGE}.message")
        self._saver = PictureSaver(self, context, self.message)
        self.photo_bar = PhotoBar(desk, PAGE)
        self.viewer = Viewer(f"{PAGE}.viewer")
        self.viewer_bar = ViewerBar(self.viewer, PAGE)
        self.models_bar = ModelsBar(desk, PAGE)
        self.remark = QLabel(objectName=f"{PAGE}.remark")
        self.remark.setWordWrap(True)
        self.conventions = QLabel(SHORT_CONVENTIONS, objectName=f"{PAGE}.conventions")
        self.conventions.setToolTip(FULL_CONVENTIONS)
        self.conventions.setProperty("tone", "muted")
        self.conventions.setWordWrap(True)
        self.conventions.setFont(ui_font(0.92))
        self._arrange()
        let_drop(self, desk, self.message)
        # Several things change in one go: they are shown once.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._show)
        for changed in (
            desk.photo_changed,
            desk.noisy_changed,
            desk.noisy_measured,
            desk.models_changed,
            desk.work_changed,
            desk.settings_changed,
        ):
            changed.connect(self._show_soon)
        desk.photo_changed.connect(
            lambda: self.message.withdraw("Cannot open the photograph", NOTHING_OPENED)
        )
        desk.models_changed.connect(lambda: self.message.withdraw("Cannot open the denoisers"))
        desk.noisy_measured.connect(lambda: self.message.withdraw("Cannot measure the noisy image"))
        desk.progress_changed.connect(self._progressed)
        desk.failed.connect(self._failed)
        self.viewer.save_asked.connect(self.ask_where_to_save)
        self.viewer.keys_changed.connect(self._first_pair)
        self._paired = False
        self._actions = self._make_actions()
        self._offer_saving(False)

    def commands(self) -> list[QAction]:
        """For the menu and the command palette."""
        return self._actions

    def save_state(self, settings: QSettings) -> None:
        """Remember how pictures are looked at."""
        settings.setValue("mode", self.viewer.mode)

    def restore_state(self, settings: QSettings) -> None:
        """The inverse of `save_state`."""
        mode = str(settings.value("mode", ""))
        if mode in (SIDE_BY_SIDE, SPLIT, BLINK):
            self.viewer_bar.modes.current = mode

    # --- saving --------------------------------------------------------------------------------------

    def ask_where_to_save(self, key: str) -> None:
        """Choose a file for one of the pictures."""
        entry = self.viewer.entries.get(key)
        if entry is not None and entry.levels and self._desk.photo is not None:
            self._saver.ask(self._desk.photo.name, key, entry.title, entry.levels[0])

    def save(self, key: str, path: Path) -> None:
        """Write one of the pictures as a PNG, in its own resolution."""
        levels = self._desk.levels.get(key, ())
        if levels:
            self._saver.save(self.viewer.entries[key].title, levels[0], path)

    # --- showing -------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._offer_saving(True)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._offer_saving(False)

    def _offer_saving(self, offered: bool) -> None:
        """Other pages save their own pictures with the same key."""
        for action in self._actions:
            if action.objectName() == f"{PAGE}.action.save":
                action.setVisible(offered)

    def _show_soon(self) -> None:
        if self.isVisible():
            self._soon.start()

    def _show(self) -> None:
        desk = self._desk
        self._shares = {key: share for key, share in self._shares.items() if key in desk.waiting}
        self.viewer.show_entries(entries_of(desk, self._shares))
        words, tone = remark(desk)
        self.remark.setText(words)
        if self.remark.property("tone") != tone:
            self.remark.setProperty("tone", tone)
            self.remark.style().polish(self.remark)
        self.conventions.setVisible(not desk.already_noisy)

    def _progressed(self, method: str, share: float) -> None:
        self._shares[method] = share
        self._show_soon()

    def _failed(self, title: str, failure: Failure) -> None:
        self.message.show_error(title, failure.text, failure.details)

    def _first_pair(self) -> None:
        """What is most telling to compare, until somebody chooses."""
        entries = self.viewer.entries
        if not self._paired and any(key not in ("clean", NOISY) for key in entries):
            methods = list(self._desk.models)
            best = PENALISED if PENALISED in methods else methods[0] if methods else ""
            if best:
                self._paired = True
                self.viewer_bar.prefer(NOISY, best)

    def _arrange(self) -> None:
        second = QHBoxLayout()
        second.setSpacing(2 * GRID)
        second.addWidget(self.viewer_bar)
        second.addStretch(1)
        third = QHBoxLayout()
        third.setSpacing(2 * GRID)
        third.addWidget(self.photo_bar.name, 1)
        third.addWidget(self.remark, 2)
        third.addWidget(self.models_bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.photo_bar)
        column.addLayout(second)
        column.addLayout(third)
        column.addWidget(self.viewer, 1)
        column.addWidget(self.conventions)
        self.message.lie_over(self.viewer)

    def _make_actions(self) -> list[QAction]:
        found = []
        for name, text, call, keys in (
            ("open_photo", "Open &photo…", self.photo_bar.ask, QKeySequence.StandardKey.Open),
            ("paste", "&Paste an image", self._paste, QKeySequence.StandardKey.Paste),
            ("open_weights", "Open &weights…", self.models_bar.ask_weights, None),
            ("open_run", "Open a &run's denoisers…", self.models_bar.ask_folder, "Ctrl+R"),
            ("sample", "&Sample picture", self._desk.open_sample, None),
            ("save", "Sa&ve picture…", self._save_current, QKeySequence.StandardKey.Save),
        ):
            action = QAction(text, self, objectName=f"{PAGE}.action.{name}")
            action.triggered.connect(call)
            if keys is not None:
                action.setShortcut(QKeySequence(keys))
            found.append(action)
        return [*found, *self.viewer_bar.actions_]

    def _paste(self) -> None:
        """The picture, or the file or folder, that is on the clipboard."""
        take(self._desk, self.message, QGuiApplication.clipboard().mimeData())

    def _save_current(self) -> None:
        """The picture with the keyboard, or that of the method looked at."""
        focused = next((key for key, pane in self.viewer.panes.items() if pane.hasFocus()), "")
        self.ask_where_to_save(focused or self.viewer.pair[1])
