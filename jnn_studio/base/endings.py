"""What the ending of a file's name says, where a name may hold points of its own."""

from __future__ import annotations

import re
from pathlib import Path

_ENDING = re.compile(r"\.[a-z][a-z0-9]*")


def ending_of(path: Path) -> str:
    """The ending of a name, in lower case and with its point; "" if it has none.

    What begins with a digit, or holds a space, is a part of the name.

    >>> ending_of(Path("a.PNG")), ending_of(Path("loss η 0.5")), ending_of(Path("walk 0.1.gif"))
    ('.png', '', '.gif')
    """
    suffix = path.suffix.lower()
    return suffix if _ENDING.fullmatch(suffix) else ""


def with_ending(path: Path, ending: str) -> Path:
    """``path`` if its name ends so, in capitals or not; else with ``ending`` added to the whole name.

    >>> [with_ending(Path(name), ".png").name for name in ("walk 0.1", "a.PNG", "loss.jpg")]
    ['walk 0.1.png', 'a.PNG', 'loss.jpg.png']
    """
    return path if ending_of(path) == ending else path.with_name(path.name + ending)


def with_other_ending(path: Path, ending: str) -> Path:
    """``path`` with ``ending`` in the place of the one that it has, if it has one; "" takes it away."""
    return path.with_name(path.name.removesuffix(path.suffix if ending_of(path) else "") + ending)
