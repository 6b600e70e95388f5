"""Denoise's page: one of its parts at a time, over one photograph."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.denoise.photo_page import PhotoPage
from jnn_studio.app.workspaces.denoise.remembering import remembered, restore
from jnn_studio.app.workspaces.denoise.session import PhotoSession
from jnn_studio.app.workspaces.denoise.train_page import TrainPage
from jnn_studio.app.workspaces.denoise.why_page import WhyPage


class DenoiseWorkspace(Workspace):
    """Pages behind a switch; each keeps what it shows while another is seen."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "denoise")
        self.session = PhotoSession(context, self)
        self.photo = PhotoPage(context, self.session)
        self.train = TrainPage(context)
        self.train.photo_wanted.connect(self.use_on_photo)
        self.why = WhyPage(context, self.session)
        # key: label, tooltip, what is said beside the switch, page
        parts: dict[str, tuple[str, str, str, QWidget]] = {
            "photo": (
                "Photo",
                "Denoise a photograph with every method, side by side",
                "Networks that have seen noisy images alone, beside those that have seen more, and BM3D.",
                self.photo,
            ),
            "train": (
                "Train",
                "Train a denoiser for each method, all on the same images and noise",
                "The same first weights, images and noise for every method; only what is minimised differs.",
                self.train,
            ),
            "why": (
                "Why it works",
                "Singular values and vectors of the denoisers' Jacobians at a crop of the noisy photograph",
                "A denoiser lets few directions of a noisy crop through and damps the rest, noise with them.",
                self.why,
            ),
        }
        self._about = {key: about for key, (_, _, about, _) in parts.items()}
        self.switch = SegmentedControl(
            {key: (label, tip) for key, (label, tip, _, _) in parts.items()},
            "denoise.page",
            "Part of Denoise",
        )
        self._words = QLabel()
        self._words.setProperty("tone", "muted")
        self._pages = QStackedWidget()
        for _, _, _, page in parts.values():
            self._pages.addWidget(page)
        self.switch.currentChanged.connect(self._show_page)
        top = QHBoxLayout()
        top.setSpacing(2 * GRID)
        top.addWidget(self.switch)
        top.addWidget(self._words, 1)
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(central)
        self._show_page(self.switch.current)
        self.remember_layout()

    def commands(self) -> list[QAction]:
        return [*self.photo.commands(), *self.train.commands()]

    def use_on_photo(self, path: Path) -> None:
        """Show what a run's denoisers make of the photograph."""
        self.session.open_models(path)
        self.switch.current = "photo"

    def _show_page(self, key: str) -> None:
        self._words.setText(self._about[key])
        self._pages.setCurrentIndex(list(self._about).index(key))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Not before anybody looks: denoising would take the processor from what is looked at.
        self.session.begin()

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("page", self.switch.current)
        settings.setValue("session", remembered(self.session))
        self.photo.save_state(settings)
        settings.setValue("train", self.train.form.state())

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        page = str(settings.value("page", ""))
        if page in self._about:
            self.switch.current = page
        restore(self.session, str(settings.value("session", "")))
        self.photo.restore_state(settings)
        self.train.form.restore(str(settings.value("train", "")))
