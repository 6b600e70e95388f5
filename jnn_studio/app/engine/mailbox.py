"""Handing values from a worker thread to the interface's timer."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Slot(Generic[T]):
    """Room for one value; a newer one replaces it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: T | None = None

    def put(self, value: T) -> bool:
        """Leave a value, replacing what was not taken yet; whether there was nothing."""
        with self._lock:
            empty, self._value = self._value is None, value
            return empty

    def take(self) -> T | None:
        """The value if there is a new one, else None."""
        with self._lock:
            value, self._value = self._value, None
            return value


class Buffer(Generic[T]):
    """A list that one thread appends to and another empties."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: list[T] = []

    def put(self, value: T) -> None:
        """Append."""
        with self._lock:
            self._values.append(value)

    def extend(self, values: list[T]) -> None:
        """Append several."""
        with self._lock:
            self._values.extend(values)

    def take(self) -> list[T]:
        """Everything since the last time, oldest first."""
        with self._lock:
            values, self._values = self._values, []
            return values
