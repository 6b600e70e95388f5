"""Locks on open files: they tell other processes that one is at work, and end with it however it ends."""

from __future__ import annotations

import sys
from typing import IO

if sys.platform == "win32":  # pragma: no cover
    import msvcrt
else:
    import fcntl

SHARED_LOCKS = sys.platform != "win32"
"""Whether several may hold a file together. Where not, what is locked cannot be read by others either."""


def try_lock(file: IO[bytes], shared: bool = False) -> bool:
    """Lock ``file`` until it and all maps of it are closed; False where another's lock stands against it.

    ``shared``, where there is such a lock: with others who share it, and against those who do not.
    """
    try:
        if sys.platform == "win32":  # pragma: no cover
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
