"""A ``.npy`` file of spectra that can be appended to and read at any moment."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from jnn_studio.base.atomic import write_bytes
from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import open_file, size_of

HEADER_BYTES = 256
MAX_K = 1_000_000
MAX_STEP = 9_999_999
MAX_BYTES = 2 * 2**30
_PORTION = 16 * 2**20
_READ_AT_ONCE = 4  # portions


class SpectraError(StudioError, ValueError):
    """The file does not hold spectra; the message says why, without its name."""


class SpectraFile:
    """Records (step, member, effective_rank, sigma[k]), readable with ``numpy.load``.

    A record's bytes are written before the header's count includes them, and the header keeps its length,
    so a reader, or a kill between the two writes, sees only whole records.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, step: int, member: int, effective_rank: float, sigma: np.ndarray) -> None:
        """Add one record; all records of a file have equally long ``sigma``."""
        record = np.zeros(1, _dtype(len(sigma)))
        record[0] = (step, member, effective_rank, sigma)
        if not self.path.exists():
            self._write(record)
            return
        with open_file(self.path) as file:
            try:
                _, count, dtype = _layout(file)
            except SpectraError as error:
                raise SpectraError(f"{self.path} cannot be added to: {error}") from error
        if dtype != record.dtype:
            raise ValueError(f"{self.path} holds spectra of another length")
        with self.path.open("r+b") as file:
            file.seek(HEADER_BYTES + count * dtype.itemsize)
            file.truncate()
            file.write(record.tobytes())
            file.flush()
            file.seek(0)
            file.write(_header(count + 1, dtype))

    def read(self, start: int = 0) -> Iterator[tuple[int, int, float, np.ndarray]]:
        """The next records from ``start`` on as (step, member, effective rank, σ), as far as they are whole.

        A long file comes in portions, and none are left once it gives none.

        Raises:
            SpectraError: the file holds no spectra.
            OSError: it cannot be read.
        """
        try:
            opened = open_file(self.path)
        except FileNotFoundError:
            return
        with opened as file:
            for records in itertools.islice(_portions(file, start), _READ_AT_ONCE):
                for record in records:
                    yield (
                        int(record["step"]),
                        int(record["member"]),
                        float(record["effective_rank"]),
                        np.array(record["sigma"]),
                    )

    def newest(self, most: int) -> list[tuple[int, int, float, np.ndarray]]:
        """The last ``most`` records, oldest first, as `read` gives them; raises what `read` raises."""
        try:
            with open_file(self.path) as file:
                _, whole, _ = _layout(file)
        except FileNotFoundError:
            return []
        return list(self.read(max(0, whole - most)))

    def truncate(self, step: int) -> int:
        """Drop records later than ``step``; how many more were lost: cut off, or of no possible step.

        Raises:
            SpectraError: the file holds no spectra, and is as it was.
            OSError: it cannot be read or written.
        """
        try:
            opened = open_file(self.path)
        except FileNotFoundError:
            return 0
        with opened as file:
            counted, whole, dtype = _layout(file)
            records = np.concatenate([np.zeros(0, dtype), *_portions(file, 0)])
        possible = (records["step"] >= 0) & (records["step"] <= MAX_STEP) & (records["member"] >= 0)
        self._write(records[possible & (records["step"] <= step)])
        return counted - whole + int((~possible).sum())

    def _write(self, records: np.ndarray) -> None:
        write_bytes(self.path, _header(len(records), records.dtype) + records.tobytes(), through_links=False)


def _portions(file: BinaryIO, start: int) -> Iterator[np.ndarray]:
    _, count, dtype = _layout(file)
    step = max(1, _PORTION // dtype.itemsize)
    for first in range(start, count, step):
        number = min(step, count - first)
        file.seek(HEADER_BYTES + first * dtype.itemsize)
        data = file.read(number * dtype.itemsize)
        yield np.frombuffer(data[: len(data) // dtype.itemsize * dtype.itemsize], dtype)


def _layout(file: BinaryIO) -> tuple[int, int, np.dtype]:
    """How many records the header counts, how many whole ones there are, and their type."""
    file.seek(0)
    try:
        magic = npy.read_magic(file)
        shape, _, dtype = npy.read_array_header_1_0(file)
    except Exception as error:  # what evaluates the header raises nearly anything
        raise SpectraError("it has no header of an array") from error
    k = dtype["sigma"].shape if dtype.names and "sigma" in dtype.names else ()
    if (magic, file.tell(), len(k), len(shape)) != ((1, 0), HEADER_BYTES, 1, 1):
        raise SpectraError("it is an array of something else")
    if k[0] > MAX_K or dtype != _dtype(k[0]) or shape[0] < 0:
        raise SpectraError("it is an array of something else")
    if os.fstat(file.fileno()).st_size > MAX_BYTES:
        raise SpectraError(f"it is larger than the {size_of(MAX_BYTES)} that are read")
    there = (os.fstat(file.fileno()).st_size - HEADER_BYTES) // dtype.itemsize
    return shape[0], min(shape[0], there), dtype


def _dtype(k: int) -> np.dtype:
    return np.dtype([("step", "<i8"), ("member", "<i4"), ("effective_rank", "<f4"), ("sigma", "<f4", (k,))])


def _header(count: int, dtype: np.dtype) -> bytes:
    text = repr({"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": (count,)})
    padding = HEADER_BYTES - 10 - len(text) - 1
    assert padding >= 0
    return (
        b"\x93NUMPY\x01\x00"
        + (HEADER_BYTES - 10).to_bytes(2, "little")
        + (text + " " * padding + "\n").encode()
    )
