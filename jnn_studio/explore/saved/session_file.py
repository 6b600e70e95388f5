"""Session files: everything Explore shows, saved and opened again exactly."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from jnn_studio.base.atomic import write_text
from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import MAX_JSON_BYTES, MalformedError, parse_json, read_text
from jnn_studio.base.settings import Frozen, from_elsewhere, from_json, to_json
from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.base.version import __version__
from jnn_studio.data.config import FolderConfig, GivenConfig
from jnn_studio.explore.columns.open_models import BUNDLED
from jnn_studio.explore.columns.own_models import is_own, own_name
from jnn_studio.explore.columns.references import MEMBER, open_model, split_reference
from jnn_studio.explore.state import ExploreState, FileImage
from jnn_studio.models.weights import LoadedModel, fingerprint

SUFFIX = ".jnnsession"
SCHEMA_VERSION = 1
KIND = "JNN Studio session"


class SessionError(StudioError):
    """A session file that cannot be used; the message says which file, why, and what to do."""


class _File(Frozen):
    kind: Literal["JNN Studio session"] = "JNN Studio session"
    schema_version: Literal[1] = 1
    program: str = Field(__version__, max_length=40)
    state: ExploreState
    relative: dict[str, str] = Field(default_factory=dict)
    """Every path of the state as seen from the file's folder."""
    fingerprints: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of the weights, by the columns' references."""


@dataclass(frozen=True)
class Session:
    """What a session file holds.

    Attributes:
        state: with the paths at which things are now.
        warnings: what has changed since it was saved, a sentence each.
        models: those that were opened to look at their weights, by reference.
    """

    state: ExploreState
    warnings: tuple[str, ...] = ()
    models: Mapping[str, LoadedModel] = field(default_factory=dict)


def save_session(path: Path, state: ExploreState, models: Mapping[str, LoadedModel] | None = None) -> None:
    """Write ``state`` to ``path``, atomically; ``models``, by reference, are remembered by their weights.

    Raises:
        SessionError: a program has handed over the models or the images, which are in no file.
        OSError: the folder cannot be written or the disk is full; ``path`` is then as it was.
    """
    if reason := not_kept(state):
        raise SessionError(reason)
    used = {column.where for column in state.columns}
    known = {where: fingerprint(loaded.model) for where, loaded in (models or {}).items() if where in used}
    relative = {
        str(place): seen for place in paths_of(state) if (seen := _relative(place, path.absolute().parent))
    }
    file = _File(state=state, relative=relative, fingerprints=known)
    write_text(path, to_json(file, indent=1) + "\n")


def load_session(path: Path, find_model: Callable[[str], LoadedModel] = open_model) -> Session:
    """Read what `save_session` wrote.

    What is not where it was is looked for beside the file, as far from it as it was. Models are opened with
    ``find_model`` to see whether their weights are still the same.

    Raises:
        SessionError: the file is missing, damaged, from a newer version, or of another kind.
    """
    file = _read(path)
    moved = {old: new for old, new in _found_again(file, path.absolute().parent).items() if new}
    state = _with_paths(file.state, moved)
    warnings = [
        f"{place} is no longer there, and not beside {path.name} either; put it back, or open another."
        for place in paths_of(state)
        if not place.exists()
    ]
    models: dict[str, LoadedModel] = {}
    for before, after in zip(file.state.columns, state.columns, strict=True):
        expected = file.fingerprints.get(before.where)
        if expected is None or after.where in models or not _is_there(after.where):
            continue
        try:
            loaded = models[after.where] = find_model(after.where)
        except (StudioError, OSError) as error:
            warnings.append(f"{error}.")
            continue
        if fingerprint(loaded.model) != expected:
            warnings.append(
                f"The weights of {after.name or loaded.name} ({after.where}) have changed since {path.name} "
                "was saved: pictures and singular values will differ from what was seen then."
            )
    return Session(state, tuple(dict.fromkeys(warnings)), models)


def _read(path: Path) -> _File:
    try:
        text = read_text(path, MAX_JSON_BYTES)
        content: Any = parse_json(text)
    except FileNotFoundError as error:
        raise SessionError(f"there is no session at {path}; choose a {SUFFIX} file") from error
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {reason_of(error)}; {advice_for(error)}") from error
    except MalformedError as error:
        raise SessionError(f"{path} is damaged or no session: {error}{_REMEDY}") from error
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise SessionError(f"{path} is not a session of JNN Studio; choose a {SUFFIX} file saved by Explore")
    state = content.get("state")
    inner = state.get("schema_version") if isinstance(state, dict) else None
    for version in (content.get("schema_version"), inner):
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise SessionError(
                f"{path} was written by a newer JNN Studio (format {version}, this one reads up to "
                f"{SCHEMA_VERSION}); update the program"
            )
    try:
        return from_json(_File, text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SessionError(f"{path} is damaged: {where}: {first['msg']}{_REMEDY}") from error


_REMEDY = "; open another copy of it, or save the session again"


def not_kept(state: ExploreState) -> str:
    """Why a state cannot be kept in a file: what a program has handed over lives in its memory; or ""."""
    own = [column.name or own_name(column.where) for column in state.columns if is_own(column.where)]
    if own:
        return (
            f"{', '.join(own)}: handed over by a program, and in no file. Write it with "
            "jnn_studio.save_portable, open that file, then save the session"
        )
    if isinstance(state.source, GivenConfig):
        return (
            "the images were handed over by a program, and are in no file; open a folder of them, then save "
            "the session"
        )
    return ""


# --- paths -----------------------------------------------------------------------------------------------


def paths_of(state: ExploreState) -> list[Path]:
    """Every file and folder a state refers to."""
    found = [
        Path(path)
        for path, _ in (split_reference(c.where) for c in state.columns)
        if path not in BUNDLED and not is_own(path)
    ]
    images = [state.base.image] + ([state.towards.image] if state.towards else [])
    found += [image.path for image in images if isinstance(image, FileImage)]
    if isinstance(state.source, FolderConfig):
        found.append(state.source.path)
    return list(dict.fromkeys(found))


def _is_there(where: str) -> bool:
    path, _ = split_reference(where)
    return path in BUNDLED or is_own(path) or Path(path).exists()


def _relative(place: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(place, folder)).as_posix()
    except ValueError:  # on another drive
        return ""


def _found_again(file: _File, folder: Path) -> dict[str, str]:
    """Where each path that is gone is now, by `_plain` path, as far as it can be found."""
    found = {}
    relative = {_plain(place): seen for place, seen in file.relative.items()}
    for place in map(str, paths_of(file.state)):
        seen = relative.get(_plain(place))
        if seen is not None and (from_elsewhere(place) or not Path(place).exists()):
            ways = (Path(os.path.normpath(folder / way)) for way in (seen, _plain(seen)))
            found[_plain(place)] = next((str(way) for way in ways if way.exists()), "")
    return found


def _plain(path: str) -> str:
    """A path as any system would write it, to compare: the file may be from another."""
    return path.replace("\\", "/")


def _with_paths(state: ExploreState, moved: Mapping[str, str]) -> ExploreState:
    if not moved:
        return state

    def where(reference: str) -> str:
        path, member = split_reference(reference)
        path = moved.get(_plain(path), path)
        return f"{path}{MEMBER}{member}" if member else path

    def image(value: Any) -> Any:
        if not isinstance(value, FileImage):
            return value
        return FileImage(path=Path(moved.get(_plain(str(value.path)), str(value.path))))

    columns = tuple(c.model_copy(update={"where": where(c.where)}) for c in state.columns)
    base = state.base.model_copy(update={"image": image(state.base.image)})
    towards = state.towards and state.towards.model_copy(update={"image": image(state.towards.image)})
    source = state.source
    if isinstance(source, FolderConfig):
        source = FolderConfig(path=Path(moved.get(_plain(str(source.path)), str(source.path))))
    aims = state.aims
    if aims is not None:
        aims = aims.model_copy(update={"weights": {where(old): rows for old, rows in aims.weights.items()}})
    return state.change(columns=columns, base=base, towards=towards, source=source, aims=aims)
