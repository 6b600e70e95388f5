"""Locks on open files: they tell other processes that one is at work, and end with it however it ends."""

from __future__ import annotations

import errno
import sys
from typing import IO

if sys.platform == "win32":  # pragma: no cover
    import msvcrt
else:
    import fcntl

SHARED_LOCKS = sys.platform != "win32"
"""Whether several may hold a file together. Where not, what is locked cannot be read by others either."""

_NO_LOCKS = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL})
"""What a file system says that carries none."""


def try_lock(file: IO[bytes], shared: bool = False) -> bool:
    """Lock ``file`` until it and all maps of it are closed; False where another's lock stands against it.

    Where the file system carries no locks there is none, and none stands against it.

    ``shared``, where there is such a lock: with others who share it, and against those who do not.
    """
    return _locked(file, shared) is not False


def is_locked(file: IO[bytes]) -> bool | None:
    """Whether another's lock stands against one on ``file``; None where the file system carries no locks.

    It is locked for a moment to find out, until it is closed.
    """
    locked = _locked(file, shared=True)
    return None if locked is None else not locked


def _locked(file: IO[bytes], shared: bool) -> bool | None:
    try:
        if sys.platform == "win32":  # pragma: no cover
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        return None if error.errno in _NO_LOCKS else False
    return True
