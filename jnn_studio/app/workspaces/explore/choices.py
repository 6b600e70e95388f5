"""The bar above the pictures: which models, which images, and where sessions and figures are made."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.references import split_reference
from jnn_studio.explore.renderer import Scene
from jnn_studio.explore.roles import caption
from jnn_studio.explore.state import MAX_COLUMNS, bundled_state
from jnn_studio.training.kind import find_kind

RECENT = 8

BUNDLED_TITLES = {
    "unregularised": "Unregularised faces",
    "regularised": "Regularised faces",
    "beta-vae": "β-VAE of the faces",
}


class Choices(QWidget):
    """Buttons that name what is open and drop down what else could be."""

    bundled_chosen = Signal()
    path_chosen = Signal(object)
    model_added = Signal(str)
    run_chosen = Signal(object)
    open_run_asked = Signal()
    open_weights_asked = Signal()
    add_run_asked = Signal()
    add_weights_asked = Signal()
    faces_chosen = Signal()
    folder_chosen = Signal(object)
    open_folder_asked = Signal()
    open_archive_asked = Signal()
    open_image_asked = Signal()

    def __init__(
        self, context: AppContext, bundled: Sequence[str], session: list[QAction], export: list[QAction]
    ) -> None:
        super().__init__()
        self.setObjectName("explore.choices")
        self._settings = context.settings
        self._bundled = [name for name in bundled if name in BUNDLED_TITLES]
        self._run: RunFeed | None = context.training.feed
        self.models = self._button("explore.models", "Models shown side by side")
        self.images = self._button("explore.source", "Images to start from")
        session_button = self._button("explore.session", "Save and reopen what is in view")
        session_button.setText("Session")
        session_button.menu().addActions(session)
        export_button = self._button("explore.export", "Film strips and animations of what is in view")
        export_button.setText("Export")
        export_button.menu().addActions(export)
        self.rate = ElidingLabel(object_name="explore.rate")
        self.rate.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # It takes the room there is: other figures must not lay out the window while something moves.
        self.rate.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.rate.setFont(ui_font(0.92, digits=True))
        self.rate.setProperty("tone", "muted")
        self.rate.setToolTip("Pictures of all models shown per second while something moves")
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID, GRID, GRID, 0)
        row.setSpacing(GRID)
        row.addWidget(QLabel("Models"))
        row.addWidget(self.models)
        row.addSpacing(GRID)
        row.addWidget(QLabel("Images"))
        row.addWidget(self.images)
        row.addWidget(self.rate, 1)
        row.addWidget(session_button)
        row.addWidget(export_button)
        self.models.menu().aboutToShow.connect(self._fill_models)
        self.images.menu().aboutToShow.connect(self._fill_images)

    def offer_run(self, feed: RunFeed) -> None:
        """A run is under way: its newest weights can be walked, if its models have a latent."""
        self._run = feed if find_kind(feed.config.kind).network is not None else None

    def withdraw_run(self) -> None:
        """It is over."""
        self._run = None

    def show_models(self, scene: Scene, live_step: int | None) -> None:
        """Name the models in view."""
        state = scene.state
        places = [split_reference(column.where)[0] for column in state.columns]
        if [c.where for c in state.columns] == [c.where for c in bundled_state().columns]:
            title = "Bundled faces pair"
        elif len(set(places)) == 1 and len(places) > 1:
            title = Path(places[0]).name
        elif len(places) == 1:
            title = caption(scene.columns[0].loaded, state.columns[0].name)
        else:
            title = f"{len(places)} models"
        if live_step is not None:
            title += f", step {live_step:,} (live)"
        self.models.setText(title)
        for place in places:
            if place not in BUNDLED_TITLES and live_step is None:
                self._remember("recent_models", place)

    def show_source(self, source: ImageSource, config: FacesConfig | FolderConfig) -> None:
        """Name the images in view."""
        name = "Procedural faces" if isinstance(config, FacesConfig) else source.name
        self.images.setText(f"{name} ({len(source):,})")
        if isinstance(config, FolderConfig):
            self._remember("recent_folders", str(config.path))

    def show_rate(self, rate: float, shrink: int) -> None:
        """How quickly pictures follow; empty once nothing moves."""
        words = f"{rate:.0f} updates/s" if rate else ""
        if rate and shrink > 1:
            words += f", shown at 1/{shrink} while moving"
        self.rate.setText(words)

    def _button(self, name: str, tip: str) -> QPushButton:
        button = QPushButton(objectName=name)
        button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setText("opening…")
        menu = QMenu(button)
        menu.setToolTipsVisible(True)
        button.setMenu(menu)
        return button

    def _fill_models(self) -> None:
        menu = self.models.menu()
        menu.clear()
        menu.addAction("Bundled faces pair", self.bundled_chosen.emit)
        run = self._run
        if run is not None:
            menu.addAction(f"Training now: {run.config.name} (live)", lambda: self.run_chosen.emit(run))
        self._add_recent(menu, "recent_models", self.path_chosen.emit)
        menu.addAction("Open run…", self.open_run_asked.emit)
        menu.addAction("Open weights…", self.open_weights_asked.emit)
        menu.addSeparator()
        add = menu.addMenu(f"Add beside (up to {MAX_COLUMNS})")
        add.setObjectName("explore.models.add")
        for name in self._bundled:
            add.addAction(BUNDLED_TITLES[name], lambda name=name: self.model_added.emit(name))
        self._add_recent(add, "recent_models", lambda path: self.model_added.emit(str(path)))
        add.addAction("From a run…", self.add_run_asked.emit)
        add.addAction("From weights…", self.add_weights_asked.emit)

    def _fill_images(self) -> None:
        menu = self.images.menu()
        menu.clear()
        menu.addAction("Procedural faces", self.faces_chosen.emit)
        self._add_recent(menu, "recent_folders", self.folder_chosen.emit)
        menu.addAction("Open folder…", self.open_folder_asked.emit)
        menu.addAction("Open archive…", self.open_archive_asked.emit)
        menu.addAction("Open one image…", self.open_image_asked.emit)

    def _add_recent(self, menu: QMenu, key: str, chosen: object) -> None:
        recent = self._recent(key)
        if recent:
            menu.addSeparator()
        for path in recent:
            action = menu.addAction(Path(path).name, lambda path=path: chosen(Path(path)))
            action.setToolTip(path)
        menu.addSeparator()

    def _recent(self, key: str) -> list[str]:
        value = self._settings.value(f"Explore/{key}", [])
        return [value] if isinstance(value, str) else [str(path) for path in value or []]

    def _remember(self, key: str, path: str) -> None:
        others = [known for known in self._recent(key) if known != path]
        if self._recent(key)[:1] != [path]:
            self._settings.setValue(f"Explore/{key}", [path, *others][:RECENT])
