"""Files and folders as they are given to a command."""

from __future__ import annotations

from pathlib import Path


def path(text: str) -> Path:
    """A path of which no part is left to the shell, which does not know ``~`` in ``--out=~/runs``."""
    return Path(text).expanduser()
