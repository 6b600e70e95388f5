"""The folders a person works in: where runs go, and those that were named besides."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path, user_documents_path
from pydantic import Field, ValidationError

from jnn_studio.base.atomic import write_text
from jnn_studio.base.reading import MalformedError, read_text
from jnn_studio.base.settings import AbsolutePath, Frozen, from_json, to_json

_MAX_BYTES = 2**20
_MOST = 200


def standard_runs_folder() -> Path:
    """Where new runs go unless somebody says otherwise."""
    return user_documents_path() / "JNN Studio"


def standard_data_folder() -> Path:
    """Where the program keeps what is a person's own."""
    return user_data_path("jnn-studio", appauthor=False)


def standard_memory() -> Path:
    """The file in which runs that were read are kept for the next time."""
    return user_cache_path("jnn-studio", appauthor=False) / "runs.json"


class _Named(Frozen):
    schema_version: Literal[1] = 1
    folders: tuple[AbsolutePath, ...] = Field((), max_length=_MOST)


class RunPlaces:
    """The folders that a person has named, or opened runs from, kept in ``data_folder``."""

    def __init__(self, data_folder: Path) -> None:
        self._file = data_folder / "run_folders.json"
        self.kept = data_folder / "annotations"
        """Where annotations are that cannot stand in a run's folder."""

    @property
    def named(self) -> tuple[Path, ...]:
        """In the order they were named, without those that nothing can be read of."""
        with suppress(OSError, MalformedError, ValidationError):
            return from_json(_Named, read_text(self._file, _MAX_BYTES)).folders
        return ()

    def looked_into(self, runs_folder: Path) -> list[Path]:
        """Where to look: the folder that new runs go to, and those that were named.

        One that was deleted is passed over; of one whose drive is away it is to be said.
        """
        named = [
            folder
            for folder in self.named
            if folder != runs_folder and (folder.exists() or not folder.parent.exists())
        ]
        return [runs_folder, *named] if runs_folder.exists() else named

    def name(self, folder: Path) -> None:
        """Look for runs there from now on; OSError if that cannot be written down."""
        folder = folder.expanduser().absolute()
        if folder not in self.named:
            self._write((*self.named, folder)[-_MOST:])

    def forget(self, folder: Path) -> None:
        """Look there no more; what is there stays. OSError if that cannot be written down."""
        self._write([known for known in self.named if known != folder])

    def _write(self, folders: Sequence[Path]) -> None:
        write_text(self._file, to_json(_Named(folders=tuple(folders)), indent=1) + "\n")
