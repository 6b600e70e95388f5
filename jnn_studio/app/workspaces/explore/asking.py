"""What Explore asks files and folders for, and what becomes of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jnn_studio.app.file_dialogs import (
    ARCHIVES,
    IMAGES,
    SESSIONS,
    TABLES,
    WEIGHTS,
    ask_file,
    ask_folder,
    ask_new_file,
)
from jnn_studio.data.config import FolderConfig
from jnn_studio.explore.state import FileImage

if TYPE_CHECKING:
    from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace


class Asking:
    """One method for each question; none waits for the answer."""

    def __init__(self, explore: ExploreWorkspace) -> None:
        self._explore = explore
        self._session = explore.session

    def image(self) -> None:
        choose = self._explore.choose
        ask_file(self._explore, "Open an image", IMAGES, lambda path: choose(FileImage(path=path)))

    def folder(self) -> None:
        ask_folder(
            self._explore,
            "Open a folder of images",
            lambda path: self._session.open_source(FolderConfig(path=path)),
        )

    def archive(self) -> None:
        ask_file(
            self._explore,
            "Open a zip of images",
            ARCHIVES,
            lambda path: self._session.open_source(FolderConfig(path=path)),
        )

    def table(self) -> None:
        ask_file(self._explore, "Open a table of attributes", TABLES, self._explore.explainer.open_table)

    def run(self) -> None:
        runs = self._explore.context.runs_folder
        ask_folder(self._explore, "Open a run folder", self._session.open_path, runs)

    def weights(self) -> None:
        ask_file(self._explore, "Open weights", WEIGHTS, self._session.open_path)

    def add_run(self) -> None:
        runs = self._explore.context.runs_folder
        add = self._session.add_models
        ask_folder(self._explore, "Add the models of a run", lambda path: add(str(path)), runs)

    def add_weights(self) -> None:
        add = self._session.add_models
        ask_file(self._explore, "Add weights", WEIGHTS, lambda path: add(str(path)))

    def save_session(self) -> None:
        ask_new_file(self._explore, "Save the session", SESSIONS, "jnnsession", self._explore.sessions.save)

    def open_session(self) -> None:
        ask_file(self._explore, "Open a session", SESSIONS, self._explore.sessions.open)
