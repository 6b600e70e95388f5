"""What one place of the viewer has to show."""

from __future__ import annotations

from dataclasses import dataclass, field

from jnn_studio.data.levels import Levels


@dataclass(frozen=True)
class Entry:
    """A picture with its words.

    Attributes:
        title: above it.
        role: colour role of the chip before the title; none for no chip.
        levels: the picture; none while there is none.
        corner: at the right of the title: how long it took, or that it is under way.
        lines: two lines below.
        empty: words in place of a picture.
        tip: what it is.
    """

    title: str
    role: str = ""
    levels: Levels = field(default=(), compare=False)
    corner: str = ""
    lines: tuple[str, str] = ("", "")
    empty: str = ""
    tip: str = ""
