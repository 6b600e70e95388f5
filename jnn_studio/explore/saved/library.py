"""The library of saved directions: a folder with one JSON file for each."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from jnn_studio.base.atomic import write_text
from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import parse_json, read_bytes
from jnn_studio.base.system_errors import reason_of
from jnn_studio.explore.saved.saved_direction import SCHEMA_VERSION, SavedDirection

SUFFIX = ".json"
KEPT_DELETED = 50
_LARGEST_FILE = 16 * 2**20


class LibraryError(StudioError):
    """A saved direction that cannot be used; the message says which file, why, and what to do."""


@dataclass(frozen=True)
class Damaged:
    """A file of the library that was passed over, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Contents:
    """What the library holds, newest first."""

    directions: tuple[SavedDirection, ...]
    damaged: tuple[Damaged, ...] = ()


class Library:
    """Saved directions in ``folder``, which is made when the first is saved.

    Files are written whole or not at all; several programs may share a folder. Every method that writes
    raises OSError if the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def contents(self) -> Contents:
        """All that can be read; the rest is reported."""
        found: list[SavedDirection] = []
        damaged: list[Damaged] = []
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            try:
                found.append(read_direction(path))
            except LibraryError as error:
                damaged.append(Damaged(path, str(error)))
        found.sort(key=lambda saved: (saved.created, saved.id), reverse=True)
        return Contents(tuple(found), tuple(damaged))

    def save(self, saved: SavedDirection) -> None:
        """Add ``saved``, or replace the one of the same id."""
        write_text(self._path(saved.id), saved.model_dump_json(indent=1))

    def rename(self, direction_id: str, name: str, note: str | None = None) -> SavedDirection:
        """Give a direction another name, and another note unless that is None.

        Raises:
            LibraryError: it is gone, or the name is empty or too long.
        """
        before = read_direction(self._path(direction_id))
        try:
            saved = before.renamed(name, note)
        except ValidationError as error:
            raise LibraryError(f"“{name}” cannot be its name: {_first(error)}") from error
        self.save(saved)
        return saved

    def delete(self, direction_id: str) -> None:
        """Put a direction aside; `restore` brings it back as long as it is among the last `KEPT_DELETED`.

        Raises:
            LibraryError: it is gone already.
        """
        aside = self._path(direction_id, deleted=True)
        aside.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._path(direction_id).replace(aside)
        except FileNotFoundError as error:
            raise LibraryError("This direction is gone already; somebody else has deleted it.") from error
        aside.touch()
        by_age = sorted(aside.parent.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime_ns)
        for path in by_age[:-KEPT_DELETED]:
            path.unlink(missing_ok=True)

    def restore(self, direction_id: str) -> SavedDirection:
        """Bring a deleted direction back.

        Raises:
            LibraryError: it was deleted too long ago.
        """
        try:
            self._path(direction_id, deleted=True).replace(self._path(direction_id))
        except FileNotFoundError as error:
            raise LibraryError("This direction was deleted too long ago to be brought back.") from error
        return read_direction(self._path(direction_id))

    def export_file(self, direction_id: str, path: Path) -> None:
        """Write a copy of one direction to ``path``.

        Raises:
            LibraryError: it is gone.
        """
        write_text(path, read_direction(self._path(direction_id)).model_dump_json(indent=1))

    def import_file(self, path: Path) -> SavedDirection:
        """Add the direction in ``path``; one that is here already is added only if it differs, as another.

        Raises:
            LibraryError: the file holds no saved direction.
        """
        saved = read_direction(path)
        here = self._path(saved.id)
        if here.exists():
            try:
                if read_direction(here) == saved:
                    return saved
            except LibraryError:  # damaged: it stays for its owner to look at
                pass
            saved = saved.model_copy(update={"id": uuid.uuid4().hex})
        self.save(saved)
        return saved

    def _path(self, direction_id: str, deleted: bool = False) -> Path:
        if not direction_id.isalnum():
            raise ValueError(f"{direction_id!r} is no direction's id")
        return (self.folder / "deleted" if deleted else self.folder) / f"{direction_id}{SUFFIX}"


def read_direction(path: Path) -> SavedDirection:
    """Read one file.

    Raises:
        LibraryError: it is missing, damaged, from a newer version, or holds something else.
    """
    try:
        data = read_bytes(path, _LARGEST_FILE)
        parse_json(data, _LARGEST_FILE)  # bounded, which what validates it is not
        saved = SavedDirection.model_validate_json(data)
        saved.pictures()
    except FileNotFoundError as error:
        raise LibraryError(f"there is no file {path}") from error
    except OSError as error:
        raise LibraryError(f"{path.name} cannot be read: {reason_of(error)}") from error
    except ValidationError as error:
        if any(e["loc"] == ("schema_version",) and e["type"] == "literal_error" for e in error.errors()):
            raise LibraryError(
                f"{path.name} was written by another version of JNN Studio (this one reads format "
                f"{SCHEMA_VERSION}); update the program"
            ) from error
        raise LibraryError(f"{path.name} holds no direction saved by JNN Studio ({_first(error)})") from error
    except ValueError as error:
        raise LibraryError(f"{path.name} is damaged: {error}") from error
    return saved


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
