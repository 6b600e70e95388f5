"""Denoise a photograph: clean, noisy, and what every method makes of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QAction, QGuiApplication, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.file_dialogs import FIGURES, ask_new_file, file_name
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.compare.viewer import BLINK, SIDE_BY_SIDE, SPLIT, Viewer
from jnn_studio.app.widgets.compare.viewer_bar import ViewerBar
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspaces.denoise.dropping import NOTHING_OPENED, let_drop, take
from jnn_studio.app.workspaces.denoise.entries import FULL_CONVENTIONS, NOISY, SHORT_CONVENTIONS, entries_of
from jnn_studio.app.workspaces.denoise.models_bar import ModelsBar, remark
from jnn_studio.app.workspaces.denoise.photo.bar import PhotoBar
from jnn_studio.app.workspaces.denoise.photo.kept_picture import picture_to_keep
from jnn_studio.app.workspaces.denoise.photo.work_button import WorkButton
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.app.workspaces.denoise.saving import PictureSaver
from jnn_studio.app.workspaces.denoise.strength_bar import StrengthBar
from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.denoisers.methods import PENALISED
from jnn_studio.labs.denoise.measuring.figure4 import ENDINGS, RESULTS, Part, panels_of

PAGE = "denoise.photo"


class PhotoPage(QWidget):
    """Bars above the viewer; photographs and weights can be dropped anywhere on it."""

    def __init__(self, context: AppContext, desk: PhotoDesk) -> None:
        super().__init__()
        self.setObjectName(PAGE)
        self._desk, self._context = desk, context
        self._shares: dict[str, float] = {}
        self.message = MessageBar()
        self.message.setObjectName(f"{PAGE}.message")
        self._saver = PictureSaver(self, context, self.message)
        self.photo_bar = PhotoBar(desk, PAGE)
        self.viewer = Viewer(f"{PAGE}.viewer")
        self.viewer_bar = ViewerBar(self.viewer, PAGE)
        self.models_bar = ModelsBar(desk, PAGE)
        self.work = WorkButton(desk, PAGE)
        self.strength = StrengthBar(PAGE)
        self.strength.changed.connect(desk.set_strength)
        self.figure = QPushButton("Fi&gure 4…", objectName=f"{PAGE}.figure4")
        self.figure.setAccessibleName("Save the paper's Figure 4")
        self.figure.setToolTip(
            "Save the part on show as the paper's Figure 4: clean, noisy and the four results side by side"
        )
        self.figure.clicked.connect(self.ask_for_figure)
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
        photo, make = self._desk.photo, picture_to_keep(self._desk, key)
        if photo is not None and make is not None and key in self.viewer.entries:
            title = self.viewer.entries[key].title
            self._saver.ask(photo.name, key, title, make, self._profile)

    def save(self, key: str, path: Path) -> None:
        """Write one of the pictures, in its own resolution and depth."""
        make = picture_to_keep(self._desk, key)
        if make is not None:
            self._saver.save(self.viewer.entries[key].title, make, path, self._profile)

    @property
    def _profile(self) -> bytes | None:
        return None if self._desk.photo is None else self._desk.photo.profile

    def ask_for_figure(self) -> None:
        """Choose a file for the paper's Figure 4 of what is on show."""
        if self._desk.photo is not None:
            name = f"{file_name(Path(self._desk.photo.name).stem)}-figure-4.png"
            ask_new_file(self, "Save Figure 4", FIGURES, ".png", self.save_figure, name, ENDINGS)

    def save_figure(self, path: Path) -> None:
        """Write clean, noisy and what there is of the paper's four methods, of the part on show."""
        desk, noisy = self._desk, self._desk.noisy
        results = {key: desk.results[key] for key in RESULTS if key in desk.results}
        if desk.photo is None or noisy is None or not results:
            self.message.show_info("Nothing to draw yet", "Wait for the results, then save the figure again.")
            return
        clean, part = desk.clean, self._part()
        caption = f"{desk.photo.name}, noise of {desk.noise.words} in [-1, 1], as in Figure 4 of Scarvelis"
        caption += f" & Solomon (2024){'' if desk.strength == 1 else f', strength {desk.strength:g}'}"

        def work(_: Watch) -> None:
            # Imported here: it brings a tenth of all memory.
            from jnn_studio.labs.denoise.measuring.figure4_file import write_figure4

            images = {key: result.image(noisy) for key, result in results.items()}
            write_figure4(panels_of(noisy, clean, images, part), caption, path)

        def saved(_: None) -> None:
            self.message.show_info("Saved", f"Figure 4: {path}")

        self._context.loading.request(
            self, f"{PAGE}.figure", work, saved, partial(self._failed, "Cannot save the figure"), kept=True
        )

    def _part(self) -> Part:
        """Of the photograph, what can be seen."""
        pane, size = self.viewer.pane, self.viewer.view.size
        ends = [
            self.viewer.view.to_picture(at, pane.area)
            for at in (pane.area.topLeft(), pane.area.bottomRight())
        ]
        left, right = (min(max(round(at.x()), 0), round(size.width())) for at in ends)
        top, bottom = (min(max(round(at.y()), 0), round(size.height())) for at in ends)
        return Part(top, left, max(bottom - top, 1), max(right - left, 1))

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
        self.strength.set_value(desk.strength)
        self.figure.setEnabled(any(key in desk.results for key in RESULTS))
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
        second.addWidget(self.work)
        second.addWidget(self.strength)
        second.addWidget(self.figure)
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
            ("figure4", "Save as the paper's Fi&gure 4…", self.ask_for_figure, None),
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
