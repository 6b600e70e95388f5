"""Exports leave a whole file or none, and say what went wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jnn_studio.base.atomic import replacing
from jnn_studio.base.errors import StudioError
from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.base.version import __version__
from jnn_studio.explore.state import ExploreState

SOFTWARE = f"JNN Studio {__version__}"


class ExportError(StudioError):
    """Something cannot be exported; the message says what, where and what to do."""


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """`jnn_studio.base.atomic.replacing`, into a folder that exists, with errors for people.

    Raises:
        ExportError: the folder is missing or cannot be written, or the disk is full; ``path`` is as it was.
    """
    check_target(path)
    try:
        with replacing(path) as temporary:
            yield temporary
    except OSError as error:
        raise not_written(path, error) from error


def check_target(path: Path) -> None:
    """ExportError if ``path`` is plainly no file that could be written; worth knowing before the work."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ExportError(
            f"{path} cannot be written: there is no folder {folder}; make it, or choose another"
        )
    if path.is_dir():
        raise ExportError(f"{path} cannot be written: there is a folder of that name; choose another name")
    if path.exists() and not path.is_file():
        raise ExportError(f"{path} cannot be written: it is a device or a pipe; choose another name")
    if not os.access(folder, os.W_OK):
        raise ExportError(f"{path} cannot be written: {folder} is read-only; choose another folder")


def not_written(path: Path, error: OSError) -> ExportError:
    """What to say when the system refused."""
    return ExportError(
        f"{path} could not be written: {reason_of(error)}; nothing of it was kept. {advice_for(error)}, or "
        "choose another folder"
    )


def state_json(state: ExploreState) -> str:
    """The whole state on one line, ASCII: what exports carry so that they can be made again."""
    return json.dumps(state.model_dump(mode="json"))
