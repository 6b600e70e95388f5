"""Memory that is free, but which the C library keeps from the system."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def give_back_free_memory() -> None:
    """Return to the system what was freed between things that are still in use.

    glibc gives back the end of its heaps only. Work on several threads for hours leaves holes in them, a
    hundred megabytes an hour while the program trains and walks; nothing else makes them smaller again.
    Other C libraries do this by themselves. A few milliseconds; any thread may call it.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except AttributeError:  # another C library, such as musl
        return None
    return found
