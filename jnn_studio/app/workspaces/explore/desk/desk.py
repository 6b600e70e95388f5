"""What Explore works at: models and images are opened, scenes asked for, and the view is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from jnn_studio.app.arriving import Arrival, keep_arrival
from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.explore.desk.averaging import Averaging
from jnn_studio.app.workspaces.explore.desk.history import StateHistory
from jnn_studio.app.workspaces.explore.desk.live import LiveRun
from jnn_studio.app.workspaces.explore.desk.opened import Data, FoundModels, Models, Opened
from jnn_studio.app.workspaces.explore.desk.scenes import Scenes
from jnn_studio.base.settings import from_json
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.columns.references import split_reference
from jnn_studio.explore.saved.session_file import paths_of
from jnn_studio.explore.scene.renderer import Scene, latent_size
from jnn_studio.explore.state import (
    MAX_COLUMNS,
    Base,
    Column,
    ExploreState,
    FileImage,
    ImageRef,
    SourceImage,
    Towards,
    Walk,
    bundled_state,
)
from jnn_studio.training.folder.run_folder import is_run

FULL = "Four models at most"
COMPONENTS = 32
"""Of a PCA with no model to compare it with."""


class ExploreDesk(StateHistory):
    """Everything here happens on the main thread; models and pixels are the workers' business.

    Signals:
        source_changed: (ImageSource, Data).
        scene_changed: (Scene) a scene has arrived.
        grouped: (Scene) which of its directions can turn into each other is known.
        rate_changed: (updates per second, shrink) while something moves, (0, 1) once nothing does.
        failed: (title, Failure).
        told: (title, text) worth knowing.
    """

    source_changed = Signal(object, object)
    scene_changed = Signal(object)
    rate_changed = Signal(float, int)
    grouped = Signal(object)
    failed = Signal(str, object)
    told = Signal(str, str)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self.context = context
        self._telling = partial(context.telling, self.failed)
        self.opened = Opened(context, self)
        self.averaging = Averaging(context, self)
        self._scenes = Scenes(context, self, self._telling("Cannot show this"))
        self._scenes.grouped.connect(self.grouped)
        self._scenes.arrived.connect(self.scene_changed)
        self._scenes.rate_changed.connect(self.rate_changed)
        self._scenes.came_to_rest.connect(self._refresh)
        self.live = LiveRun(context, self)
        self.live.models_arrived.connect(self._live_models)
        self.live.ended.connect(self._live_ended)
        context.run_started.connect(self._run_started)
        self._watch_all = False
        """Of the run that is watched, all models are to be shown, and not only those in view."""
        self.source: ImageSource | None = None
        self._shown_source: tuple[ImageSource, Data] | None = None

    @property
    def scene(self) -> Scene | None:
        """What arrived last."""
        return self._scenes.scene

    @property
    def settled(self) -> bool:
        """Whether the scene in view is that of the present state, in full resolution."""
        scene = self.scene
        return (
            scene is not None
            and scene.state == self.state
            and all(v.moved.image.shape == v.place.reconstruction.shape for v in scene.columns)
        )

    def restore(self, text: str) -> None:
        """Show what was in view last time, as JSON; the bundled pair if there is nothing, or it is gone."""
        try:
            state = from_json(ExploreState, text) if text else bundled_state()
        except ValueError:  # of another version
            state = bundled_state()
        gone = [path for path in paths_of(state) if not path.exists()]
        if gone:
            missing = Failure(f"{gone[0]} is no longer there; showing the bundled pair instead.", "")
            QTimer.singleShot(0, self, lambda: self.failed.emit("Cannot reopen the last models", missing))
            state = bundled_state()
        self.show(state if state.columns else bundled_state())

    # --- models ------------------------------------------------------------------------------------

    def open_bundled(self) -> None:
        """Show the pair that ships with the program, on its own faces."""
        self.live.unfollow()
        self._open_state(
            bundled_state().change(limit=self.state.limit, base=self.state.base), "open the bundled pair"
        )

    def open_path(self, path: Path) -> None:
        """Show the models of a run folder or weights file instead of those in view; a run under way, live."""
        feed = self.context.training.feed
        if feed is not None and feed.path == path:
            self.watch(feed)
        else:
            self.opened.find(str(path), self._replace_models, self._telling("Cannot open the models"))

    def open_paths(self, paths: Sequence[Path], then: Callable[[], None]) -> None:
        """Show the models of several runs and weights files side by side, then go on."""

        def show(found: FoundModels) -> None:
            self._replace_models(found)
            if len(found.models) > MAX_COLUMNS:
                self._tell_full()
            then()

        self.opened.find_several([str(path) for path in paths], show, self._telling("Cannot open the models"))

    def when_open(self, then: Callable[[], None]) -> None:
        """Go on once there are models in view, or now; where nothing is open, the bundled pair is opened."""
        if self.opened.models(self.state) is not None:
            then()
            return
        if not self.state.columns:
            self.show(bundled_state())

        def shown(_: Scene) -> None:
            self.scene_changed.disconnect(shown)
            then()

        self.scene_changed.connect(shown)

    def compare(self, models: Sequence[tuple[str, str]]) -> None:
        """Show models by their references instead of those in view; each with a name, "" for its own."""
        names = dict(models)

        def show(found: FoundModels) -> None:
            self.live.unfollow()
            self.opened.keep(found.models)
            self._show_models(list(found.models)[:MAX_COLUMNS], found.data, "compare models", names)

        failed = self._telling("Cannot open the models")
        self.opened.find_several([where for where, _ in models], show, failed)

    def watch(self, feed: RunFeed) -> None:
        """Show the models of a run under way, with its newest weights."""
        self._watch_all = True
        self.live.follow(feed)

    def _run_started(self, feed: RunFeed) -> None:
        """A run whose models are in view goes on: they follow it."""
        places = {Path(split_reference(column.where)[0]) for column in self.state.columns}
        if places == {feed.path.absolute()}:
            self.live.follow(feed)

    def add_models(self, where: str) -> None:
        """Put the models at ``where`` beside those in view."""
        self.opened.find(where, self._add_found, self._telling("Cannot add the models"))

    def add_pca(self) -> None:
        """Put a PCA of the images in view beside the models, of as many components as the first has axes."""
        models, source = self.opened.models(self.state), self.source
        if models is None or source is None:
            return
        if len(self.state.columns) >= MAX_COLUMNS:
            self._tell_full()
            return
        components = next((latent_size(loaded) for loaded in models.values()), COMPONENTS)
        self.opened.fit_pca(source, components, self._add_found, self._telling("Cannot add the PCA"))

    def open_state(self, state: ExploreState, text: str) -> None:
        """Go to a whole state, from a session file for example."""
        self.live.unfollow()
        self._open_state(state, text)

    def _replace_models(self, found: FoundModels) -> None:
        self.live.unfollow()
        self.opened.keep(found.models)
        self._show_models(list(found.models)[:MAX_COLUMNS], found.data, "open models")

    def _show_models(
        self, references: list[str], data: Data | None, text: str, names: Mapping[str, str] | None = None
    ) -> None:
        called = names or {}
        columns = tuple(
            Column(key=f"c{i + 1}", where=where, name=called.get(where, ""))
            for i, where in enumerate(references)
        )
        self.show_columns(columns, data, text)

    def show_columns(self, columns: tuple[Column, ...], data: Data | None, text: str) -> None:
        """Show these, whose models are open, at rest, on the images ``data`` if they are known."""
        source = self.state.source if data is None else data
        base = Base(image=self.state.base.image)
        if source != self.state.source:
            base = Base(image=SourceImage(index=0))
        state = self.state.change(columns=columns, source=source, base=base, walk=Walk(), towards=None)
        self._open_state(state, text)

    def _add_found(self, found: FoundModels) -> None:
        self.opened.keep(found.models)
        state, left_out = self.state, 0
        for where in found.models:
            if len(state.columns) >= MAX_COLUMNS:
                left_out += 1
                continue
            column = Column(key=state.new_key(), where=where)
            state = state.change(columns=(*state.columns, column))
        if left_out:
            self._tell_full()
        if state is not self.state:
            self.push("add models", state.at_image())

    def _tell_full(self) -> None:
        self.told.emit(
            FULL,
            "There is room for four side by side. Remove one with the menu at its picture, then add.",
        )

    # --- images ------------------------------------------------------------------------------------

    def open_source(self, config: Data) -> None:
        """Take images from ``config``."""
        models = self.opened.models(self.state)
        if models is None:
            if not self.state.columns:
                self.when_open(partial(self.open_source, config))
            return
        base = Base(image=SourceImage(index=0))
        state = self.state.change(source=config, base=base, towards=None)

        def arrived(source: ImageSource) -> None:
            if config != self.state.source:
                self.push("open images", state.change(columns=self.state.columns))
            else:
                self._refresh()

        self.opened.open_source(config, models, arrived, self._telling("Cannot open the images"))

    def select(self, ref: ImageRef) -> None:
        """Go to another image; walks go back to it."""
        models = self.opened.models(self.state)
        if not self.state.columns:
            self.when_open(partial(self.select, ref))
        if models is None or self.state.base == Base(image=ref):
            return
        state = self.state.at_rest().change(base=Base(image=ref))
        self._with_image(ref, models, lambda: self.push("choose an image", state))

    def blend_towards(self, ref: ImageRef) -> None:
        """Interpolate towards another image."""
        models = self.opened.models(self.state)
        if models is not None:
            towards = Towards(image=ref, share=0.5)
            self._with_image(ref, models, lambda: self.push("blend", self.state.change(towards=towards)))

    def keep_picture(self, arrival: Arrival, then: Callable[[Path], None]) -> None:
        """Keep a picture that came without a file, and go on with the file."""
        keep_arrival(self.context, self, arrival, then, self._telling("Cannot open the picture"))

    def _with_image(self, ref: ImageRef, models: Models, then: Callable[[], None]) -> None:
        if isinstance(ref, FileImage):
            # A file that is no image must not become part of the history.
            self.opened.check_image(ref.path, models, then, self._telling("Cannot open the image"))
        else:
            then()

    # --- going to a state --------------------------------------------------------------------------

    def walk_on(self) -> None:
        """Make where the walks have led the new base."""
        scene = self.scene
        if scene is None or scene.state != self.state:
            return
        latents = {view.column.key: tuple(view.moved.latent.tolist()) for view in scene.columns}
        base = Base(image=self.state.base.image, latents=latents)
        self.push("walk on from here", self.state.at_rest().change(base=base))

    def show(self, state: ExploreState) -> None:
        before = self.state
        if (before.columns, before.mode) != (state.columns, state.mode):
            self._scenes.forget_pace()
        super().show(state)
        self._refresh()

    def _open_state(self, state: ExploreState, text: str) -> None:
        if not self.state.columns:
            self.show(state)
        elif state != self.state:
            self.push(text, state)
        else:
            self._refresh()

    # --- scenes ------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Open what is missing, then ask for the scene of the present state; without models there is none."""
        state = self.state
        if not state.columns:
            return
        models = self.opened.models(state)
        if models is None:
            self.opened.load(state, self._refresh, self._telling("Cannot open the models"))
            return
        source = self.opened.source(state)
        if source is None:
            self.opened.open_source(
                state.source,
                models,
                lambda _: self._refresh(),
                self._telling("Cannot open the images"),
            )
            return
        self.source = source
        averaged = self.averaging.known(state, models, source, live=self.live.feed is not None)
        self.averaging.find(
            state, models, source, self._refresh, self._telling("Cannot average the directions")
        )
        if averaged is None:
            return
        if self._shown_source is None or self._shown_source[0] is not source:
            self._shown_source = source, state.source
            self.source_changed.emit(source, state.source)
        self._scenes.ask(state, models, source, averaged)

    def renew(self, models: Models) -> None:
        """The same models with other weights, in view or not."""
        self.opened.keep(models)
        if set(models) & {column.where for column in self.state.columns}:
            self._refresh()

    # --- a run under way ---------------------------------------------------------------------------

    def _live_models(self, models: Models, data: Data | None) -> None:
        self.opened.keep(models)
        if self._in_view(models) and not (self._watch_all and len(models) > len(self.state.columns)):
            self._refresh()
        else:
            self._show_models(list(models), data, "watch the run under way")
        self._watch_all = False

    def _live_ended(self, path: Path) -> None:
        if is_run(path):
            telling = self._telling("Cannot open the models")
            self.opened.find(str(path), partial(self._show_last_weights, path), telling)
        else:
            self.open_bundled()

    def _show_last_weights(self, path: Path, found: FoundModels) -> None:
        if self.live.feed is not None and self.live.feed.path == path:
            return  # it has been resumed meanwhile
        if self._in_view(found.models):
            self.opened.keep(found.models)
            self._refresh()
        else:
            self._replace_models(found)

    def _in_view(self, models: Models) -> bool:
        """Whether nothing but these are."""
        return {column.where for column in self.state.columns} <= set(models)
