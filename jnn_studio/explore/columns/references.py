"""What a column calls its model: bundled name, weights file, `RUN_FOLDER::member` or `own:NUMBER/NAME`."""

from __future__ import annotations

from pathlib import Path

from jnn_studio.explore.columns.open_models import BUNDLED, ModelsError, open_models
from jnn_studio.explore.columns.own_models import is_own, own_model
from jnn_studio.models.weights import LoadedModel

MEMBER = "::"


def member_reference(run: Path, member: str) -> str:
    """What to call one model of a run."""
    return f"{run}{MEMBER}{member}"


def split_reference(where: str) -> tuple[str, str]:
    """(bundled name or path, member); the member is empty unless it is a run's."""
    if is_own(where):
        return where, ""
    path, separator, member = where.rpartition(MEMBER)
    return (path, member) if separator else (where, "")


def open_references(where: str | Path) -> dict[str, LoadedModel]:
    """All models at ``where`` by their references; raises what `open_models` raises."""
    if is_own(str(where)):
        return {str(where): own_model(str(where))}
    path, member = split_reference(str(where))
    if path not in BUNDLED:
        path = str(Path(path).expanduser().absolute())
    found = {}
    for loaded in open_models(path):
        key = loaded.info.get("member", "")
        if Path(path).is_dir():
            found[member_reference(Path(path), key)] = loaded
        else:
            found[path] = loaded
    if not member:
        return found
    wanted = member_reference(Path(path), member)
    if wanted not in found:
        known = ", ".join(split_reference(name)[1] for name in found)
        raise ModelsError(f"the run in {path} has no model {member!r}; it has {known}")
    return {wanted: found[wanted]}


def open_model(where: str) -> LoadedModel:
    """The one model a column refers to.

    Raises:
        ModelsError: there is none, or ``where`` is a run folder and names no member.
        StudioError: what is there cannot be read.
    """
    found = open_references(where)
    if len(found) != 1:
        raise ModelsError(f"{where} holds several models; name one: {', '.join(found)}")
    return next(iter(found.values()))
