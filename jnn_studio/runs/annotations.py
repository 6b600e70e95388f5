"""What a person says of a run: a name, a note, tags. Kept in its folder, or beside it if that is read only.

Beside it means in the person's data folder, in a file that has the run's id for a name.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from jnn_studio.base.atomic import replacing
from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import MalformedError, read_text
from jnn_studio.base.settings import Frozen, from_json, to_json
from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.base.text import printable
from jnn_studio.runs.summary import RunSummary
from jnn_studio.training.folder.run_folder import ANNOTATION, is_run

_MAX_BYTES = 128 * 2**10
_READ_ONLY = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

Tag = Annotated[str, Field(min_length=1, max_length=40)]


class AnnotationError(StudioError):
    """A run cannot be annotated; the message says which, why, and what to do."""


class Annotation(Frozen):
    """``name``: what the run is called instead of its own name; "" for that."""

    schema_version: Literal[1] = 1
    name: str = Field("", max_length=80)
    note: str = Field("", max_length=10_000)
    tags: tuple[Tag, ...] = Field((), max_length=32)
    pinned: bool = False


NOTHING = Annotation()


def kept_at(kept: Path, run_id: str) -> Path:
    """Where the annotation of a run is that cannot be written in its folder."""
    return kept / f"{run_id}.json"


def read_annotation(path: Path, run_id: str, kept: Path) -> Annotation:
    """Of the run in the folder ``path``; none where there is none, or none that can be read."""
    for file in (kept_at(kept, run_id), path / ANNOTATION):
        with suppress(OSError, MalformedError, ValidationError):
            return _shown(from_json(Annotation, read_text(file, _MAX_BYTES)))
    return NOTHING


def annotate(path: Path, run_id: str, kept: Path, annotation: Annotation) -> None:
    """Write it down whole.

    Raises:
        AnnotationError: the run is gone, or neither place can be written.
    """
    if not is_run(path):
        raise AnnotationError(f"the run in {path} is gone; nothing was written down")
    beside = kept_at(kept, run_id)
    try:
        _write(path / ANNOTATION, annotation)
    except OSError as error:
        if error.errno not in _READ_ONLY:
            raise AnnotationError(_cannot(path, error)) from error
        try:
            kept.mkdir(parents=True, exist_ok=True)
            _write(beside, annotation)
        except OSError as second:
            raise AnnotationError(_cannot(beside, second)) from second
    else:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def annotated(run: RunSummary, annotation: Annotation) -> RunSummary:
    """The run with what is said of it."""
    return replace(
        run,
        given_name=annotation.name,
        note=annotation.note,
        tags=annotation.tags,
        pinned=annotation.pinned,
    )


def annotation_of(run: RunSummary) -> Annotation:
    """The inverse: what is said of a run."""
    return Annotation(name=run.given_name, note=run.note, tags=run.tags, pinned=run.pinned)


def tags_of(text: str) -> tuple[str, ...]:
    """What somebody typed, with commas between them; each of them once.

    >>> tags_of("faces,  good one, faces,")
    ('faces', 'good one')
    """
    found = (" ".join(tag.split())[:40] for tag in text.split(","))
    return tuple(dict.fromkeys(tag for tag in found if tag))[:32]


def _write(file: Path, annotation: Annotation) -> None:
    with replacing(file, through_links=False, make_folder=False) as temporary:
        temporary.write_text(to_json(annotation, indent=1) + "\n", encoding="utf-8")


def _shown(annotation: Annotation) -> Annotation:
    """It may come from somebody else."""
    return annotation.model_copy(
        update={
            "name": printable(annotation.name.strip()),
            "note": printable(annotation.note, lines=True),
            "tags": tuple(map(printable, annotation.tags)),
        }
    )


def _cannot(where: Path, error: OSError) -> str:
    return f"cannot write {where}: {reason_of(error)}. {advice_for(error)}"
