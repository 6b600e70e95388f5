"""Work away from the main thread: latest wins, whole results, stale ones dropped."""

from __future__ import annotations

import itertools
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

from jnn_studio.app.engine.bridge import Bridge
from jnn_studio.app.engine.mailbox import Slot
from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Progress, Watch

T = TypeVar("T")


@dataclass(frozen=True)
class Failure:
    """Work that raised: what to say, and the traceback for a bug report."""

    text: str
    details: str


@dataclass(frozen=True, eq=False)
class _Request:
    owner: QObject
    key: str
    number: int
    work: Callable[[Watch], Any]
    deliver: Callable[[Any], object]
    failed: Callable[[Failure], None]
    cancelled: Callable[[], None] | None
    watch: Watch
    kept: bool


class Worker:
    """Does work away from the main thread, the newest request of each kind only.

    A request replaces one of the same key that has not begun, and calls off the one that has; a result is
    delivered, on the main thread, only if no newer request of its key was made meanwhile. Keys are served in
    the order they began to wait. Nothing is delivered once the worker is closed, or to an owner that is gone.
    What somebody asked to keep is done whatever comes: see ``kept`` of `request`.
    """

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self._changed = threading.Condition()
        self._waiting: dict[str, _Request] = {}
        self._newest: dict[str, _Request] = {}  # until they have arrived
        self._numbers = itertools.count()
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def request(
        self,
        owner: QObject,
        key: str,
        work: Callable[[Watch], T],
        deliver: Callable[[T], object],
        failed: Callable[[Failure], None],
        *,
        progressed: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], None] | None = None,
        kept: bool = False,
    ) -> None:
        """Have ``work(watch)`` done here; the main thread calls ``deliver(result)`` or ``failed(why)``.

        Args:
            owner: whoever asks, or what the answer is shown in. Once deleted, the work is called off and
                nothing of it is heard.
            work: may raise `Cancelled` once its watch says so: it is then neither delivered nor a failure.
            progressed: called on the main thread with the newest the work has told its watch, at every tick.
            cancelled: called on the main thread when work that `cancel` called off has ended.
            kept: it writes what somebody asked to keep. It replaces no other request and none replaces it,
                and a worker that is closed, or an owner that is gone, does not prevent it.
        """
        number = next(self._numbers)
        if kept:
            key = f"{key} {number}"
        told = None if progressed is None else self._teller(key, number, progressed)
        watch = Watch(told, unwanted=None if kept else lambda: not isValid(owner))
        with self._changed:
            if not self._closing:
                self._call_off(key)
                self._newest[key] = self._waiting[key] = _Request(
                    owner, key, number, work, deliver, failed, cancelled, watch, kept
                )
                self._changed.notify()

    @property
    def alive(self) -> bool:
        """Whether it still works or waits for work."""
        return self._thread.is_alive()

    def cancel(self, key: str) -> None:
        """Call off the request of ``key``, and hear how it ends: as cancelled, unless it was done already."""
        with self._changed:
            if key in self._newest:
                self._newest[key].watch.cancel()

    def forget(self, key: str) -> None:
        """Call off the request of ``key``, to hear no more of it."""
        with self._changed:
            self._call_off(key)
            self._waiting.pop(key, None)

    def close(self, timeout: float = 5.0) -> None:
        """Call off the work under way, drop the rest but what is to be kept, and end the thread."""
        with self._changed:
            self._closing = True
            for key in [key for key, job in self._newest.items() if not job.kept]:
                self._call_off(key)
            self._waiting = {key: job for key, job in self._waiting.items() if job.kept}
            self._changed.notify()
        self._thread.join(timeout)

    def _call_off(self, key: str) -> None:
        """Called with the lock held."""
        job = self._newest.pop(key, None)
        if job is not None:
            job.watch.cancel()

    def _serve(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if not self._waiting:
                    return
                job = self._waiting.pop(next(iter(self._waiting)))
            self._do(job)
            del job  # its result must not live until the next request

    def _do(self, job: _Request) -> None:
        try:
            job.watch.check()
            result = job.work(job.watch)
        except Cancelled:
            self._post(job, job.cancelled or _nothing)
        except Exception as error:
            failure = Failure(str(error) or type(error).__name__, traceback.format_exc())
            self._post(job, lambda: job.failed(failure))
        else:
            self._post(job, lambda: job.deliver(result))

    def _post(self, job: _Request, call: Callable[[], object]) -> None:
        """The end of a job: nothing of it is heard afterwards."""

        def arrive() -> None:
            with self._changed:
                current = self._newest.get(job.key) is job and not self._closing
                if current:
                    del self._newest[job.key]
            if current and isValid(job.owner):
                call()

        self._bridge.post(arrive)

    def _teller(
        self, key: str, number: int, progressed: Callable[[Progress], None]
    ) -> Callable[[Progress], None]:
        """What a watch tells: at most one call is under way to the main thread, with the newest there is."""
        newest: Slot[Progress] = Slot()

        def arrive() -> None:
            found = newest.take()
            with self._changed:
                job = self._newest.get(key)
                current = job is not None and job.number == number and not job.watch.cancelled
            if found is not None and current:
                progressed(found)

        def told(progress: Progress) -> None:
            if newest.put(progress):
                self._bridge.post_at_tick(arrive)

        return told


def _nothing() -> None:
    pass
