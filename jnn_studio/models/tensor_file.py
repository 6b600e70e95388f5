"""``.safetensors`` files as somebody else may have written them: the header first, then what fits it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import open_file

MAX_HEADER_BYTES = 16 * 2**20


class TensorFileError(StudioError):
    """A file that holds no tensors; the message says why, without its name."""


@dataclass(frozen=True)
class TensorFile:
    """An open file. ``layout``: dtype (as safetensors calls it) and shape of each tensor, by its name."""

    metadata: Mapping[str, str]
    layout: Mapping[str, tuple[str, tuple[int, ...]]]
    _file: Any

    def read(self, name: str) -> Tensor:
        """One tensor, copied: a view of the file would die with it, and the process too, if it is cut."""
        tensor: Tensor = self._file.get_tensor(name)
        return tensor.clone()

    def described(self) -> dict[str, Tensor]:
        """Tensors of these shapes without any numbers: whether they fit can be asked before they are read."""
        return {
            name: torch.empty(shape, dtype=_dtype(dtype), device="meta")
            for name, (dtype, shape) in self.layout.items()
        }


@contextmanager
def open_tensors(path: Path) -> Iterator[TensorFile]:
    """The tensors in the ordinary file at ``path``; nothing but its header has been read.

    Raises:
        TensorFileError: it is no such file; also in the block, where what is read is not there.
        OSError: there is nothing, a folder, a pipe or a device, or it may not be read.
    """
    with open_file(path) as file:
        start = file.read(8)
    if len(start) == 8 and int.from_bytes(start, "little") > MAX_HEADER_BYTES:
        raise TensorFileError("it does not begin with a header")
    try:
        with safe_open(path, framework="pt") as opened:
            slices = {name: opened.get_slice(name) for name in opened.keys()}  # noqa: SIM118
            layout = {name: (s.get_dtype(), tuple(s.get_shape())) for name, s in slices.items()}
            yield TensorFile(opened.metadata() or {}, layout, opened)
    except SafetensorError as error:
        raise TensorFileError(str(error)) from error


def checksum(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and values, as hexadecimal."""
    digest = hashlib.sha256()
    for name, value in sorted(tensors.items()):
        host = value.detach().to("cpu").contiguous()
        digest.update(f"{name} {host.dtype} {tuple(host.shape)}\n".encode())
        digest.update(host.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def _dtype(name: str) -> torch.dtype:
    if name not in _DTYPES:
        raise TensorFileError(f"numbers of type {name}, which no network here has")
    return _DTYPES[name]
