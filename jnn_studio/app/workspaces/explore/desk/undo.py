"""Undo and redo of everything that changes what Explore shows. Movements of one slider are one step."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtGui import QUndoCommand

from jnn_studio.explore.state import ExploreState

MERGE_SECONDS = 0.6
"""Movements of one slider closer together than this are one step of the history."""


class Change(QUndoCommand):
    """From one state to another; ``merge`` tells movements of one slider from those of others, −1: alone."""

    def __init__(
        self,
        show: Callable[[ExploreState], None],
        text: str,
        before: ExploreState,
        after: ExploreState,
        merge: int,
    ) -> None:
        super().__init__(text)
        self._show, self._before, self._after, self._merge = show, before, after, merge
        self._time = time.monotonic()

    def redo(self) -> None:
        self._show(self._after)

    def undo(self) -> None:
        self._show(self._before)

    def go_on(self, state: ExploreState, merge: int) -> bool:
        """Lead to ``state`` instead, if that is a movement of the same slider soon after; whether it is.

        Qt could merge commands, but one that has been merged into another is never freed.
        """
        now = time.monotonic()
        if merge < 0 or merge != self._merge or now - self._time > MERGE_SECONDS:
            return False
        self._after, self._time = state, now
        return True
