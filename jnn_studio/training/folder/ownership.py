"""One process trains a run, or a sweep, at a time: it holds the lock on the file ``owner`` in its folder."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from jnn_studio.base.atomic import open_to_append
from jnn_studio.base.errors import StudioError
from jnn_studio.base.locks import try_lock
from jnn_studio.training.events import UNDER_WAY
from jnn_studio.training.folder.liveness import STALE_SECONDS, owner_of
from jnn_studio.training.folder.run_folder import OWNER, RunFolder, RunFolderError

_TRIES, _BETWEEN_SECONDS = 20, 0.01
"""Whoever looks whether a run is held locks it for a moment."""
_LISTENING_SECONDS, _LISTENING_EVERY = 6.0, 0.2
"""A trainer that lives says so three times meanwhile."""


class RunInUseError(RunFolderError):
    """Another process is training the run."""


@dataclass
class Ownership:
    """A run is this process's until it is released, or the process ends, however it ends."""

    _file: BinaryIO

    def release(self) -> None:
        """Let others have it."""
        self._file.close()


def own(folder: RunFolder) -> Ownership:
    """Take the run in ``folder`` to train it.

    The lock tells of other processes of this machine, at once and surely; of other machines that share the
    folder only where its file system carries locks. Where it does not, a run that another machine has shown
    to be alive within `STALE_SECONDS` is left to it; if its clock is ahead, it is listened to for a moment.

    Raises:
        RunInUseError: another process is training it.
        RunFolderError: the folder cannot be written.
    """
    return own_folder(folder.path, "run", lambda: _id(folder), lambda: _alive(folder))


def own_folder(
    path: Path, what: str, identity: Callable[[], str], alive: Callable[[], bool] = lambda: False
) -> Ownership:
    """Take the folder ``path`` of ``what``, as `own` does.

    ``alive``: whether a process of another machine, whose lock cannot be seen, seems to be at work in it.
    """
    before = owner_of(path)
    try:
        file = open_to_append(path / OWNER, through_links=False)
    except OSError as error:
        raise RunFolderError(f"cannot write to the {what} in {path}: {error}") from error
    try:
        elsewhere = before is not None and before.elsewhere
        if not _lock(file) or (elsewhere and alive()):
            who = "" if before is None else f" ({before})"
            raise RunInUseError(
                f"the {what} in {path} is being trained by another process{who}; follow it, or stop it "
                "there before it is resumed here"
            )
        file.truncate(0)
        said = {
            "id": identity(),
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": round(time.time()),
        }
        file.write(json.dumps(said).encode())
        file.flush()
    except BaseException:
        file.close()
        raise
    return Ownership(file)


def _lock(file: BinaryIO) -> bool:
    for _ in range(_TRIES):
        if try_lock(file):
            return True
        time.sleep(_BETWEEN_SECONDS)
    return False


def _alive(folder: RunFolder) -> bool:
    """Whether a run of another machine is under way, whatever that machine's clock says."""
    state = folder.state()
    if state.state not in UNDER_WAY:
        return False
    age = time.time() - state.heartbeat
    if age >= -STALE_SECONDS:
        return age < STALE_SECONDS
    end = time.monotonic() + _LISTENING_SECONDS
    while time.monotonic() < end:
        time.sleep(_LISTENING_EVERY)
        if folder.state() != state:
            return True
    return False


def _id(folder: RunFolder) -> str:
    """Of a run whose configuration cannot be read there is none; training it will say why."""
    try:
        return folder.config_and_identity()[1].id
    except StudioError:
        return ""
