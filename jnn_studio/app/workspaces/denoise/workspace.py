"""Denoise's page: one of its parts at a time, over one photograph."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction, QShowEvent

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import Rare, RunFeed
from jnn_studio.app.steering.run_page import RunPage
from jnn_studio.app.widgets.switched_pages import SwitchedPage, SwitchedPages
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.denoise.evaluate.page import EvaluatePage
from jnn_studio.app.workspaces.denoise.folder.page import FolderPage
from jnn_studio.app.workspaces.denoise.photo.page import PhotoPage
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.app.workspaces.denoise.remembering import remembered, restore
from jnn_studio.app.workspaces.denoise.restore.page import RestorePage
from jnn_studio.app.workspaces.denoise.train.page import SPEC
from jnn_studio.app.workspaces.denoise.why.page import WhyPage
from jnn_studio.training.events import UNDER_WAY, CheckpointSaved, StateChanged
from jnn_studio.training.step.commands import Command


class DenoiseWorkspace(Workspace):
    """Pages behind a switch, over one desk."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "denoise")
        self.desk = PhotoDesk(context, self)
        self.photo = PhotoPage(context, self.desk)
        self.train = RunPage(context, SPEC)
        self.train.explore_wanted.connect(self.use_on_photo)
        self._awaited: Path | None = None
        """The run under way whose denoisers are to be used, once it has saved them."""
        context.run_event.connect(self._run_event)
        self.why = WhyPage(context, self.desk)
        self.restore = RestorePage(context, self.desk)
        self.folder = FolderPage(context, self.desk)
        self.evaluate = EvaluatePage(context, self.desk)
        pages = {
            "photo": SwitchedPage(
                "Photo",
                "Denoise a photograph with every method, side by side",
                "Networks that have seen noisy images alone, beside those that have seen more, and BM3D.",
                self.photo,
            ),
            "train": SwitchedPage(
                "Train",
                "Train a denoiser for each method, all on the same images and noise",
                "The same first weights, images and noise for every method; only what is minimised differs.",
                self.train,
            ),
            "why": SwitchedPage(
                "Why it works",
                "Singular values and vectors of the denoisers' Jacobians at a crop of the noisy photograph",
                "A denoiser lets few directions of a noisy crop through and damps the rest, noise with them.",
                self.why,
            ),
            "restore": SwitchedPage(
                "Restore",
                "Fill in missing pixels or undo a blur, with a denoiser as all that is known of images",
                "What a learnt denoiser adds to total variation where pixels are missing or blurred.",
                self.restore,
            ),
            "folder": SwitchedPage(
                "Folder",
                "Denoise all photographs of a folder",
                "All photographs of a folder, by one method.",
                self.folder,
            ),
            "evaluate": SwitchedPage(
                "Evaluate",
                "Measure every method on a folder of clean photographs",
                "What methods come to over many photographs, and how sure their differences are.",
                self.evaluate,
            ),
        }
        self._pages = SwitchedPages("denoise.page", "Part of Denoise", pages)
        self.switch = self._pages.switch
        self.setCentralWidget(self._pages)
        self.remember_layout()

    def commands(self) -> list[QAction]:
        pages = (self.photo, self.train, self.restore, self.folder, self.evaluate)
        return [action for page in pages for action in page.commands()]

    def use_on_photo(self, path: Path) -> None:
        """Show what a run's denoisers make of the photograph; of one under way here, as they are now."""
        feed = self.context.training.feed
        if feed is not None and feed.path == path:
            self._awaited = path
            self.context.training.send(Command.CHECKPOINT)
        else:
            self.desk.open_models(path)
        self.switch.current = "photo"

    def _run_event(self, feed: RunFeed, event: Rare) -> None:
        ended = isinstance(event, StateChanged) and event.state not in UNDER_WAY
        if feed.path == self._awaited and (isinstance(event, CheckpointSaved) or ended):
            self._awaited = None
            self.desk.open_models(feed.path)

    def open_run(self, path: Path, kind: str, resume: bool) -> None:
        self.switch.current = "train"
        self.train.open_run(path, resume)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Not before anybody looks: denoising would take the processor from what is looked at.
        self.desk.begin()

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("page", self.switch.current)
        settings.setValue("session", remembered(self.desk))
        self.photo.save_state(settings)
        settings.setValue("train", self.train.form.state())
        self.why.save_state(settings)
        self.restore.save_state(settings)
        self.folder.save_state(settings)
        self.evaluate.save_state(settings)

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        self._pages.restore(str(settings.value("page", "")))
        restore(self.desk, str(settings.value("session", "")))
        self.photo.restore_state(settings)
        self.train.form.restore(str(settings.value("train", "")))
        self.why.restore_state(settings)
        self.restore.restore_state(settings)
        self.folder.restore_state(settings)
        self.evaluate.restore_state(settings)
