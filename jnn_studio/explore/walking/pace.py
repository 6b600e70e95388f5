"""How coarse pictures have to be to follow a moving slider."""

from __future__ import annotations

SLOW_SECONDS = 1 / 15
"""A scene that takes longer is shown coarser while a slider moves."""
WORTH = 0.8
"""A coarser picture that takes more than this share of the full one's time is not worth it."""


class Pace:
    """Chooses by what scenes have taken so far; 1 is full resolution."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}

    def took(self, seconds: float, shrink: int) -> None:
        """A scene at ``shrink`` took this long."""
        known = self._seconds.get(shrink)
        self._seconds[shrink] = seconds if known is None else 0.7 * known + 0.3 * seconds

    @property
    def shrink(self) -> int:
        """1, 2 or 4."""
        full = self._seconds.get(1, 0.0)
        if full <= SLOW_SECONDS:
            return 1
        wanted = 2 if full <= 4 * SLOW_SECONDS else 4
        return wanted if self._seconds.get(wanted, 0.0) < WORTH * full else 1
