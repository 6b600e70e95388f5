"""One process trains a run at a time: whoever writes into its folder holds the lock on its file ``owner``."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from jnn_studio.base.atomic import open_to_append
from jnn_studio.base.locks import try_lock
from jnn_studio.base.reading import MalformedError, parse_json, read_text
from jnn_studio.base.text import printable
from jnn_studio.training.events import UNDER_WAY
from jnn_studio.training.run_folder import OWNER, RunFolder, RunFolderError

STALE_SECONDS = 15.0
"""A run under way that has not said so for this long was killed, or its machine is out of reach."""
_MAX_BYTES = 4_096


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
    to be alive within `STALE_SECONDS` is left to it.

    Raises:
        RunInUseError: another process is training it.
        RunFolderError: the folder cannot be written.
    """
    path = folder.path / OWNER
    before = _who(path)
    try:
        file = open_to_append(path, through_links=False)
    except OSError as error:
        raise RunFolderError(f"cannot write to the run in {folder.path}: {error}") from error
    try:
        host = before.get("host")
        elsewhere = isinstance(host, str) and host != socket.gethostname()
        if not try_lock(file) or (elsewhere and _alive(folder)):
            raise RunInUseError(
                f"the run in {folder.path} is being trained by another process{_words(before)}; follow it, "
                "or stop it there before it is resumed here"
            )
        file.truncate(0)
        said = {"pid": os.getpid(), "host": socket.gethostname(), "since": round(time.time())}
        file.write(json.dumps(said).encode())
        file.flush()
    except BaseException:
        file.close()
        raise
    return Ownership(file)


def _alive(folder: RunFolder) -> bool:
    state = folder.state()
    return state.state in UNDER_WAY and time.time() - state.heartbeat < STALE_SECONDS


def _who(path: Path) -> dict[str, object]:
    """What the file says, empty if that is nothing."""
    with suppress(OSError, MalformedError):
        said = parse_json(read_text(path, _MAX_BYTES))
        if isinstance(said, dict):
            return said
    return {}


def _words(owner: dict[str, object]) -> str:
    if not owner:
        return ""
    return printable(f" ({owner.get('pid', '?')} on {owner.get('host', '?')})")
