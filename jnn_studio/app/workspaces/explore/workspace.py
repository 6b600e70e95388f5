"""Explore's page: images at the left, pictures in the middle, sliders and spectra below."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence
from PySide6.QtWidgets import QDockWidget, QFileDialog, QLabel, QProgressBar, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.plots.curves import SpectrumPlot
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.explore.choices import Choices
from jnn_studio.app.workspaces.explore.directions import Directions
from jnn_studio.app.workspaces.explore.image_list import ImageList
from jnn_studio.app.workspaces.explore.panes import Panes
from jnn_studio.app.workspaces.explore.scene import FileImage, ModelSet, Scene, SourceImage
from jnn_studio.app.workspaces.explore.session import ExploreSession, Opening
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.listing import EXTENSIONS
from jnn_studio.data.source import ImageSource


class ExploreWorkspace(Workspace):
    """Shows what the session tells and passes on what is asked."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "explore")
        self.setAcceptDrops(True)
        self.session = ExploreSession(context, self)
        self._sequence = 0
        self._captions: tuple[str, ...] = ()
        self._make_actions()
        self.choices = Choices(context)
        self.message = MessageBar()
        self.message.setObjectName("explore.message")
        self.panes = Panes()
        self.images = ImageList(context.loading)
        self.directions = Directions(self.session.limit, self._reset)
        self.setFocusProxy(self.directions.sliders[0].slider)
        self.spectrum = SpectrumPlot("explore.spectrum", "σᵢ / σ₁ of the encoders' Jacobians")
        self._arrange()
        self._connect()
        self.remember_layout()

    def commands(self) -> list[QAction]:
        return list(self._actions)

    # --- construction ------------------------------------------------------------------------------

    def _make_actions(self) -> None:
        self._actions: list[QAction] = []
        self._action("Open &image…", "open_image", self._ask_image, QKeySequence.StandardKey.Open)
        self._action("Open image &folder…", "open_folder", self._ask_folder, "Ctrl+Shift+O")
        self._action("Open image &archive…", "open_archive", self._ask_archive)
        self._action("Open &run…", "open_run", self._ask_run, "Ctrl+R")
        self._action("Open &weights…", "open_weights", self._ask_weights)
        self._action("&Bundled pair", "open_bundled", self.session.open_bundled)
        self._action("&Procedural faces", "open_faces", lambda: self.session.open_source(FacesConfig()))
        self._reset = self._action("R&eset all directions", "reset", self.session.reset, "R")
        self._reset.setToolTip("All directions back to zero")
        for text, name, key, make in (
            ("&Undo", "undo", QKeySequence.StandardKey.Undo, self.session.undo.createUndoAction),
            ("Re&do", "redo", QKeySequence.StandardKey.Redo, self.session.undo.createRedoAction),
        ):
            action = make(self, text.replace("&", ""))
            action.setObjectName(f"explore.{name}")
            action.setShortcut(QKeySequence(key))
            self._actions.append(action)
        self._action("&Next image", "next_image", lambda: self._step_image(1), "PgDown")
        self._action("Pre&vious image", "previous_image", lambda: self._step_image(-1), "PgUp")

    def _action(
        self, text: str, name: str, triggered: object, key: str | QKeySequence.StandardKey | None = None
    ) -> QAction:
        action = QAction(text, self, objectName=f"explore.{name}")
        action.triggered.connect(triggered)
        if key is not None:
            action.setShortcut(QKeySequence(key))
        self._actions.append(action)
        return action

    def _arrange(self) -> None:
        self._progress = QProgressBar(objectName="explore.opening")
        self._progress.setToolTip("Images of the folder decoded so far")
        self._progress_label = QLabel()
        self._opening_box = QWidget()
        opening = QVBoxLayout(self._opening_box)
        opening.setContentsMargins(2 * GRID, GRID, 2 * GRID, 0)
        opening.addWidget(self._progress_label)
        opening.addWidget(self._progress)
        self._opening_box.hide()
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.choices)
        column.addWidget(self.message)
        column.addWidget(self._opening_box)
        column.addWidget(self.panes, 1)
        self.setCentralWidget(central)
        self._dock("Images", self.images, Qt.DockWidgetArea.LeftDockWidgetArea)
        directions = self._dock("Directions", self.directions, Qt.DockWidgetArea.BottomDockWidgetArea)
        spectrum = self._dock("Singular values", self.spectrum, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.splitDockWidget(directions, spectrum, Qt.Orientation.Horizontal)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.resizeDocks([directions, spectrum], [640, 400], Qt.Orientation.Horizontal)
        self.resizeDocks([directions], [336], Qt.Orientation.Vertical)

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self, objectName=f"explore.dock.{title.lower().replace(' ', '_')}")
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _connect(self) -> None:
        session = self.session
        session.models_changed.connect(self._show_models)
        session.source_changed.connect(self._show_source)
        session.scene_changed.connect(self._show_scene)
        session.moved.connect(self._show_moved)
        session.amounts_changed.connect(self.directions.show_amounts)
        session.opening.connect(self._show_opening)
        session.failed.connect(self._show_failure)
        self.images.chosen.connect(lambda index: session.select(SourceImage(index)))
        self.directions.amount_changed.connect(session.set_amount)
        self.directions.amount_changed.connect(self._mark_direction)
        self.directions.limit_changed.connect(session.set_limit)
        self.choices.bundled_chosen.connect(session.open_bundled)
        self.choices.path_chosen.connect(session.open_path)
        self.choices.run_chosen.connect(session.follow)
        self.choices.open_run_asked.connect(self._ask_run)
        self.choices.open_weights_asked.connect(self._ask_weights)
        self.choices.faces_chosen.connect(lambda: session.open_source(FacesConfig()))
        self.choices.folder_chosen.connect(lambda path: session.open_source(FolderConfig(path=path)))
        self.choices.open_folder_asked.connect(self._ask_folder)
        self.choices.open_archive_asked.connect(self._ask_archive)
        self.choices.open_image_asked.connect(self._ask_image)
        self.context.explore_requested.connect(session.open_path)
        self.context.run_started.connect(self.choices.offer_run)
        self.context.run_ended.connect(self._run_ended)

    # --- showing -----------------------------------------------------------------------------------

    def _show_models(self, models: ModelSet) -> None:
        if models.captions != self._captions:
            for key in range(len(self._captions)):
                self.spectrum.remove_curve(str(key))
            for key, (caption, role) in enumerate(zip(models.captions, models.roles, strict=True)):
                self.spectrum.add_model(str(key), caption, role)
            self.panes.set_models(models)
            self._captions = models.captions
        self.choices.show_models(models, self.session.where, self.session.following)

    def _show_source(self, source: ImageSource, config: FacesConfig | FolderConfig) -> None:
        self.images.set_source(source)
        self.choices.show_source(source, config)

    def _show_scene(self, scene: Scene) -> None:
        self._sequence += 1
        self.panes.show_scene(scene, self._sequence)
        self.directions.show_scene(scene)
        for key, place in enumerate(scene.places):
            self.spectrum.set_spectrum(str(key), np.asarray(place.sigma))
        self.spectrum.refresh()
        self.images.show_current(scene.ref.index if isinstance(scene.ref, SourceImage) else None)

    def _show_moved(self, scene: Scene) -> None:
        self._sequence += 1
        self.panes.show_moved(scene, self._sequence)

    def _mark_direction(self, direction: int, amount: float) -> None:
        self.spectrum.set_highlight(direction + 1)

    def _show_opening(self, opening: Opening | None) -> None:
        self._opening_box.setVisible(opening is not None)
        if opening is not None:
            self._progress.setRange(0, max(1, opening.total))
            self._progress.setValue(opening.done)
            self._progress_label.setText(f"{opening.what}: {opening.done:,} of {opening.total:,}")

    def _show_failure(self, title: str, failure: Failure) -> None:
        self.message.show_error(title, failure.text, failure.details)

    def _run_ended(self, feed: RunFeed, event: object) -> None:
        self.choices.withdraw_run()

    # --- asking ------------------------------------------------------------------------------------

    def _ask_image(self) -> None:
        patterns = " ".join(f"*{extension}" for extension in sorted(EXTENSIONS))
        dialog = self._dialog("Open an image", QFileDialog.FileMode.ExistingFile, f"Images ({patterns})")
        dialog.fileSelected.connect(lambda path: self.session.select(FileImage(Path(path))))
        dialog.open()

    def _ask_folder(self) -> None:
        dialog = self._dialog("Open a folder of images", QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self.session.open_source(FolderConfig(path=Path(path))))
        dialog.open()

    def _ask_archive(self) -> None:
        dialog = self._dialog("Open a zip of images", QFileDialog.FileMode.ExistingFile, "Archives (*.zip)")
        dialog.fileSelected.connect(lambda path: self.session.open_source(FolderConfig(path=Path(path))))
        dialog.open()

    def _ask_run(self) -> None:
        dialog = self._dialog("Open a run folder", QFileDialog.FileMode.Directory)
        dialog.setDirectory(str(self.context.runs_folder))
        dialog.fileSelected.connect(lambda path: self.session.open_path(Path(path)))
        dialog.open()

    def _ask_weights(self) -> None:
        dialog = self._dialog("Open weights", QFileDialog.FileMode.ExistingFile, "Weights (*.safetensors)")
        dialog.fileSelected.connect(lambda path: self.session.open_path(Path(path)))
        dialog.open()

    def _dialog(self, title: str, mode: QFileDialog.FileMode, filter_text: str = "") -> QFileDialog:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(mode)
        if filter_text:
            dialog.setNameFilter(filter_text)
        return dialog

    def _step_image(self, by: int) -> None:
        ref, source = self.session.position.ref, self.session.source
        if source is not None:
            index = ref.index + by if isinstance(ref, SourceImage) else 0
            self.session.select(SourceImage(min(max(index, 0), len(source) - 1)))

    # --- dropping ----------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.open_dropped(Path(url.toLocalFile()))
                event.acceptProposedAction()
                return

    def open_dropped(self, path: Path) -> None:
        """Whatever was dropped: a run, weights, a folder or zip of images, or an image."""
        if (path / "config.toml").is_file() or path.suffix == ".safetensors":
            self.session.open_path(path)
        elif path.is_dir() or path.suffix.lower() == ".zip":
            self.session.open_source(FolderConfig(path=path))
        else:
            self.session.select(FileImage(path))

    # --- remembering -------------------------------------------------------------------------------

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("models", self.session.where)
        settings.setValue("limit", self.session.limit)
        ref = self.session.position.ref
        settings.setValue("image", ref.index if isinstance(ref, SourceImage) else 0)

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        self.session.restore(
            where=str(settings.value("models", "bundled")),
            limit=float(str(settings.value("limit", 0.1))),
            image=int(str(settings.value("image", 0))),
        )
        self.directions.show_limit(self.session.limit)
