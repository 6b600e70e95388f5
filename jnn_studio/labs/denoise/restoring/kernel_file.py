"""A blur's kernel from a file: a picture of it, or numbers as NumPy keeps them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import MalformedError, read_bytes
from jnn_studio.base.system_errors import reason_of
from jnn_studio.data.errors import DataError
from jnn_studio.data.photo import read_photo

LARGEST = 255
"""Side of a kernel, in pixels."""
_BYTES = 2**20


class KernelError(StudioError):
    """A file that holds no kernel; the message says which, why, and what to do."""


def read_kernel(path: Path) -> Tensor:
    """The kernel in a picture (its grey, 0 for black) or a ``.npy``: (2r + 1, 2r + 1), its sum 1.

    One with sides that are even or differ gets zeros around it, so that its middle stays where it was, half a
    pixel apart where it has none.

    Raises:
        KernelError: the file cannot be read, is larger than `LARGEST` a side, or has nothing in it.
    """
    path = path.expanduser()
    values = _numbers(path) if path.suffix.lower() == ".npy" else _picture(path)
    if values.ndim != 2 or not values.size:
        raise KernelError(f"{path} holds {values.shape}, no kernel; give an array of two dimensions")
    if max(values.shape) > LARGEST:
        size = f"{values.shape[1]} × {values.shape[0]}"
        raise KernelError(f"{path} is {size}; a kernel has at most {LARGEST} a side")
    total = float(values.sum())
    if not np.isfinite(values).all() or not total > 0:
        raise KernelError(f"{path} adds up to {total:g}; a kernel has finite numbers with a positive sum")
    side = max(values.shape) | 1
    above, left = ((side - length) // 2 for length in values.shape)
    wide = np.zeros((side, side))
    wide[above : above + values.shape[0], left : left + values.shape[1]] = values / total
    return torch.from_numpy(wide).float()


def _picture(path: Path) -> np.ndarray:
    try:
        pixels = read_photo(path).channels
    except DataError as error:
        raise KernelError(str(error)) from error
    return pixels.astype(np.float64).mean(2)


def _numbers(path: Path) -> np.ndarray:
    try:
        file = io.BytesIO(read_bytes(path, _BYTES))
        # What is claimed, before there is room for it.
        version = np.lib.format.read_magic(file)
        header = np.lib.format
        read = header.read_array_header_1_0 if version == (1, 0) else header.read_array_header_2_0
        shape, _, kind = read(file)
        if kind.hasobject or kind.kind not in "fiub" or np.prod(shape, dtype=np.float64) > LARGEST**2:
            raise KernelError(f"{path} holds {kind} {shape}; give numbers, at most {LARGEST} a side")
        file.seek(0)
        return np.asarray(np.load(file, allow_pickle=False), np.float64)
    except OSError as error:
        raise KernelError(f"{path} cannot be read: {reason_of(error)}") from error
    except (ValueError, MalformedError, EOFError) as error:
        raise KernelError(f"{path} is no .npy that NumPy wrote: {error}") from error
