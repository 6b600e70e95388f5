"""What was read of runs, kept for the next time: thousands of them are then there at once.

It is no more than a help: a file that is damaged, or of another version of the program, is as good as none.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from jnn_studio.base.atomic import write_bytes
from jnn_studio.base.reading import read_bytes
from jnn_studio.base.version import __version__
from jnn_studio.runs.describing import Signature
from jnn_studio.runs.summary import RunSummary

_MAX_BYTES = 256 * 2**20
_FORMAT = f"{__version__}/2"


@dataclass(frozen=True)
class Remembered:
    """A run as it was read when its files were so."""

    signature: Signature
    summary: RunSummary


@dataclass(frozen=True)
class _Memory:
    __pydantic_config__ = ConfigDict(ser_json_inf_nan="constants")

    format: str
    runs: list[Remembered]


_ADAPTER = TypeAdapter(_Memory)


def read_remembered(file: Path) -> dict[Path, Remembered]:
    """By folder; nothing where there is nothing to be read."""
    with suppress(OSError, ValidationError):
        memory = _ADAPTER.validate_json(read_bytes(file, _MAX_BYTES))
        if memory.format == _FORMAT:
            return {run.summary.path: run for run in memory.runs}
    return {}


def write_remembered(file: Path, runs: Mapping[Path, Remembered]) -> None:
    """Keep them; where that cannot be, they are read anew the next time."""
    kept = [run for path, run in runs.items() if _is_text(path)]
    with suppress(OSError, PydanticSerializationError, UnicodeEncodeError):
        write_bytes(file, _ADAPTER.dump_json(_Memory(_FORMAT, kept)))


def _is_text(path: Path) -> bool:
    """Whether its bytes are UTF-8; JSON holds no others."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True
