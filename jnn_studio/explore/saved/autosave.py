"""What was in view is kept while the program runs, so that a crash does not lose it."""

from __future__ import annotations

import errno
import os
import sys
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from jnn_studio.base.atomic import open_to_append
from jnn_studio.base.locks import try_lock
from jnn_studio.explore.saved.session_file import SUFFIX, SessionError, load_session, save_session
from jnn_studio.explore.state import ExploreState


class AutosaveFile:
    """One program's latest state, in a file of its own in ``folder``; gone after a clean end.

    A lock on a second file says that the program is alive: the system lifts it however the program ends, and
    several programs can share the folder. Not to be used by two threads at once.

    Raises:
        OSError: the folder cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        name = f"autosave-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.path = folder / f"{name}{SUFFIX}"
        self._lock_path = folder / f"{name}.lock"
        self._lock = _locked(self._lock_path)

    def write(self, state: ExploreState) -> None:
        """Keep ``state`` instead of the last one; OSError if it cannot be written."""
        save_session(self.path, state)

    def left_over(self) -> ExploreState | None:
        """What a program that crashed had in view, the newest if there were several; None if all ended well.

        It is this program's to keep from then on: another one will not find it as long as this one lives.
        """
        found: list[tuple[float, ExploreState]] = []
        with ExitStack() as held:  # until all is taken over: another program may be looking too
            for path in self._folder.glob(f"autosave-*{SUFFIX}"):
                if path == self.path:
                    continue
                lock_path = path.with_suffix(".lock")
                try:
                    lock = _locked(lock_path)
                except OSError:  # its program lives
                    continue
                held.callback(_release, lock, lock_path)
                held.callback(path.unlink, missing_ok=True)
                # Taken by another program a moment ago, or damaged: nothing to restore.
                with suppress(OSError, SessionError):
                    found.append((path.stat().st_mtime, load_session(path).state))
            if not found:
                return None
            newest = max(found, key=lambda entry: entry[0])[1]
            self.write(newest)
            return newest

    def close(self) -> None:
        """The program ends as it should: nothing is left over."""
        self.path.unlink(missing_ok=True)
        if not self._lock.closed:
            _release(self._lock, self._lock_path)


def _locked(path: Path) -> IO[bytes]:
    """The file, locked by this program until it ends; OSError if another program holds it."""
    file = open_to_append(path)
    if not try_lock(file):
        file.close()
        raise BlockingIOError(errno.EAGAIN, "its program lives", str(path))
    return file


def _release(lock: IO[bytes], path: Path) -> None:
    if sys.platform != "win32":  # an open file cannot be deleted there
        path.unlink(missing_ok=True)
    lock.close()
    path.unlink(missing_ok=True)
