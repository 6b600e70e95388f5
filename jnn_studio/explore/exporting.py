"""Exports: work that takes a while, is watched, can be called off, and leaves a whole file or none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jnn_studio.base.atomic import replacing
from jnn_studio.base.version import __version__
from jnn_studio.explore.state import ExploreState

SOFTWARE = f"JNN Studio {__version__}"


class ExportError(Exception):
    """Something cannot be exported; the message says what, where and what to do."""


class ExportCancelled(Exception):
    """The export was called off; nothing of it is kept."""


@dataclass(frozen=True)
class Watch:
    """Who is told how far an export is, and says whether it is still wanted.

    Attributes:
        report: called with how many pictures are done, and how many there will be.
        cancelled: asked before every picture.
    """

    report: Callable[[int, int], None] = lambda done, total: None
    cancelled: Callable[[], bool] = lambda: False

    def step(self, done: int, total: int) -> None:
        """``done`` of ``total`` are done; ExportCancelled if no more are wanted."""
        if self.cancelled():
            raise ExportCancelled
        self.report(done, total)


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
    if not os.access(folder, os.W_OK):
        raise ExportError(f"{path} cannot be written: {folder} is read-only; choose another folder")


def not_written(path: Path, error: OSError) -> ExportError:
    """What to say when the system refused."""
    reason = error.strerror or str(error)
    return ExportError(
        f"{path} could not be written: {reason}; nothing of it was kept. Choose another folder, or check its "
        "permissions and the space left on the disk"
    )


def state_json(state: ExploreState) -> str:
    """The whole state on one line, ASCII: what exports carry so that they can be made again."""
    return json.dumps(state.model_dump(mode="json"))
