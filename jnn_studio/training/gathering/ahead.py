"""The next batch fetched while the last one is computed with."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor


class Ahead:
    """What ``fetch`` gives for one number after the other, each made while the one before is in use.

    A thread serves: what it does for images in a memory map, gathering them and copying them to a device,
    holds no lock that computing needs. On a CUDA device it has a stream of its own, so that copies pass
    beside kernels. Only one is fetched ahead, which bounds the memory.
    """

    def __init__(self, fetch: Callable[[int], Tensor], device: str) -> None:
        self._fetch = fetch
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._stream = torch.cuda.Stream() if device.startswith("cuda") else None
        self._next: tuple[int, Future[Tensor]] | None = None

    def get(self, number: int) -> Tensor:
        """That of ``number``, and the next one is begun; raises what ``fetch`` raised for it."""
        waiting, self._next = self._next, None
        if waiting is not None and waiting[0] == number:
            found = waiting[1].result()
        else:
            found = self._pool.submit(self._made, number).result()
        self._next = (number + 1, self._pool.submit(self._made, number + 1))
        if self._stream is not None:
            torch.cuda.current_stream().wait_stream(self._stream)
            found.record_stream(torch.cuda.current_stream())
        return found

    def _made(self, number: int) -> Tensor:
        if self._stream is None:
            return self._fetch(number)
        with torch.cuda.stream(self._stream):
            return self._fetch(number)
