"""Decoding a listing on several threads, in order, in bounded memory, until done or cancelled."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

import numpy as np

from jnn_studio.base.watch import Watch
from jnn_studio.data.decode import decode_crops, decode_middle
from jnn_studio.data.errors import UnreadableImageError
from jnn_studio.data.listing import Listing

_CHUNK_FILES = 32
_CHUNK_BYTES = 2 * 2**20
_CANCEL_EVERY = 0.1  # seconds
_REPORT_EVERY = 0.1  # seconds

DECODING = "Decoding images"
"""What the progress is of."""


@dataclass(frozen=True)
class UnreadFile:
    """File ``index`` of a listing gave no image."""

    index: int
    reason: str
    transient: bool


@dataclass(frozen=True)
class Chunk:
    """What a run of ``files`` consecutive files gave: uint8 images in their order, and failures."""

    files: int
    images: np.ndarray
    failures: tuple[UnreadFile, ...]


def decode_listing(
    listing: Listing,
    image_shape: tuple[int, int, int],
    watch: Watch | None = None,
    workers: int | None = None,
    crops: int = 0,
) -> Generator[Chunk, None, None]:
    """Chunks of decoded images in the order of ``listing``; ``image_shape`` is (channels, height,
    width).

    Each file gives its middle or, with ``crops``, that many random squares of its own. Only a few
    chunks are ever in flight, however long the listing. Closing the iterator stops the threads.
    ``watch`` hears of files, about ten times a second and at the end, from the consuming thread.

    Raises:
        Cancelled: ``watch`` said so.
    """
    watch = watch or Watch()
    total = len(listing.names)
    step = max(1, min(_CHUNK_FILES, _CHUNK_BYTES // (max(1, crops) * int(np.prod(image_shape)))))
    workers = workers or min(8, os.cpu_count() or 1)
    starts = iter(range(0, total, step))
    stop = threading.Event()
    waiting: deque[Future[Chunk]] = deque()
    done = 0
    reported = 0.0
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        try:
            while done < total:
                for start in islice(starts, 2 * workers - len(waiting)):
                    files = range(start, min(start + step, total))
                    waiting.append(pool.submit(_decode, listing, files, image_shape, crops, stop))
                chunk = _result(waiting.popleft(), watch)
                yield chunk
                done += chunk.files
                if done == total or time.monotonic() - reported > _REPORT_EVERY:
                    reported = time.monotonic()
                    watch.step(done, total, DECODING)
        finally:
            stop.set()
            for future in waiting:
                future.cancel()


def _result(future: Future[Chunk], watch: Watch) -> Chunk:
    while True:
        watch.check()
        if wait((future,), _CANCEL_EVERY).done:
            return future.result()


def _decode(
    listing: Listing, files: range, image_shape: tuple[int, int, int], crops: int, stop: threading.Event
) -> Chunk:
    channels, height, width = image_shape
    each = max(1, crops)
    images = np.empty((each * len(files), *image_shape), np.uint8)
    failures = []
    count = 0
    for index in files:
        if stop.is_set():
            break
        try:
            with listing.open(index) as file:
                if crops:
                    images[count : count + crops] = decode_crops(file, height, channels, crops, index)
                else:
                    images[count] = decode_middle(file, (height, width), channels)
            count += each
        except (UnreadableImageError, OSError) as error:
            cause = UnreadableImageError.from_os(error) if isinstance(error, OSError) else error
            failures.append(UnreadFile(index, cause.reason, cause.transient))
    return Chunk(len(files), images[:count], tuple(failures))
