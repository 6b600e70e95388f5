"""Denoise a whole folder: what was done is left, and so it goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from typing import Any

from PySide6.QtCore import QSettings, QSignalBlocker
from PySide6.QtWidgets import QComboBox, QLabel

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.denoise.batch_page import BatchPage, FolderForm
from jnn_studio.app.workspaces.denoise.entries import method_label
from jnn_studio.app.workspaces.denoise.folder.settings import PAGE, SECTIONS, FolderJob, check, defaults
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.denoisers import bm3d
from jnn_studio.labs.denoise.denoisers.methods import CLASSICAL, PENALISED
from jnn_studio.labs.denoise.denoisers.models_choice import ModelsChoice, opener
from jnn_studio.labs.denoise.measuring.evaluation import list_photographs
from jnn_studio.labs.denoise.photos.applying import FileDone, Treatment, denoise_listing

HEADER = (
    ("Photograph", "Its name inside the folder"),
    ("Noise", "What it was taken to have: σ for images in [-1, 1]"),
    ("Result", "Where it was written, or why there is none"),
)

_EMPTY = (
    "Nothing has been denoised yet.\n\nChoose a folder of photographs and one for the results, and press "
    "Start: a table names every photograph, its noise, and where the result is."
)


class FolderPage(BatchPage):
    """Which photographs, where to, and how."""

    def __init__(self, context: AppContext, desk: PhotoDesk) -> None:
        form = FolderForm(PAGE, SECTIONS, check, lambda typed: set(typed), ("source",))
        self._method = PENALISED
        self._written = self._there = 0
        self._skipped: list[str] = []
        self.methods = QComboBox(objectName=f"{PAGE}.method")
        self.methods.setToolTip("What the photographs are denoised with")
        self.methods.setAccessibleName("Method")
        self.methods.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        super().__init__(context, desk, PAGE, form, HEADER, "Denoise the folder", _EMPTY, (0, 1, 2))
        label = QLabel("&Method")
        label.setBuddy(self.methods)
        self.top.addSpacing(8)
        self.top.addWidget(label)
        self.top.addWidget(self.methods)
        self.methods.activated.connect(self._choose)
        desk.models_changed.connect(self._offer)
        self._offer()
        form.fill(defaults())

    def reason(self) -> str:
        if not self.methods.count():
            return "No denoisers are open: open or train some."
        return super().reason()

    def work(self) -> Callable[[Watch], Iterable[Any]]:
        job: FolderJob = self.form.config
        method = str(self.methods.currentData())
        return partial(_denoised, job, method, self.desk.choice)

    def begin(self) -> None:
        self._written = self._there = 0
        self._skipped = []
        self.table.setRowCount(0)

    def take(self, things: list[Any]) -> None:
        for done in things:
            if done.written is None:
                self._skipped.append(done.name)
                noise, result = "", done.reason
            elif done.noise is None:
                self._there += 1
                noise, result = "", "was there already"
            else:
                self._written += 1
                noise, result = done.noise.words, str(done.written)
            self.put_row(self.table.rowCount(), (done.name, noise, result), {})
        self.table.scrollToBottom()

    def words(self) -> str:
        counts = f"{self._written:,} denoised, {self._there:,} there already, {len(self._skipped):,} skipped"
        if self.batch.running:
            return f"{self.how_far('photograph')}{counts}."
        if not self.table.rowCount():
            return (
                "Every photograph is written under its own name. Those that are there already are left, so "
                "that one that was stopped goes on where it was."
            )
        return f"{self.ended()} {counts}."

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("folder_method", self._method)

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        self._method = str(settings.value("folder_method", "") or PENALISED)
        self._offer()

    def _offer(self) -> None:
        """The methods there are; what was chosen stays so while it is there."""
        classical = CLASSICAL if bm3d.available() else ()
        with QSignalBlocker(self.methods):
            self.methods.clear()
            for method in (*self.desk.models, *classical):
                self.methods.addItem(method_label(method), method)
            self.methods.setCurrentIndex(max(self.methods.findData(self._method), 0))
        self.show_standing()

    def _choose(self) -> None:
        self._method = str(self.methods.currentData())


def _denoised(job: FolderJob, method: str, choice: ModelsChoice, watch: Watch) -> Iterator[FileDone]:
    sigma = None if job.sigma == "estimated" else float(job.sigma)
    treatment = Treatment(method, opener(choice), sigma, job.strength, job.peak)
    with closing(list_photographs(job.source)) as listing:
        yield from (FileDone(name, None, None, reason) for name, reason in listing.unlisted)
        yield from denoise_listing(listing, job.out, treatment, watch)
