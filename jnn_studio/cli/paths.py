"""Files and folders as they are given to a command."""

from __future__ import annotations

from pathlib import Path

from jnn_studio.base.clutter import is_clutter
from jnn_studio.cli.output import UsageError


def path(text: str) -> Path:
    """A path of which no part is left to the shell, which does not know ``~`` in ``--out=~/runs``."""
    return Path(text).expanduser()


def check_new(folder: Path) -> None:
    """See that ``folder`` can become a new one: it is not there, or holds nothing but other programs' litter.

    Raises:
        UsageError: it holds something, or is no folder.
        OSError: it cannot be read.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; give --out a new folder")
    if folder.is_dir() and any(not is_clutter(there.name) for there in folder.iterdir()):
        raise UsageError(f"{folder} is not empty; give --out a new folder")
