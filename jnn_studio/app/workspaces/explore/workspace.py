"""Explore's page: images at the left, pictures in the middle, sliders, spectra and meaning below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QSettings, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.theme import theme
from jnn_studio.app.widgets.drop_zone import DropOffer
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspace import Workspace
from jnn_studio.app.workspaces.explore.actions import (
    BEGINNINGS,
    MENUS,
    TRAIN_TIP,
    WITHOUT_MODELS,
    make_actions,
)
from jnn_studio.app.workspaces.explore.asking import NOTHING_OPENED, Asking
from jnn_studio.app.workspaces.explore.choices import Choices
from jnn_studio.app.workspaces.explore.desk.blank import BlankPage
from jnn_studio.app.workspaces.explore.desk.desk import FULL, ExploreDesk
from jnn_studio.app.workspaces.explore.desk.directing import Directing
from jnn_studio.app.workspaces.explore.desk.front_bar import FrontBar
from jnn_studio.app.workspaces.explore.desk.hint_bar import HintBar
from jnn_studio.app.workspaces.explore.desk.opened import Data
from jnn_studio.app.workspaces.explore.desk.opening_bar import OpeningBar
from jnn_studio.app.workspaces.explore.desk.sessions import Sessions
from jnn_studio.app.workspaces.explore.desk.strangers import Strangers
from jnn_studio.app.workspaces.explore.export.exports import Exports
from jnn_studio.app.workspaces.explore.gallery.panel import Gallery
from jnn_studio.app.workspaces.explore.library.keeping import Keeping
from jnn_studio.app.workspaces.explore.library.panel import LibraryPanel
from jnn_studio.app.workspaces.explore.map.dock import MapDock
from jnn_studio.app.workspaces.explore.meaning.explainer import Explainer
from jnn_studio.app.workspaces.explore.meaning.panel import MeaningPanel
from jnn_studio.app.workspaces.explore.naming import Naming
from jnn_studio.app.workspaces.explore.panels import Panels
from jnn_studio.app.workspaces.explore.pictures.panes import Panes
from jnn_studio.app.workspaces.explore.pictures.spectra_plot import SpectraPlot
from jnn_studio.app.workspaces.explore.walking.choosing import Choosing
from jnn_studio.app.workspaces.explore.walking.direction_menu import DirectionActions
from jnn_studio.app.workspaces.explore.walking.direction_sliders import DirectionSliders
from jnn_studio.app.workspaces.explore.walking.walk_bar import WalkBar
from jnn_studio.base.settings import to_json
from jnn_studio.data.attributes import AttributeTable
from jnn_studio.data.config import FolderConfig
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.surveys import Surveys
from jnn_studio.explore.columns.front_walk import Front
from jnn_studio.explore.columns.open_models import BUNDLED
from jnn_studio.explore.saved.session_file import not_kept
from jnn_studio.explore.scene.differences import differences
from jnn_studio.explore.scene.renderer import Scene
from jnn_studio.explore.state import ExploreState, SourceImage

MODELS_OVER = ("Cannot open the models", "Cannot add the models", "Cannot add the PCA", FULL)
"""What has been said of models is over once others are in view, and"""
IMAGES_OVER = ("Cannot open the images", "Cannot open the image", "Cannot open the picture", NOTHING_OPENED)
"""of images once another one is."""


class ExploreWorkspace(Workspace):
    """Shows what the desk tells and passes on what is asked."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "explore")
        self.desk = ExploreDesk(context, self)
        self.sessions = Sessions(context, self.desk)
        self._sequence = 0
        self._whose = ""
        self._shown: Scene | None = None
        surveys = Surveys()
        self.explainer = Explainer(context, self, surveys)
        self.message = MessageBar()
        self.message.setObjectName("explore.message")
        self.panes = Panes()
        self.gallery = Gallery(context, surveys)
        self._map_dock = MapDock(self, context, self.gallery, surveys)
        self.map = self._map_dock.panel
        self.meaning = MeaningPanel()
        self.library = LibraryPanel(context, context.data_folder / "directions")
        self.keeping = Keeping(context, self.desk, self.library)
        self.bar = WalkBar()
        self.directions = DirectionSliders(self.bar)
        self.spectrum = SpectraPlot()
        self.naming = Naming(
            context,
            self,
            self.desk,
            self.explainer,
            self.keeping,
            self.directions,
            self.meaning,
            self.spectrum,
        )
        self.choosing = Choosing(self.desk, self.message)
        self.asking = Asking(self, self.desk, self.sessions, self.explainer, self.choosing)
        exports = Exports(self, self.desk, lambda: self.gallery.images.order)
        actions = self._actions = make_actions(
            self, self.desk, self.asking, exports, self.explainer, self.choosing, self.directions
        )
        self.directing = Directing(self.desk, self.explainer)
        self.kinds = DirectionActions(self, self.directing, self.directions.region, actions.take)
        self.bar.offer(
            self.kinds,
            [actions["walk_on"], actions["reset"]],
            [actions[name] for name in ("random_step", "blend", "back_to_image", "difference")],
        )
        self.choices = Choices(context, BUNDLED, actions)
        self._arrange()
        self._connect()
        self.remember_layout()

    def take_focus(self) -> None:
        """The first slider: the arrow keys walk at once."""
        self.directions.sliders[0].slider.setFocus()

    def commands(self) -> list[QAction]:
        return [
            *self._actions.all,
            *self.gallery.actions(),
            *self._map_dock.commands(),
            *self.library.commands(),
        ]

    def fill_menu(self, menu: QMenu) -> None:
        """In groups: there are too many for one list. The palette has them all."""
        for title, names in MENUS.items():
            menu.addMenu(title).addActions([self._actions[name] for name in names])
        menu.addMenu("I&mages in order").addActions(self.gallery.actions())
        menu.addMenu("Ma&p").addActions(self._map_dock.commands())
        menu.addMenu("Sa&ved directions").addActions(self.library.commands())

    def walk_models(self, models: Sequence[tuple[str, str]]) -> None:
        self.desk.compare(models)

    def walk_front(self, front: Front, index: int) -> None:
        self.front.walk(front, index)

    # --- construction ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        self._opening = OpeningBar()
        self._hint = HintBar("explore.hint", TRAIN_TIP)
        self._strangers = Strangers(self.context, self)
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.choices)
        column.addWidget(self._opening)
        column.addWidget(self._hint)
        self.front = FrontBar(self.context, self.desk)
        self.front.failed.connect(self._show_failure)
        column.addWidget(self.front)
        column.addWidget(self.panes, 1)
        self._blank = BlankPage([self._actions[name] for name in BEGINNINGS])
        self._blank.hide()
        column.addWidget(self._blank, 1)
        self.setCentralWidget(central)
        self.message.lie_over(central)
        self._panels = Panels(
            self,
            self.gallery,
            self._map_dock,
            self.library,
            self.directions,
            self.spectrum,
            self.meaning,
        )
        self._panels.meaning.visibilityChanged.connect(self.explainer.set_wanted)
        self._panels.meaning.visibilityChanged.connect(self.meaning.set_in_view)

    def _connect(self) -> None:
        desk = self.desk
        desk.state_changed.connect(self._show_state)
        desk.source_changed.connect(self._show_source)
        desk.scene_changed.connect(self._show_scene)
        desk.grouped.connect(self.naming.show_scene)
        desk.rate_changed.connect(self._show_rate)
        desk.opened.opening.connect(self._opening.show_opening)
        desk.opened.fitting.connect(self._opening.show_fitting)
        self._opening.cancelled.connect(desk.opened.cancel_pca)
        desk.averaging.averaging.connect(self._opening.show_fitting)
        self._opening.cancelled.connect(self.directing.stop_averaging)
        desk.failed.connect(self._show_failure)
        desk.failed.connect(self.alive)
        desk.told.connect(self.message.show_info)
        self.sessions.failed.connect(self._show_failure)
        self.sessions.told.connect(self.message.show_info)
        self.sessions.left_over.connect(self._offer_left_over)
        self.sessions.saved.connect(lambda path: self.message.show_info("Session saved", str(path)))
        self._strangers.judged.connect(self._hint.show_words)
        self._hint.asked.connect(
            lambda: self.asking.folder() if self._strangers.of_one_picture else self.asking.train()
        )
        self._hint.closed.connect(self._strangers.be_quiet)
        theme().changed.connect(self.redraw)
        self.gallery.chosen.connect(self._choose_image)
        self.map.chosen.connect(self._choose_image)
        self.gallery.table_asked.connect(self.asking.table)
        self.explainer.explained.connect(self.naming.show_view)
        self.explainer.table_changed.connect(self._show_table)
        self.explainer.failed.connect(self._show_failure)
        self.explainer.told.connect(self.message.show_info)
        self.meaning.open_table_asked.connect(self.asking.table)
        self.meaning.direction_chosen.connect(self.directions.pick)
        self.keeping.failed.connect(self._show_failure)
        self.directions.amount_changed.connect(self._set_amount)
        self.directions.picked.connect(self.naming.explain)
        self.directions.blend.share_changed.connect(desk.set_share)
        self.directions.blend.ended.connect(desk.stop_blending)
        self.directions.region.ended.connect(self._end_region)
        self.directions.region.cleared.connect(self.directing.clear_region)
        self.directions.region.brush_changed.connect(self.panes.set_brush)
        self.panes.original.region_chosen.connect(self.directing.choose_region)
        self.bar.mode_chosen.connect(desk.set_mode)
        self.bar.matched_chosen.connect(desk.set_matched)
        self.bar.limit_changed.connect(desk.set_limit)
        self.bar.walker_chosen.connect(self._choose_walk)
        self.panes.panes_made.connect(self._connect_panes)
        self.panes.painted.connect(self._painted)
        choices = self.choices
        choices.path_chosen.connect(desk.open_path)
        choices.model_added.connect(desk.add_models)
        choices.run_chosen.connect(desk.watch)
        choices.session_chosen.connect(self.sessions.open)
        self.sessions.saved.connect(choices.show_session)
        self.sessions.opened.connect(choices.show_session)
        self.sessions.opened.connect(lambda _: self.message.withdraw("Cannot open the session"))
        choices.folder_chosen.connect(lambda path: desk.open_source(FolderConfig(path=path)))
        self._actions["difference"].triggered.connect(self.redraw)
        self.context.explore_requested.connect(desk.open_path)
        self.context.run_started.connect(choices.offer_run)
        self.context.run_ended.connect(self._run_ended)

    def _connect_panes(self) -> None:
        for pane in self.panes.moved:
            pane.renamed.connect(self.desk.rename_column)
            pane.removed.connect(self.desk.remove_column)
            pane.shifted.connect(self.desk.move_column)
            pane.directions_chosen.connect(self.desk.set_directions)
            pane.linked.connect(self.desk.set_linked)
            pane.save_asked.connect(self._save_direction)
            pane.region_chosen.connect(self.directing.choose_region)
            pane.scope_chosen.connect(lambda key, scope: self.directing.choose_scope(scope, key))

    # --- showing -----------------------------------------------------------------------------------

    def _seen(self) -> None:
        """The pictures are still to come, if there are to be any."""
        if not self.desk.state.columns:
            super()._seen()

    def _painted(self) -> None:
        self.panes.painted.disconnect(self._painted)
        self.alive.emit()

    def _show_state(self, state: ExploreState) -> None:
        if bool(state.columns) != self._blank.isHidden():
            self._show_blank(not state.columns)
        free = [column.key for column in state.columns if not column.linked]
        all_free = len(free) == len(state.columns) > 0
        if self._whose not in free or (not self._whose and all_free):
            self._whose = free[0] if all_free else ""
        scene = self.desk.scene
        names = {view.column.key: view.caption for view in scene.columns} if scene is not None else {}
        self._mark_images(state)
        self.bar.show_state(state, self._whose, names)
        self.directions.show_state(state, self._whose)
        self.kinds.show_state(state)
        self.panes.show_region(state.region)

    def _show_blank(self, blank: bool) -> None:
        """Nothing is open, or something is again; what nothing could be done with sleeps meanwhile."""
        self._blank.setVisible(blank)
        self.panes.setHidden(blank)
        for action in self._actions.all:
            if action.objectName().rpartition(".")[2] not in WITHOUT_MODELS:
                action.setEnabled(not blank)
        for dock in self._docks():
            dock.widget().setEnabled(not blank)
        if blank:
            self.choices.show_nothing()

    def _choose_image(self, index: int) -> None:
        self.choosing.choose(SourceImage(index=index))
        self._mark_images(self.desk.state)  # the base stays where it is if another was blended towards

    def _mark_images(self, state: ExploreState) -> None:
        images = (state.base.image, None if state.towards is None else state.towards.image)
        base, target = (image.index if isinstance(image, SourceImage) else None for image in images)
        self.gallery.show_current(base)
        self.gallery.show_target(target)

    def _show_source(self, source: ImageSource, config: Data) -> None:
        self.message.withdraw(*IMAGES_OVER)
        self.map.set_source(source)
        self.gallery.set_source(source, config)
        self.explainer.set_source(source)
        self._strangers.set_source(source, config)
        self.directions.forget_names()
        self.choices.show_source(source, config)
        self._mark_images(self.desk.state)

    def _show_scene(self, scene: Scene) -> None:
        """All of a new place; while a slider moves, only what it changes: every millisecond counts."""
        before, self._shown = self._shown, scene
        new = before is None or not scene.stands_where(before)
        self.message.withdraw("Cannot show this")
        if before is None or before.state.columns != scene.state.columns:
            self.message.withdraw(*MODELS_OVER)
        if before is None or before.state.base != scene.state.base:
            self.message.withdraw(*IMAGES_OVER)
        if new:
            self.naming.names.clear()
            self._show_places(scene)
        if not self.naming.names:
            self.naming.find_soon()
        self._sequence += 1
        shown = differences(scene, theme().is_dark) if self._actions["difference"].isChecked() else None
        self.panes.show_moved(scene, self._sequence, shown)
        self.map.show_scene(scene)
        if new or scene.state.mode == "curved":
            self.naming.show_scene(scene)
            self.spectrum.show_scene(scene)
            self.explainer.show(scene)
        if new:
            self._settled()

    def _show_places(self, scene: Scene) -> None:
        """What stays while sliders move."""
        self.panes.show_places(scene)
        self.bar.show_scene(scene)
        self.choices.show_models(scene, self.desk.live.step if self.desk.live.feed else None)
        columns = [(v.column.key, v.caption, v.role, v.loaded) for v in scene.columns]
        self.gallery.set_models(columns)
        self.map.set_models(columns)
        self.library.set_can_save(True)
        self._strangers.look(scene, live=self.desk.live.feed is not None)

    def _show_rate(self, rate: float, shrink: int) -> None:
        self.choices.show_rate(rate, shrink)
        if rate == 0:
            self._settled()

    def _settled(self) -> None:
        """Nothing moves: what can wait until then."""
        scene = self._shown
        if scene is not None:
            walked = any(v.moved.rms > 0 for v in scene.columns)
            latents = {v.column.key: v.moved.latent.numpy() for v in scene.columns}
            self.gallery.set_moved(latents if walked else {})

    def _show_table(self, table: AttributeTable | None) -> None:
        self.gallery.set_table(table)
        self.naming.find_anew()
        self.message.withdraw("Cannot open the table of attributes")
        if table is not None:
            self.message.show_info("Attributes opened", table.summary)

    def redraw(self) -> None:
        """The same scene in other colours."""
        if self.desk.scene is not None:
            self._show_scene(self.desk.scene)

    def _show_failure(self, title: str, failure: Failure) -> None:
        self.message.show_error(title, failure.text, failure.details)

    def _run_ended(self, feed: RunFeed, event: object) -> None:
        self.choices.withdraw_run()

    # --- walking -----------------------------------------------------------------------------------

    def _set_amount(self, direction: int, amount: float) -> None:
        self.desk.set_amount(direction, amount, self._whose)
        self.naming.explain(direction)

    def _save_direction(self, key: str) -> None:
        self._panels.library.raise_()
        self.keeping.ask_to_save(key)

    def _choose_walk(self, key: str) -> None:
        self._whose = key
        self._show_state(self.desk.state)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.choosing.blending:
            self.choosing.end_blending()
        elif event.key() == Qt.Key.Key_Escape and self.directions.region.isVisible():
            self._end_region()
        else:
            super().keyPressEvent(event)

    def _end_region(self) -> None:
        self.directions.region.choose("rectangle")
        self.directing.clear_region()

    # --- sessions ----------------------------------------------------------------------------------

    def _offer_left_over(self, state: ExploreState) -> None:
        self.message.ask(
            "The program did not end as it should last time",
            "What was in view then was kept.",
            "Restore it",
            lambda: self.sessions.answer_left_over(state),
            lambda: self.sessions.answer_left_over(None),
        )

    def drop_offer(self, mime: QMimeData) -> DropOffer:
        return self.asking.offer(mime)

    def take_dropped(self, mime: QMimeData) -> None:
        self.asking.take_arrived(mime)

    def drop_refused(self, words: str) -> None:
        self.desk.told.emit(NOTHING_OPENED, words)

    def open_files(self, paths: Sequence[Path]) -> None:
        self.asking.take_all(paths)

    # --- remembering -------------------------------------------------------------------------------

    def save_state(self, settings: QSettings) -> None:
        super().save_state(settings)
        if not not_kept(self.desk.state):  # what a program handed over is gone next time
            settings.setValue("state", to_json(self.desk.state.at_rest()))

    def restore_state(self, settings: QSettings) -> None:
        super().restore_state(settings)
        start = self.context.preferences.now.start
        if self.context.first is not None:
            self.desk.show(self.context.first)
        elif start == "nothing":
            self._show_state(self.desk.state)
        else:
            self.desk.restore(str(settings.value("state", "")) if start == "last" else "")
        self.sessions.begin()
