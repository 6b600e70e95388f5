"""What Explore asks files and folders for, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from jnn_studio.app.arriving import REMOTE, arrival_of, glance_at
from jnn_studio.app.file_dialogs import (
    ARCHIVES,
    IMAGES,
    MODELS,
    SESSIONS,
    TABLE_ENDINGS,
    TABLES,
    ask_file,
    ask_folder,
    ask_new_file,
)
from jnn_studio.app.widgets.drop_zone import DropOffer
from jnn_studio.app.workspaces.explore.desk.desk import ExploreDesk
from jnn_studio.app.workspaces.explore.desk.sessions import Sessions
from jnn_studio.app.workspaces.explore.meaning.explainer import Explainer
from jnn_studio.app.workspaces.explore.walking.choosing import Choosing
from jnn_studio.base.endings import ending_of
from jnn_studio.base.text import printable
from jnn_studio.data.config import FolderConfig, GivenConfig
from jnn_studio.data.image_formats import EXTENSIONS
from jnn_studio.explore.saved.session_file import SUFFIX
from jnn_studio.explore.state import FileImage
from jnn_studio.models.weights import SUFFIXES
from jnn_studio.training.folder.named_run import run_named_by
from jnn_studio.training.folder.run_folder import is_run

NOTHING_OPENED = "Nothing was opened"


class Asking:
    """One method for each question; none waits for the answer. ``parent`` is what dialogs stand over."""

    def __init__(
        self,
        parent: QWidget,
        desk: ExploreDesk,
        sessions: Sessions,
        explainer: Explainer,
        choosing: Choosing,
    ) -> None:
        self._parent = parent
        self._desk, self._sessions = desk, sessions
        self._explainer, self._choosing = explainer, choosing

    def image(self) -> None:
        ask_file(self._parent, "Open an image", IMAGES, self._take_image)

    def folder(self) -> None:
        ask_folder(self._parent, "Open a folder of images", self._take_images)

    def archive(self) -> None:
        ask_file(self._parent, "Open a zip of images", ARCHIVES, self._take_images)

    def table(self) -> None:
        ask_file(self._parent, "Open a table of attributes", TABLES, self._explainer.open_table)

    def run(self) -> None:
        runs = self._desk.context.runs_folder
        ask_folder(self._parent, "Open a run folder", self._desk.open_path, runs)

    def weights(self) -> None:
        ask_file(self._parent, "Open weights", MODELS, self._desk.open_path)

    def add_run(self) -> None:
        runs = self._desk.context.runs_folder
        ask_folder(self._parent, "Add the models of a run", self._add_models, runs)

    def add_weights(self) -> None:
        ask_file(self._parent, "Add weights", MODELS, self._add_models)

    def save_session(self) -> None:
        ask_new_file(self._parent, "Save the session", SESSIONS, SUFFIX, self._sessions.save)

    def open_session(self) -> None:
        ask_file(self._parent, "Open a session", SESSIONS, self._sessions.open)

    def take_all(self, paths: Sequence[Path]) -> None:
        """What was named together: models beside each other, and on them what else there is."""
        models = [path for path in paths if holds_models(path)]
        others = [path for path in paths if path not in models]

        def then() -> None:
            for path in others:
                self.take(path)

        if len(models) > 1 or (models and others):
            self._desk.open_paths(models, then)
        else:
            self._desk.when_open(partial(self.take, paths[0]) if len(paths) == 1 else then)

    def paste(self) -> None:
        self.take_arrived(QGuiApplication.clipboard().mimeData())

    def train(self) -> None:
        source, images = self._desk.source, self._desk.state.source
        if isinstance(images, GivenConfig):
            self._desk.told.emit(
                "These images are in no file",
                "A program has handed them over. Open a folder of images, then train on that.",
            )
        elif source is not None:
            self._desk.context.request_training(images, len(source))

    def take_arrived(self, mime: QMimeData) -> None:
        """What was dropped or pasted: a path, or a picture, which is kept as a file; nothing is fetched."""
        arrival = arrival_of(mime)
        if arrival.path is not None:
            self.take(arrival.path)
        elif arrival.is_picture:
            self._desk.keep_picture(arrival, self._take_image)
        else:
            self._desk.told.emit(NOTHING_OPENED, arrival.refusal)

    def offer(self, mime: QMimeData) -> DropOffer:
        """What would become of what hovers over the page."""
        seen = glance_at(mime)
        if seen.path is None:
            return DropOffer("Walk from this picture") if seen.is_picture else DropOffer(REMOTE, good=False)
        if holds_models(seen.path):
            return DropOffer("Walk these models")
        if ending_of(seen.path) == SUFFIX:
            return DropOffer("Open this session")
        if seen.path.is_dir() or ending_of(seen.path) == ".zip":
            return DropOffer("Open these images")
        if ending_of(seen.path) in TABLE_ENDINGS:
            return DropOffer("Open as the table of attributes")
        if ending_of(seen.path) in ("", *EXTENSIONS):
            return DropOffer("Walk from this picture")
        name = printable(seen.path.name)
        return DropOffer(f"“{name}” holds no picture, images, models or session", good=False)

    def take(self, path: Path) -> None:
        """What nobody asked for: a run, weights, a session, a folder or zip of images, or an image."""
        if (run := run_named_by(path)) is not None:
            self._desk.context.run_requested.emit(run)
        elif holds_models(path):
            self._desk.open_path(path)
        elif ending_of(path) == SUFFIX:
            self._sessions.open(path)
        elif path.is_dir() or ending_of(path) == ".zip":
            self._take_images(path)
        elif ending_of(path) in TABLE_ENDINGS:
            self._explainer.open_table(path)
        else:
            self._take_image(path)

    def _take_image(self, path: Path) -> None:
        self._choosing.choose(FileImage(path=path))

    def _take_images(self, path: Path) -> None:
        self._desk.open_source(FolderConfig(path=path))

    def _add_models(self, path: Path) -> None:
        self._desk.add_models(str(path))


def holds_models(path: Path) -> bool:
    """Whether models are looked for there."""
    return is_run(path) or ending_of(path) in SUFFIXES
