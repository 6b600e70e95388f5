"""The bar above the pictures: which models, which images."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.theme import GRID
from jnn_studio.app.workspaces.explore.scene import ModelSet
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.source import ImageSource
from jnn_studio.training.kind import find_kind

RECENT = 8


class Choices(QWidget):
    """Two buttons that name what is open and drop down what else could be."""

    bundled_chosen = Signal()
    path_chosen = Signal(object)
    run_chosen = Signal(object)
    open_run_asked = Signal()
    open_weights_asked = Signal()
    faces_chosen = Signal()
    folder_chosen = Signal(object)
    open_folder_asked = Signal()
    open_archive_asked = Signal()
    open_image_asked = Signal()

    def __init__(self, context: AppContext) -> None:
        super().__init__(objectName="explore.choices")
        self._settings = context.settings
        self._run: RunFeed | None = context.training.feed
        self.models = self._button("explore.models", "Models shown side by side")
        self.images = self._button("explore.source", "Images to start from")
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, GRID, GRID, 0)
        row.setSpacing(GRID)
        row.addWidget(QLabel("Models"))
        row.addWidget(self.models)
        row.addSpacing(GRID)
        row.addWidget(QLabel("Images"))
        row.addWidget(self.images)
        row.addStretch(1)
        self.models.menu().aboutToShow.connect(self._fill_models)
        self.images.menu().aboutToShow.connect(self._fill_images)

    def offer_run(self, feed: RunFeed) -> None:
        """A run is under way: its newest weights can be walked, if its models have a latent."""
        self._run = feed if find_kind(feed.config.kind).network is not None else None

    def withdraw_run(self) -> None:
        """It is over."""
        self._run = None

    def show_models(self, models: ModelSet, where: str, following: RunFeed | None) -> None:
        """Name the models in view."""
        self.models.setText(f"{models.title} (live)" if following is not None else models.title)
        if where != "bundled" and following is None:
            self._remember("recent_models", where)

    def show_source(self, source: ImageSource, config: FacesConfig | FolderConfig) -> None:
        """Name the images in view."""
        name = "Procedural faces" if isinstance(config, FacesConfig) else source.name
        self.images.setText(f"{name} ({len(source):,})")
        if isinstance(config, FolderConfig):
            self._remember("recent_folders", str(config.path))

    def _button(self, name: str, tip: str) -> QPushButton:
        button = QPushButton(objectName=name)
        button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setText("opening…")
        button.setMenu(QMenu(button))
        return button

    def _fill_models(self) -> None:
        menu = self.models.menu()
        menu.clear()
        menu.addAction("Bundled faces pair", self.bundled_chosen.emit)
        run = self._run
        if run is not None:
            menu.addAction(f"Training now: {run.config.name} (live)", lambda: self.run_chosen.emit(run))
        self._add_recent(menu, "recent_models", self.path_chosen)
        menu.addSeparator()
        menu.addAction("Open run…", self.open_run_asked.emit)
        menu.addAction("Open weights…", self.open_weights_asked.emit)

    def _fill_images(self) -> None:
        menu = self.images.menu()
        menu.clear()
        menu.addAction("Procedural faces", self.faces_chosen.emit)
        self._add_recent(menu, "recent_folders", self.folder_chosen)
        menu.addSeparator()
        menu.addAction("Open folder…", self.open_folder_asked.emit)
        menu.addAction("Open archive…", self.open_archive_asked.emit)
        menu.addAction("Open one image…", self.open_image_asked.emit)

    def _add_recent(self, menu: QMenu, key: str, chosen: Signal) -> None:
        recent = self._recent(key)
        if recent:
            menu.addSeparator()
        for path in recent:
            action = menu.addAction(Path(path).name, lambda path=path: chosen.emit(Path(path)))
            action.setToolTip(path)
        menu.setToolTipsVisible(True)

    def _recent(self, key: str) -> list[str]:
        value = self._settings.value(f"Explore/{key}", [])
        return [value] if isinstance(value, str) else [str(path) for path in value or []]

    def _remember(self, key: str, path: str) -> None:
        others = [known for known in self._recent(key) if known != path]
        self._settings.setValue(f"Explore/{key}", [path, *others][:RECENT])
