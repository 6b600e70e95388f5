"""Decoded images on disk: one memory-mapped uint8 array for each collection, found by a content key.

An entry is a folder named by its key with ``images.npy`` (count, channels, height, width) and
``record.json``. It is built under another name, flushed, and renamed, so it is there whole or not at
all. Channels come before pixels because a training batch is then one gather (measured twice as fast
as pixels first).

Who uses what is told by a lock on ``images.npy`` that ends with the process holding it: shared as long
as an entry is mapped, exclusive while one is built. Where shared locks do not exist (Windows), a folder
with an open file in it cannot be renamed, which gives the same protection.
"""

from __future__ import annotations

import contextlib
import io
import json
import mmap
import os
import re
import shutil
import time
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from jnn_studio.base.atomic import write_text
from jnn_studio.base.locks import SHARED_LOCKS, try_lock
from jnn_studio.base.reading import open_file, parse_json, read_text
from jnn_studio.base.system_errors import advice_for, reason_of
from jnn_studio.data.cache_place import GB, cache_place
from jnn_studio.data.errors import DataError

_SPARE = 64 * 2**20  # left free on the disk for others
_SAMPLED_IMAGES = 64
_LARGEST_RECORD = 256 * 2**20  # it lists what was skipped, of millions of files
_WAIT = 0.1  # seconds between two looks whether another process has built what is waited for
_YOUNG = 60.0  # seconds in which a builder surely takes its lock
_ENTRY = re.compile(r"[0-9a-f]{64}")
_PARTIAL = re.compile(r"[0-9a-f]{64}\.[0-9a-f]{32}\.partial")


@dataclass(frozen=True)
class CachedImages:
    """One entry: ``images`` uint8 (count, channels, height, width), mapped and read-only."""

    images: np.ndarray
    record: dict[str, Any]


class ImageCache:
    """A folder of entries, kept below ``limit`` bytes by removing those not used for longest.

    Args:
        directory: where; by default where `cache_place` says.
        limit: bytes of all entries together, by default as many as `cache_place` says. An entry in use by
            any process is never removed, so a single large one may exceed it.
    """

    def __init__(self, directory: Path | None = None, limit: int | None = None) -> None:
        place = cache_place()
        self.directory = (directory or place.directory) / "images"
        self.limit = round(place.limit_gb * GB) if limit is None else limit

    @property
    def size(self) -> int:
        """Bytes of all entries together; 0 where there is no cache, or none that can be read."""
        with contextlib.suppress(OSError):
            return sum(size for _, size, _ in self._entries())
        return 0

    def empty(self) -> int:
        """Remove all entries but those in use by any process; how many bytes that freed."""
        freed = 0
        with contextlib.suppress(OSError):
            self._remove_orphans()
            for _, size, entry in list(self._entries()):
                freed += size if _remove_unused(entry) else 0
        return freed

    def load(self, key: str) -> CachedImages | None:
        """The entry ``key``; None if there is none. A damaged one is removed.

        Raises:
            DataError: the cache cannot be read.
        """
        entry = self.directory / key
        try:
            if not entry.is_dir():
                return None
            cached = _open_entry(entry)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            self.discard(key)
            return None
        except OSError as error:
            raise DataError(
                f"The image cache in {self.directory} cannot be read ({reason_of(error)}). "
                f"{advice_for(error)}, or choose another cache folder."
            ) from error
        with contextlib.suppress(OSError):  # a cache that can only be read still serves
            os.utime(entry / "record.json")
        return cached

    @contextlib.contextmanager
    def building(self, key: str, check: Callable[[], object]) -> Iterator[None]:
        """While ``key`` is built: another process that is to build it waits here, and then finds it there.

        ``check`` is called about ten times a second while this waits, and may raise to give it up. Where the
        file system carries no locks nobody waits.
        """
        path = self.directory / f"{key}.building"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            file = path.open("ab")
        except OSError:  # whoever stores says what is wrong
            yield
            return
        with file:
            while not try_lock(file):
                check()
                time.sleep(_WAIT)
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    path.unlink()

    def discard(self, key: str) -> None:
        """Remove the entry ``key`` if it is there and can be removed."""
        _remove(self.directory / key)

    def store(
        self,
        key: str,
        image_shape: tuple[int, int, int],
        capacity: int,
        batches: Iterable[np.ndarray],
        record: Callable[[], dict[str, Any]],
    ) -> CachedImages:
        """Write an entry from ``batches`` of uint8 (count, *image_shape) and open it.

        ``capacity`` is the largest number of images to expect; ``record`` is asked for the JSON object
        to keep with them once the batches are exhausted. An exception from either leaves nothing
        behind. If another process stores the same key first, its entry is the one returned.

        Raises:
            DataError: the folder cannot be written, or the disk is too full.
        """
        needed = capacity * int(np.prod(image_shape))
        partial = self.directory / f"{key}.{uuid.uuid4().hex}.partial"
        with self._explained(needed):
            self.directory.mkdir(parents=True, exist_ok=True)
            self._remove_orphans()
            self._make_room(needed)
            partial.mkdir()
        try:
            with contextlib.ExitStack() as stack:
                with self._explained(needed):
                    # Written, not mapped: on a full disk a write fails, where touching a map kills the
                    # process. Unbuffered, so that closing after such a failure does not fail again.
                    file = stack.enter_context((partial / "images.npy").open("wb+", buffering=0))
                    _lock(file)
                    _write(file, _header((0, *image_shape)))
                count = 0
                for batch in batches:
                    with self._explained(needed):
                        _write(file, batch.tobytes())
                    count += len(batch)
                description = record()
                with self._explained(needed):
                    shape = (count, *image_shape)
                    file.seek(0)
                    _write(file, _header(shape))
                    os.fsync(file.fileno())
                    checksum = _checksum(_map(file, shape), description)
                    written = {"shape": shape, "checksum": checksum, "record": description}
                    write_text(partial / "record.json", json.dumps(written))
            with self._explained(needed):
                return self._publish(partial, key)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _publish(self, partial: Path, key: str) -> CachedImages:
        _sync_folder(partial)
        try:
            partial.rename(self.directory / key)
        except OSError:
            existing = self.load(key)  # another process was faster
            if existing is None:
                raise
            return existing
        _sync_folder(self.directory)
        return _open_entry(self.directory / key)

    @contextlib.contextmanager
    def _explained(self, needed: int) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(
                f"The image cache in {self.directory} cannot be written ({reason_of(error)}). "
                f"It needs {_size(needed)}. {advice_for(error)}, or choose another cache folder."
            ) from error

    def _remove_orphans(self) -> None:
        """Remove what killed processes left half built."""
        for partial in self.directory.iterdir():
            with contextlib.suppress(OSError):
                if _PARTIAL.fullmatch(partial.name) and time.time() - partial.stat().st_mtime > _YOUNG:
                    _remove_unused(partial)

    def _make_room(self, needed: int) -> None:
        """Remove entries, least recently used first, until ``needed`` bytes fit the limit and the disk."""
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        if self._free() + total >= needed + _SPARE:  # else removing them would be in vain
            for _, size, entry in entries:
                if total + needed <= self.limit and self._free() >= needed + _SPARE:
                    break
                if _remove_unused(entry):
                    total -= size
        if self._free() < needed + _SPARE:
            raise DataError(
                f"The image cache in {self.directory} needs {_size(needed)} and the disk has "
                f"{_size(self._free())} free. Free some space, or choose another cache folder."
            )

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """(time of last use, bytes, folder) of every entry."""
        for entry in self.directory.iterdir():
            with contextlib.suppress(OSError):  # removed meanwhile by another process
                if _ENTRY.fullmatch(entry.name):
                    size = sum(file.stat().st_size for file in entry.iterdir())
                    yield (entry / "record.json").stat().st_mtime, size, entry

    def _free(self) -> int:
        return shutil.disk_usage(self.directory).free


def _open_entry(entry: Path) -> CachedImages:
    """Map an entry; ValueError, KeyError, TypeError or OSError where it is not as it was written."""
    written = parse_json(read_text(entry / "record.json", _LARGEST_RECORD), _LARGEST_RECORD)
    with open_file(entry / "images.npy") as file:
        _lock(file, shared=True)
        images = _map(file, tuple(written["shape"]))
    record = dict(written["record"])
    if _checksum(images, record) != written["checksum"]:
        raise ValueError("the entry is not the one written")
    return CachedImages(images, record)


def _lock(file: IO[bytes], shared: bool = False) -> bool:
    return not SHARED_LOCKS or try_lock(file, shared)


def _map(file: IO[bytes], expected: tuple[int, ...]) -> np.ndarray:
    """The array in ``file``; the map keeps the file, and so its lock, as long as the array lives."""
    header = _header(expected)
    file.seek(0)
    if file.read(len(header)) != header or os.fstat(file.fileno()).st_size != len(header) + np.prod(expected):
        raise ValueError("the array is not the one written")
    memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return np.frombuffer(memory, np.uint8, offset=len(header)).reshape(expected)


def _write(file: io.FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _header(shape: tuple[int, ...]) -> bytes:
    """That of a .npy file; numpy pads it, so its length is the same whatever the count of images."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return header.getvalue()


def _checksum(images: np.ndarray, record: dict[str, Any]) -> int:
    """Of the record and of images spread over the array: finds lost blocks without reading gigabytes."""
    checksum = zlib.crc32(json.dumps(record, sort_keys=True).encode())
    for index in np.unique(np.linspace(0, len(images) - 1, _SAMPLED_IMAGES).astype(np.int64)):
        checksum = zlib.crc32(images[index], checksum)
    return checksum


def _remove_unused(folder: Path) -> bool:
    """Remove an entry or a half-built one unless a process holds it; False if it stays."""
    with contextlib.suppress(FileNotFoundError), (folder / "images.npy").open("rb+") as file:
        if not _lock(file):
            return False
    return _remove(folder)


def _remove(folder: Path) -> bool:
    """Take ``folder`` out of sight at once, then delete it."""
    doomed = folder.with_name(f"{folder.name[:64]}.{uuid.uuid4().hex}.partial")
    try:
        folder.rename(doomed)
    except OSError:
        return False
    shutil.rmtree(doomed, ignore_errors=True)
    return True


def _sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to disk, where the system knows how."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
