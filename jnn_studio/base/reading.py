"""Reading files that somebody else may have written: ordinary files only, and never more than was asked for.

A pipe, a device or a socket is refused before it is opened, so that nothing waits for it. What is parsed is
bounded before it is built: by its length, by how deep it is nested, and by how long its numbers are.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any, BinaryIO

from jnn_studio.base.errors import StudioError

MAX_DEPTH = 64
MAX_DIGITS = 40
MAX_JSON_BYTES = 16 * 2**20
MAX_TOML_BYTES = 64 * 2**10
"""Larger than any configuration."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
# `tomllib` takes the square of a dotted key's length for it, so its parts are counted before.
_PART = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_LONG_KEY = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*\.[ \t]*{_PART}){{{MAX_DEPTH}}}")
_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|([\[{])|([\]}])', re.DOTALL)


class UnfitFileError(StudioError, OSError):
    """There is something at a path that is not read or written: no ordinary file, or too large a one."""


class MalformedError(StudioError, ValueError):
    """Text that is not what it should be, or more than is ever read; the message says where and why."""


def refuse_special(path: Path, about: os.stat_result) -> None:
    """Raise `UnfitFileError` unless ``about`` is of an ordinary file, `IsADirectoryError` if of a folder."""
    if stat.S_ISDIR(about.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(about.st_mode):
        kind = _KINDS.get(stat.S_IFMT(about.st_mode), "something else")
        raise UnfitFileError(errno.EINVAL, f"{kind}, not a file", str(path))


def open_file(path: Path) -> BinaryIO:
    """The ordinary file at ``path``, opened to be read; nothing is ever waited for.

    Raises:
        UnfitFileError: there is a pipe, a device or a socket.
        OSError: there is nothing, a folder, or the system refuses.
    """
    refuse_special(path, path.stat())  # opening a device can already do something
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115  (whoever asked closes it)
    try:
        refuse_special(path, os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def read_bytes(path: Path, limit: int) -> bytes:
    """All of the ordinary file at ``path``, of at most ``limit`` bytes; raises what `open_file` raises."""
    with open_file(path) as file:
        # What a file says of its size is not always so: those of /proc say 0.
        data = file.read(limit + 1) if os.fstat(file.fileno()).st_size <= limit else b""
        if len(data) > limit or (not data and os.fstat(file.fileno()).st_size):
            raise UnfitFileError(errno.EFBIG, f"larger than the {size_of(limit)} that are read", str(path))
    return data


def read_text(path: Path, limit: int) -> str:
    """`read_bytes` as UTF-8, a byte order mark left out.

    Raises:
        OSError: as `read_bytes`.
        MalformedError: it is no text.
    """
    return decoded(read_bytes(path, limit))


def decoded(data: bytes) -> str:
    """UTF-8, a byte order mark left out; `MalformedError` says which byte is no text."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedError(f"byte {error.start} is no text") from error


def parse_json(text: str | bytes, limit: int = MAX_JSON_BYTES) -> Any:
    """The value of a JSON text of at most ``limit`` bytes or characters.

    Raises:
        MalformedError: it is none, or is nested deeper than `MAX_DEPTH`, or has a whole number of more than
            `MAX_DIGITS` digits.
    """
    if len(text) > limit:
        raise MalformedError(f"larger than the {size_of(limit)} that are read")
    if isinstance(text, bytes):
        text = decoded(text)
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    try:
        return json.loads(text, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise MalformedError(f"line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise MalformedError(_TOO_DEEP) from error


def parse_toml(text: str, limit: int = MAX_TOML_BYTES) -> dict[str, Any]:
    """The table of a TOML text of at most ``limit`` characters; bounded, and raises, as `parse_json`."""
    if len(text) > limit:
        raise MalformedError(f"larger than the {size_of(limit)} that are read")
    if _LONG_KEY.search(text):
        raise MalformedError(_TOO_DEEP)
    try:
        data = tomllib.loads(text)
    except RecursionError as error:
        raise MalformedError(_TOO_DEEP) from error
    except ValueError as error:  # also of numbers with thousands of digits
        raise MalformedError(str(error)) from error
    waiting: list[tuple[Any, int]] = [(data, 1)]
    while waiting:
        value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise MalformedError(_TOO_DEEP)
        if isinstance(value, dict | list):
            waiting += [
                (inner, depth + 1) for inner in (value.values() if isinstance(value, dict) else value)
            ]
        elif isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
            raise MalformedError(_TOO_LONG)
    return data


def size_of(count: int) -> str:
    """Bytes for people: ``"16 MB"``, ``"64 kB"``."""
    return f"{count >> 20} MB" if count >= 2**20 else f"{count >> 10} kB"


_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_TOO_LONG = f"a number of more than {MAX_DIGITS} digits"


def _check_depth(text: str) -> None:
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[1]:
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedError(_TOO_DEEP)
        elif found[2]:
            depth -= 1


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise MalformedError(_TOO_LONG)
    return int(digits)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
