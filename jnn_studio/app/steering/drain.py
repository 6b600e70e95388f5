"""Taking what a worker left behind in portions, so that a million points never hold up the window."""

from __future__ import annotations

from typing import Generic, TypeVar

from jnn_studio.app.engine.mailbox import Buffer

T = TypeVar("T")


class Drain(Generic[T]):
    """Hands out a buffer's values in order, so many at a time."""

    def __init__(self, buffer: Buffer[T]) -> None:
        self._buffer = buffer
        self._waiting: list[T] = []
        self._next = 0

    def go_on(self, buffer: Buffer[T]) -> None:
        """Hand out another buffer's values after all that is left of this one."""
        self._waiting, self._next = self._waiting[self._next :] + self._buffer.take(), 0
        self._buffer = buffer

    @property
    def empty(self) -> bool:
        """Nothing of what was taken from the buffer is still waiting."""
        return self._next >= len(self._waiting)

    def take(self, most: int) -> list[T]:
        """The next values, at most ``most`` of them."""
        if self.empty:
            self._waiting, self._next = self._buffer.take(), 0
        portion = self._waiting[self._next : self._next + most]
        self._next += len(portion)
        return portion
