"""Where decoded images are kept, and how much room they may take: the same for window, commands, workers."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_config_path
from pydantic import Field, ValidationError

from jnn_studio.base.atomic import write_text
from jnn_studio.base.reading import MalformedError, read_text
from jnn_studio.base.settings import AbsolutePath, Frozen, from_json, to_json

_MAX_BYTES = 2**16
GB = 10**9


class CachePlace(Frozen):
    """``folder``: None where the system keeps caches. ``limit_gb``: what all may take, in 10⁹ bytes."""

    schema_version: Literal[1] = 1
    folder: AbsolutePath | None = None
    limit_gb: float = Field(20.0, ge=0.1, le=100_000, allow_inf_nan=False)

    @property
    def directory(self) -> Path:
        """The folder that is meant."""
        return self.folder or user_cache_path("jnn-studio", appauthor=False)


def cache_place() -> CachePlace:
    """What was said last; as at first where nothing was, or nothing can be read."""
    with suppress(OSError, MalformedError, ValidationError):
        return from_json(CachePlace, read_text(_file(), _MAX_BYTES))
    return CachePlace()


def keep_cache_place(place: CachePlace) -> None:
    """Have it hold from the next opening on, in every process; OSError if that cannot be written down."""
    write_text(_file(), to_json(place, indent=1) + "\n")


def _file() -> Path:
    return user_config_path("jnn-studio", appauthor=False) / "cache.json"
