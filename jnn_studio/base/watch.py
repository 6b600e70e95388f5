"""Watching work that takes a while: how far it is, and whether it is still wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from jnn_studio.base.errors import Cancelled


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` of the work called ``what``, which is empty where there is but one kind."""

    done: int
    total: int
    what: str = ""


class Watch:
    """Handed to work by whoever asked for it; the work tells it how far it is and asks whether to go on.

    ``told`` hears of progress, on the thread that works. ``unwanted`` is asked beside `cancel`, for whoever
    has to look somewhere whether the work is still wanted.

    >>> watch = Watch()
    >>> watch.step(1, 3)
    >>> watch.cancel()
    >>> watch.cancelled
    True
    """

    def __init__(
        self, told: Callable[[Progress], object] | None = None, unwanted: Callable[[], bool] | None = None
    ) -> None:
        self._told, self._unwanted = told, unwanted
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Say, from any thread, that the work is not wanted any more."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether the work is not wanted any more; it never will be again."""
        if self._unwanted is not None and not self._cancelled.is_set() and self._unwanted():
            self._cancelled.set()
        return self._cancelled.is_set()

    def check(self) -> None:
        """To be called now and then in long work.

        Raises:
            Cancelled: it is not wanted any more.
        """
        if self.cancelled:
            raise Cancelled

    def step(self, done: int, total: int, what: str = "") -> None:
        """``done`` of ``total`` are done; raises what `check` raises."""
        self.check()
        self.tell(Progress(done, total, what))

    def tell(self, progress: Progress) -> None:
        """Hand on what another watch was told."""
        if self._told is not None:
            self._told(progress)

    def quiet(self) -> Watch:
        """One for a part of the work, which is called off with the whole and tells nobody how far it is."""
        return Watch(unwanted=lambda: self.cancelled)
