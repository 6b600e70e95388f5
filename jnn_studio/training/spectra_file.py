"""A ``.npy`` file of spectra that can be appended to and read at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from jnn_studio.base.atomic import write_bytes

HEADER_BYTES = 256


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
        count, dtype = self._shape()
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
        """Records from ``start`` on as (step, member, effective rank, σ)."""
        if self.path.is_file():
            for record in np.load(self.path, mmap_mode="r", allow_pickle=False)[start:]:
                yield (
                    int(record["step"]),
                    int(record["member"]),
                    float(record["effective_rank"]),
                    np.array(record["sigma"]),
                )

    def truncate(self, step: int) -> None:
        """Drop records later than ``step``."""
        if self.path.is_file():
            records = np.load(self.path, allow_pickle=False)
            self._write(records[records["step"] <= step])

    def _write(self, records: np.ndarray) -> None:
        write_bytes(self.path, _header(len(records), records.dtype) + records.tobytes())

    def _shape(self) -> tuple[int, np.dtype]:
        with self.path.open("rb") as file:
            npy.read_magic(file)
            shape, _, dtype = npy.read_array_header_1_0(file)
        return shape[0], dtype


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
