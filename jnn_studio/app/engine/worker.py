"""Work away from the main thread: latest wins, whole results, stale ones dropped."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from jnn_studio.app.engine.bridge import Bridge

T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """Work that raised: what to say, and the traceback for a bug report."""

    text: str
    details: str


@dataclass(frozen=True)
class _Job:
    key: str
    number: int
    work: Callable[[], Any]
    deliver: Callable[[Any], None]
    failed: Callable[[Failure], None]


class Worker:
    """Does work away from the main thread, the newest request of each kind only.

    A request replaces one of the same key that has not begun; a result is delivered, on the main thread,
    only if no newer request of its key was made meanwhile. Keys are served in the order they began to wait.
    """

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self._changed = threading.Condition()
        self._waiting: dict[str, _Job] = {}
        self._newest: dict[str, int] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def request(
        self,
        key: str,
        work: Callable[[], T],
        deliver: Callable[[T], None],
        failed: Callable[[Failure], None],
    ) -> None:
        """Have ``work()`` done here and ``deliver(result)`` or ``failed(why)`` called on the main thread."""
        with self._changed:
            number = self._newest.get(key, 0) + 1
            self._newest[key] = number
            self._waiting[key] = _Job(key, number, work, deliver, failed)
            self._changed.notify()

    def forget(self, key: str) -> None:
        """Drop the waiting request of ``key`` and the result of the one being worked on."""
        with self._changed:
            self._newest[key] = self._newest.get(key, 0) + 1
            self._waiting.pop(key, None)

    def is_current(self, key: str, number: int) -> bool:
        """Whether ``number`` is still the newest request of ``key``."""
        with self._changed:
            return self._newest.get(key) == number

    def close(self, timeout: float = 5.0) -> None:
        """Finish the work under way, drop the rest, and end the thread."""
        with self._changed:
            self._closing = True
            self._waiting.clear()
            self._changed.notify()
        self._thread.join(timeout)

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if self._closing:
                    return
                job = self._waiting.pop(next(iter(self._waiting)))
            self._do(job)
            del job  # its result must not live until the next request

    def _do(self, job: _Job) -> None:
        try:
            result = job.work()
        except Exception as error:
            failure = Failure(str(error) or type(error).__name__, traceback.format_exc())
            self._post(job, lambda: job.failed(failure))
        else:
            self._post(job, lambda: job.deliver(result))

    def _post(self, job: _Job, call: Callable[[], None]) -> None:
        def arrive() -> None:
            if self.is_current(job.key, job.number):
                call()

        self._bridge.post(arrive)
