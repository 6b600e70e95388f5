"""Explore's page: images at the left, pictures in the middle, sliders, spectra and meaning below."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDockWidget, QLabel, QProgressBar, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.plots.curves import SpectrumPlot
from jnn_studio.app.theme import GRID, theme
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.explore.actions import Actions
from jnn_studio.app.workspaces.explore.choices import Choices
from jnn_studio.app.workspaces.explore.differences import differences
from jnn_studio.app.workspaces.explore.directions import Directions
from jnn_studio.app.workspaces.explore.file_dialogs import (
    ARCHIVES,
    IMAGES,
    SESSIONS,
    WEIGHTS,
    ask_file,
    ask_folder,
    ask_new_file,
)
from jnn_studio.app.workspaces.explore.image_list import ImageList
from jnn_studio.app.workspaces.explore.opened import Data, Opening
from jnn_studio.app.workspaces.explore.panes import Panes
from jnn_studio.app.workspaces.explore.session import ExploreSession
from jnn_studio.app.workspaces.explore.sessions import Sessions
from jnn_studio.app.workspaces.explore.walk_bar import WalkBar
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.open_models import BUNDLED
from jnn_studio.explore.renderer import Scene, SceneRenderer
from jnn_studio.explore.state import DIRECTIONS, ExploreState, FileImage, ImageRef, SourceImage


class ExploreWorkspace(Workspace):
    """Shows what the session tells and passes on what is asked."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "explore")
        self.setAcceptDrops(True)
        self.session = ExploreSession(context, self)
        self.sessions = Sessions(context, self.session)
        self._sequence = 0
        self._curves: tuple[tuple[str, str], ...] = ()
        self._whose = ""
        self._blending = False
        self._make_actions()
        actions = self._actions
        self.choices = Choices(
            context,
            BUNDLED,
            [actions[name] for name in ("save_session", "open_session")],
            [actions[name] for name in ("export_figure", "export_animation")],
        )
        self.message = MessageBar()
        self.message.setObjectName("explore.message")
        self.panes = Panes()
        self.images = ImageList(context.loading)
        self.bar = WalkBar(
            [actions["walk_on"], actions["reset"]],
            [actions[name] for name in ("random_step", "blend", "back_to_image", "difference")],
        )
        self.directions = Directions(self.bar)
        self.setFocusProxy(self.directions.sliders[0].slider)
        self.spectrum = SpectrumPlot("explore.spectrum", "σᵢ / σ₁ of the Jacobians")
        self._arrange()
        self._connect()
        self.remember_layout()

    def commands(self) -> list[QAction]:
        return list(self._actions.all)

    # --- construction ------------------------------------------------------------------------------

    def _make_actions(self) -> None:
        session = self.session
        actions = self._actions = Actions(self)
        add = actions.add
        add("open_image", "Open &image…", self._ask_image, QKeySequence.StandardKey.Open)
        add("open_folder", "Open image &folder…", self._ask_folder, "Ctrl+Shift+O")
        add("open_archive", "Open image &archive…", self._ask_archive)
        add("open_run", "Open &run…", self._ask_run, "Ctrl+R")
        add("open_weights", "Open &weights…", self._ask_weights)
        add("add_run", "Add models of a run…", self._ask_add_run)
        add("add_weights", "Add weights beside…", self._ask_add_weights)
        add("open_bundled", "&Bundled pair", session.open_bundled)
        add("open_faces", "&Procedural faces", lambda: session.open_source(FacesConfig()))
        add("reset", "R&eset", session.reset, "R", tip="All walks back to where they started")
        undo, redo = session.undo.createUndoAction(self, "Undo"), session.undo.createRedoAction(self, "Redo")
        undo.setObjectName("explore.undo")
        redo.setObjectName("explore.redo")
        actions.take(undo, QKeySequence.StandardKey.Undo)
        actions.take(redo, "Ctrl+Y", "Ctrl+Shift+Z")
        add("next_image", "&Next image", lambda: self._step_image(1), "PgDown")
        add("previous_image", "Pre&vious image", lambda: self._step_image(-1), "PgUp")
        add(
            "walk_on", "New base", session.walk_on, "B", tip="Walk on from here: make the moved image the new base"
        )
        add("back_to_image", "Back to the image", session.back_to_image, "Shift+B")
        add("random_step", "Random step", lambda: session.random_step(DIRECTIONS), "N")
        add("blend", "Blend towards an image…", self._begin_blending, "T")
        add("mode", "Straight or curved walks", self._toggle_mode, "C")
        add("match", "Match directions", lambda: session.set_matched(not session.state.matched), "M")
        for d in range(DIRECTIONS):
            add(f"direction_{d + 1}", f"Direction {d + 1}", lambda d=d: self._pick(d), str(d + 1))
        add("difference", "Show differences", self._redraw, "D", tip="Signed change of luminance since the base")
        actions["difference"].setCheckable(True)
        add("save_session", "&Save session…", self._ask_save_session, QKeySequence.StandardKey.Save)
        add("open_session", "Open sess&ion…", self._ask_open_session)
        add("export_figure", "Export fi&gure…", self._export_figure, "Ctrl+E")
        add("export_animation", "Export ani&mation…", self._export_animation, "Ctrl+Shift+E")
        add("play", "Play the direction", self._play, "Ctrl+Space")

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
        session.state_changed.connect(self._show_state)
        session.source_changed.connect(self._show_source)
        session.scene_changed.connect(self._show_scene)
        session.rate_changed.connect(self.choices.show_rate)
        session.opened.opening.connect(self._show_opening)
        session.failed.connect(self._show_failure)
        session.told.connect(self.message.show_info)
        self.sessions.failed.connect(self._show_failure)
        self.sessions.told.connect(self.message.show_info)
        self.sessions.left_over.connect(self._offer_left_over)
        self.sessions.saved.connect(lambda path: self.message.show_info("Session saved", str(path)))
        theme().changed.connect(self._redraw)
        self.images.chosen.connect(lambda index: self._choose(SourceImage(index=index)))
        self.directions.amount_changed.connect(self._set_amount)
        self.directions.picked.connect(self._explain)
        self.directions.blend.share_changed.connect(session.set_share)
        self.directions.blend.ended.connect(session.stop_blending)
        self.bar.mode_chosen.connect(session.set_mode)
        self.bar.matched_chosen.connect(session.set_matched)
        self.bar.limit_changed.connect(session.set_limit)
        self.bar.walker_chosen.connect(self._choose_walk)
        self.panes.panes_made.connect(self._connect_panes)
        choices = self.choices
        choices.bundled_chosen.connect(session.open_bundled)
        choices.path_chosen.connect(session.open_path)
        choices.model_added.connect(session.add_models)
        choices.run_chosen.connect(session.live.follow)
        choices.open_run_asked.connect(self._ask_run)
        choices.open_weights_asked.connect(self._ask_weights)
        choices.add_run_asked.connect(self._ask_add_run)
        choices.add_weights_asked.connect(self._ask_add_weights)
        choices.faces_chosen.connect(lambda: session.open_source(FacesConfig()))
        choices.folder_chosen.connect(lambda path: session.open_source(FolderConfig(path=path)))
        choices.open_folder_asked.connect(self._ask_folder)
        choices.open_archive_asked.connect(self._ask_archive)
        choices.open_image_asked.connect(self._ask_image)
        self.context.explore_requested.connect(session.open_path)
        self.context.run_started.connect(choices.offer_run)
        self.context.run_ended.connect(self._run_ended)

    def _connect_panes(self) -> None:
        for pane in self.panes.moved:
            pane.renamed.connect(self.session.rename_column)
            pane.removed.connect(self.session.remove_column)
            pane.shifted.connect(self.session.move_column)
            pane.directions_chosen.connect(self.session.set_directions)
            pane.linked.connect(self.session.set_linked)

    # --- showing -----------------------------------------------------------------------------------

    def _show_state(self, state: ExploreState) -> None:
        free = [column.key for column in state.columns if not column.linked]
        all_free = len(free) == len(state.columns) > 0
        if self._whose not in free or (not self._whose and all_free):
            self._whose = free[0] if all_free else ""
        scene = self.session.scene
        names = {view.column.key: view.caption for view in scene.columns} if scene is not None else {}
        self.bar.show_state(state, self._whose, names)
        self.directions.show_state(state, self._whose)

    def _show_source(self, source: ImageSource, config: Data) -> None:
        self.images.set_source(source)
        self.choices.show_source(source, config)

    def _show_scene(self, scene: Scene) -> None:
        self._sequence += 1
        shown = differences(scene, theme().is_dark) if self._actions["difference"].isChecked() else None
        self.panes.show_scene(scene, self._sequence, shown)
        self.directions.show_scene(scene)
        self.bar.show_scene(scene)
        self._show_spectra(scene)
        self.choices.show_models(scene, self.session.live.step if self.session.live.feed else None)
        image = scene.state.base.image
        self.images.show_current(image.index if isinstance(image, SourceImage) else None)

    def _redraw(self) -> None:
        """The same scene in other colours."""
        if self.session.scene is not None:
            self._show_scene(self.session.scene)

    def _show_spectra(self, scene: Scene) -> None:
        curves = tuple((view.caption, view.role) for view in scene.columns)
        if curves != self._curves:
            for key in range(len(self._curves)):
                self.spectrum.remove_curve(str(key))
            for key, (caption, role) in enumerate(curves):
                self.spectrum.add_model(str(key), caption, role)
            self._curves = curves
        for key, view in enumerate(scene.columns):
            here = view.moved.here
            sigma = np.asarray(view.place.sigma if here is None else here.sigma)
            self.spectrum.set_spectrum(str(key), np.sort(sigma)[::-1])
        self.spectrum.refresh()

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

    # --- walking -----------------------------------------------------------------------------------

    def _set_amount(self, direction: int, amount: float) -> None:
        self.session.set_amount(direction, amount, self._whose)
        self._explain(direction)

    def _explain(self, direction: int) -> None:
        self.spectrum.set_highlight(direction + 1)

    def _pick(self, direction: int) -> None:
        self.directions.sliders[direction].slider.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _play(self) -> None:
        sliders = self.directions.sliders
        focused = next((s for s in sliders if s.slider.hasFocus() or s.spin.hasFocus()), sliders[0])
        focused.toggle_play()

    def _choose_walk(self, key: str) -> None:
        self._whose = key
        self._show_state(self.session.state)

    def _toggle_mode(self) -> None:
        self.session.set_mode("curved" if self.session.state.mode == "straight" else "straight")

    def _begin_blending(self) -> None:
        self._blending = True
        self.message.show_info(
            "Blend towards an image", "Choose it among the images at the left. Esc: not after all."
        )

    def _choose(self, ref: ImageRef) -> None:
        if self._blending:
            self._end_blending()
            self.session.blend_towards(ref)
        else:
            self.session.select(ref)

    def _end_blending(self) -> None:
        self._blending = False
        self.message.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._blending:
            self._end_blending()
        else:
            super().keyPressEvent(event)

    def _step_image(self, by: int) -> None:
        image, source = self.session.state.base.image, self.session.source
        if source is not None:
            index = image.index + by if isinstance(image, SourceImage) else 0
            self.session.select(SourceImage(index=min(max(index, 0), len(source) - 1)))

    # --- sessions and exports ----------------------------------------------------------------------

    def _offer_left_over(self, state: ExploreState) -> None:
        self.message.ask(
            "The program did not end as it should last time",
            "What was in view then was kept.",
            "Restore it",
            lambda: self.sessions.answer_left_over(state),
            lambda: self.sessions.answer_left_over(None),
        )

    def _ask_save_session(self) -> None:
        ask_new_file(self, "Save the session", SESSIONS, "jnnsession", self.sessions.save)

    def _ask_open_session(self) -> None:
        ask_file(self, "Open a session", SESSIONS, self.sessions.open)

    def _export_figure(self) -> None:
        if self.session.scene is not None:
            from jnn_studio.app.workspaces.explore.export_dialog import ExportFigureDialog  # not at every start

            ExportFigureDialog(self.context, self.session.state, self._new_renderer, self).open()

    def _export_animation(self) -> None:
        if self.session.scene is not None:
            from jnn_studio.app.workspaces.explore.export_dialog import ExportAnimationDialog

            ExportAnimationDialog(self.context, self.session.state, self._new_renderer, self).open()

    def _new_renderer(self) -> SceneRenderer:
        """One for another thread, with what is open already."""
        session = self.session
        return SceneRenderer(session.opened.models(session.state), session.opened.source(session.state))

    # --- asking ------------------------------------------------------------------------------------

    def _ask_image(self) -> None:
        ask_file(self, "Open an image", IMAGES, lambda path: self._choose(FileImage(path=path)))

    def _ask_folder(self) -> None:
        ask_folder(self, "Open a folder of images", lambda p: self.session.open_source(FolderConfig(path=p)))

    def _ask_archive(self) -> None:
        ask_file(
            self, "Open a zip of images", ARCHIVES, lambda p: self.session.open_source(FolderConfig(path=p))
        )

    def _ask_run(self) -> None:
        ask_folder(self, "Open a run folder", self.session.open_path, self.context.runs_folder)

    def _ask_weights(self) -> None:
        ask_file(self, "Open weights", WEIGHTS, self.session.open_path)

    def _ask_add_run(self) -> None:
        ask_folder(
            self, "Add the models of a run", lambda p: self.session.add_models(str(p)), self.context.runs_folder
        )

    def _ask_add_weights(self) -> None:
        ask_file(self, "Add weights", WEIGHTS, lambda p: self.session.add_models(str(p)))

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
        """Whatever was dropped: a run, weights, a session, a folder or zip of images, or an image."""
        if (path / "config.toml").is_file() or path.suffix == ".safetensors":
            self.session.open_path(path)
        elif path.suffix == ".jnnsession":
            self.sessions.open(path)
        elif path.is_dir() or path.suffix.lower() == ".zip":
            self.session.open_source(FolderConfig(path=path))
        else:
            self._choose(FileImage(path=path))

    # --- remembering -------------------------------------------------------------------------------

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        settings.setValue("state", self.session.state.at_rest().model_dump_json())

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        self.session.restore(str(settings.value("state", "")))
        self.sessions.begin()
