"""The state of Explore: which models, which images, which image, how far along which direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.app.engine.mailbox import Slot
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.workspaces.explore.scene import (
    DIRECTIONS,
    FileImage,
    ImageRef,
    ModelSet,
    Scene,
    SourceImage,
    bundled_set,
    make_scene,
    move,
    open_ref,
    set_from_path,
    set_from_snapshot,
    with_limit,
)
from jnn_studio.app.workspaces.explore.undo import Change, Position
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.opening import open_source
from jnn_studio.data.source import ImageSource
from jnn_studio.training.commands import Command

SNAPSHOT_MS = 1500


@dataclass(frozen=True)
class Opening:
    """Progress of opening a folder."""

    what: str
    done: int
    total: int


class ExploreSession(QObject):
    """Asks the workers for scenes and tells the view about them. Everything here happens on the main thread.

    Signals:
        models_changed: (ModelSet).
        source_changed: (ImageSource, FacesConfig | FolderConfig).
        scene_changed: (Scene) image, models or directions are new.
        moved: (Scene) only the moved images are new.
        amounts_changed: (tuple) sliders are to show these.
        opening: (Opening | None) a folder is being opened.
        failed: (title, Failure).
    """

    models_changed = Signal(object)
    source_changed = Signal(object, object)
    scene_changed = Signal(object)
    moved = Signal(object)
    amounts_changed = Signal(object)
    opening = Signal(object)
    failed = Signal(str, object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self.context = context
        self.undo = QUndoStack(self)
        self.models: ModelSet | None = None
        self.source: ImageSource | None = None
        self.source_config: FacesConfig | FolderConfig = FacesConfig()
        self.scene: Scene | None = None
        self.limit = 0.1
        self.position = Position(SourceImage(0), (0.0,) * DIRECTIONS)
        self.following: RunFeed | None = None
        self.where: str = "bundled"
        """What to reopen next time: "bundled" or a path."""
        self._opening: Slot[Opening] = Slot()
        self._snapshots = QTimer(self, interval=SNAPSHOT_MS)
        self._snapshots.timeout.connect(lambda: context.training.send(Command.SNAPSHOT))
        context.ticked.connect(self._tick)
        context.run_ended.connect(self._run_ended)

    def restore(self, where: str, limit: float, image: int) -> None:
        """Open what was open last time; if that is gone, say so and show the bundled pair."""
        self.limit = limit
        self.position = Position(SourceImage(image), (0.0,) * DIRECTIONS)
        if where == "bundled":
            self.open_bundled()
        elif Path(where).exists():
            self.open_path(Path(where))
        else:
            gone = Failure(f"{where} is no longer there; showing the bundled pair instead.", "")
            QTimer.singleShot(0, self, lambda: self.failed.emit("Cannot reopen the last models", gone))
            self.open_bundled()

    # --- models ------------------------------------------------------------------------------------

    def open_bundled(self) -> None:
        """Show the pair that ships with the program."""
        self._load("bundled", lambda: bundled_set(self.limit))

    def open_path(self, path: Path) -> None:
        """Show the models of a run folder or weights file; of the run under way, follow it live."""
        feed = self.context.training.feed
        if feed is not None and feed.path == path:
            self.follow(feed)
        else:
            self._load(str(path), lambda: set_from_path(path, self.limit))

    def follow(self, feed: RunFeed) -> None:
        """Show the newest weights of the run under way until it ends."""
        self.following = feed
        self.where = str(feed.path)
        self.context.training.send(Command.SNAPSHOT)
        self._snapshots.start()

    def set_limit(self, limit: float) -> None:
        """RMS image change at the ends of the sliders."""
        self.limit = limit
        models = self.models
        if models is not None:
            self._models_from(lambda: with_limit(models, limit))

    def _load(self, where: str, work: Callable[[], ModelSet]) -> None:
        self._unfollow()
        self.where = where
        self._models_from(work)

    def _models_from(self, work: Callable[[], ModelSet]) -> None:
        self.context.loading.request(
            "models", work, self._models_arrived, self._failure("Cannot open the models")
        )

    def _models_arrived(self, models: ModelSet) -> None:
        before, self.models = self.models, models
        self.models_changed.emit(models)
        same_images = before is not None and (before.config.size, before.config.channels) == (
            models.config.size,
            models.config.channels,
        )
        wanted = models.data or self.source_config
        if isinstance(wanted, FacesConfig) and models.config.channels != 3:
            wanted = self.source_config
        new_data = before is None or before.data != models.data
        if self.source is None or not same_images or (new_data and wanted != self.source_config):
            self.open_source(wanted)
        else:
            self._place()

    # --- images ------------------------------------------------------------------------------------

    def open_source(self, config: FacesConfig | FolderConfig) -> None:
        """Take images from ``config``, at the size the models want."""
        if self.models is None:
            return
        size, channels = self.models.config.size, self.models.config.channels

        def report(what: str, done: int, total: int) -> None:
            self._opening.put(Opening(what, done, total))

        def work() -> tuple[ImageSource, FacesConfig | FolderConfig]:
            return open_source(config, size, channels, report, lambda: self.context.closing), config

        self.context.loading.request(
            "source", work, self._source_arrived, self._failure("Cannot open the images")
        )

    def _source_arrived(self, opened: tuple[ImageSource, FacesConfig | FolderConfig]) -> None:
        self.source, config = opened
        changed = config != self.source_config
        self.source_config = config
        self._opening.take()
        self.opening.emit(None)
        self.source_changed.emit(self.source, config)
        ref = self.position.ref
        if isinstance(ref, SourceImage) and (changed or ref.index >= len(self.source)):
            self.undo.clear()
            self.position = Position(SourceImage(0), self.position.amounts)
        self._place()

    def select(self, ref: ImageRef) -> None:
        """Go to another image; the sliders go back to zero."""
        if ref != self.position.ref:
            self._push("choose image", Position(ref, (0.0,) * DIRECTIONS))

    def _place(self) -> None:
        models, source, position = self.models, self.source, self.position
        if models is None or source is None:
            return
        known = self.scene
        same = known is not None and known.ref == position.ref
        previous = known if same else None

        def work() -> Scene:
            image, label = open_ref(position.ref, source, models.config)
            return make_scene(models, position.ref, image, label, position.amounts, previous)

        self.context.inference.forget("move")
        self.context.inference.request("place", work, self._placed, self._place_failed)

    def _placed(self, scene: Scene) -> None:
        self.scene = scene
        self.scene_changed.emit(scene)
        self._move()

    def _place_failed(self, failure: Failure) -> None:
        ref = self.position.ref
        self.failed.emit("Cannot open the image", failure)
        if isinstance(ref, FileImage) and self.scene is not None and self.scene.ref != ref:
            # Nothing has changed on screen: go back to what is shown.
            self.undo.undo()

    # --- walking -----------------------------------------------------------------------------------

    def set_amount(self, direction: int, amount: float) -> None:
        """Move along one direction to a signed RMS image change, in all models."""
        amounts = list(self.position.amounts)
        if amounts[direction] == amount:
            return
        amounts[direction] = amount
        self._push(
            f"move along direction {direction + 1}", replace(self.position, amounts=tuple(amounts)), direction
        )

    def reset(self) -> None:
        """All sliders to zero."""
        if any(self.position.amounts):
            self._push("reset all", replace(self.position, amounts=(0.0,) * DIRECTIONS))

    def show(self, position: Position) -> None:
        """Go to a position without making it a step of the history."""
        before, self.position = self.position, position
        self.amounts_changed.emit(position.amounts)
        if before.ref != position.ref:
            self._place()
        else:
            self._move()

    def _push(self, text: str, position: Position, merge: int = -1) -> None:
        self.undo.push(Change(self, text, self.position, position, merge))

    def _move(self) -> None:
        scene, amounts = self.scene, self.position.amounts
        if scene is None or scene.ref != self.position.ref:
            return  # the place under way will take the amounts along
        self.context.inference.request(
            "move",
            lambda: replace(scene, moved=move(scene.models, scene.places, amounts)),
            self._moved,
            self._failure("Cannot move the image"),
        )

    def _moved(self, scene: Scene) -> None:
        self.scene = scene
        self.moved.emit(scene)

    # --- a run under way ---------------------------------------------------------------------------

    def _tick(self) -> None:
        opening = self._opening.take()
        if opening is not None:
            self.opening.emit(opening)
        feed = self.following
        snapshot = feed.snapshot.take() if feed is not None else None
        if feed is not None and snapshot is not None:
            self._models_from(lambda: set_from_snapshot(feed.config, snapshot, self.limit))

    def _run_ended(self, feed: RunFeed, event: object) -> None:
        if feed is self.following:
            self._unfollow()
            if (feed.path / "config.toml").is_file():
                self.open_path(feed.path)
            else:
                self.open_bundled()

    def _unfollow(self) -> None:
        self.following = None
        self._snapshots.stop()

    def _failure(self, title: str) -> Callable[[Failure], None]:
        def tell(failure: Failure) -> None:
            self._opening.take()
            self.opening.emit(None)
            if not self.context.closing:
                self.failed.emit(title, failure)

        return tell
