"""Ways to damage bytes, and what stands at a path; each drawn from a seed."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from jnn_studio.models.weights import SUFFIXES

ODD_VALUES: tuple[Any, ...] = (
    None, True, [], {}, "", "\x1b[31m", "<h1>x</h1>", "../../x", "a" * 70_000, "\ud800", [[]], [1], {"a": 1},
    -1, 0, 1.5, 1e308, -1e308, 10**18, 10**400, float("nan"), float("inf"), "NaN", "nan", "1e999",
)  # fmt: skip
ODD_NAMES = (
    "a\nb", "\x1b[31mred", "[b].x", "-rf", "..x", " ", "%s%n", "<h1>BIG<h1>", "a&b", "é", "e\u0301",
    "\u202egnp", "x" * 200, os.fsdecode(b"\xff\xfe"), "a\tb;c,d",
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_HUGE = (b"9" * 40, b"9" * 5_000, b"1e400", b"-1", b"-9223372036854775809", b"NaN", b"0", b"Infinity", b"1.5")

Bytes = Callable[[bytes, Random], bytes]


@dataclass(frozen=True)
class Damage:
    """What was done, and to what; ``sound``: what is there now may be whole, though another."""

    victim: Path
    how: str
    sound: bool = False


def damage(victim: Path, others: Sequence[Path], draw: Random) -> Damage:
    """Damage the file at ``victim``, or put another of ``others`` or no file at all in its place."""
    if draw.random() < 0.15:
        how = draw.choice(sorted(_IN_ITS_PLACE))
        return Damage(_IN_ITS_PLACE[how](victim, draw), how, how in ("odd name", "link to it"))
    if draw.random() < 0.08:
        other = draw.choice(others)
        shutil.copyfile(other, victim)
        return Damage(victim, f"swapped for {other.name}", sound=True)
    data = victim.read_bytes()
    ways = dict(_BYTES)
    if victim.suffix in SUFFIXES:
        ways |= {
            "header": _tensor_header,
            "value in header": _tensor_header,
            "value in metadata": _tensor_metadata,
        }
    elif data[:1] in (b"{", b"["):
        ways |= {"value": _json_value, "another value": _json_value, "key": _json_key}
    elif b" = " in data:
        ways |= {"value": _toml_value, "another value": _toml_value}
    how = draw.choice(sorted(ways))
    changed = ways[how](data, draw)
    victim.write_bytes(changed)
    return Damage(victim, how, sound=changed == data)


# --- bytes -----------------------------------------------------------------------------------------------


def _flip(data: bytes, draw: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 4, 64)) if data else 0):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _part(data: bytes, draw: Random) -> tuple[int, int]:
    start = draw.randint(0, len(data))
    return start, min(len(data), start + draw.choice((1, 8, 100, 4096)))


def _cut(data: bytes, draw: Random) -> bytes:
    return data[: draw.randint(0, len(data))]


def _zero_tail(data: bytes, draw: Random) -> bytes:
    kept = draw.randint(0, len(data))
    return data[:kept] + bytes(len(data) - kept)


def _zero_part(data: bytes, draw: Random) -> bytes:
    start, end = _part(data, draw)
    return data[:start] + bytes(end - start) + data[end:]


def _repeat(data: bytes, draw: Random) -> bytes:
    start, end = _part(data, draw)
    return data[:end] + data[start:end] * draw.choice((1, 2, 50)) + data[end:]


def _leave_out(data: bytes, draw: Random) -> bytes:
    start, end = _part(data, draw)
    return data[:start] + data[end:]


def _noise(data: bytes, draw: Random) -> bytes:
    start, end = _part(data, draw)
    return data[:start] + draw.randbytes(end - start or 16) + data[end:]


def _number(data: bytes, draw: Random) -> bytes:
    found = list(_NUMBER.finditer(data[:200_000]))
    if not found:
        return _noise(data, draw)
    where = draw.choice(found)
    return data[: where.start()] + draw.choice(_HUGE) + data[where.end() :]


def _nest(data: bytes, draw: Random) -> bytes:
    start = draw.randint(0, len(data))
    deep = draw.choice((100, 3_000, 100_000))
    opened, closed = draw.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"[", b""), (b"a.", b"")))
    return data[:start] + opened * deep + closed * deep + data[start:]


def _line(data: bytes, draw: Random) -> bytes:
    lines = data.split(b"\n")
    odd = (
        b"[]",
        b'{"a":1}',
        b"null",
        b"\x00",
        b"\xff\xfe",
        b"a,b,c,d,e,f,g",
        b'"',
        b"x" * 100_000,
        b"\x1b[2J",
    )
    lines.insert(draw.randint(0, len(lines)), draw.choice((*odd, draw.choice(lines))))
    return b"\n".join(lines)


def _mix_lines(data: bytes, draw: Random) -> bytes:
    lines = data.split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines)


def _recode(data: bytes, draw: Random) -> bytes:
    text = data.decode("latin-1")
    return text.encode(draw.choice(("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "cp037")), "replace")


def _scramble(data: bytes, draw: Random) -> bytes:
    return draw.randbytes(len(data))


def _nothing(data: bytes, draw: Random) -> bytes:
    return b""


_BYTES: Mapping[str, Bytes] = {
    "bits flipped": _flip,
    "more bits flipped": _flip,
    "cut": _cut,
    "tail zeroed": _zero_tail,
    "part zeroed": _zero_part,
    "part repeated": _repeat,
    "part left out": _leave_out,
    "noise": _noise,
    "number": _number,
    "nested": _nest,
    "line": _line,
    "lines mixed": _mix_lines,
    "recoded": _recode,
    "scrambled": _scramble,
    "empty": _nothing,
}


# --- values ----------------------------------------------------------------------------------------------


def _odd(value: Any, draw: Random) -> Any:
    """``value`` with one part of it, somewhere, replaced by what does not belong there."""
    if isinstance(value, dict) and value and draw.random() < 0.9:
        key = draw.choice(list(value))
        return {**value, key: _odd(value[key], draw)}
    if isinstance(value, list) and value and draw.random() < 0.9:
        index = draw.randrange(len(value))
        return [*value[:index], _odd(value[index], draw), *value[index + 1 :]]
    return draw.choice(ODD_VALUES)


def _json_value(data: bytes, draw: Random) -> bytes:
    """Of a JSON text, or of one of the lines of a log."""
    lines = data.split(b"\n") if data.startswith(b'{"step"') else [data]
    index = draw.randrange(len(lines))
    try:
        lines[index] = _dump(_odd(json.loads(lines[index]), draw))
    except ValueError:
        return _flip(data, draw)
    return b"\n".join(lines)


def _json_key(data: bytes, draw: Random) -> bytes:
    try:
        value = json.loads(data)
    except ValueError:
        return _flip(data, draw)
    inner = value
    while isinstance(inner, dict) and inner and draw.random() < 0.7:
        key = draw.choice(list(inner))
        if not isinstance(inner[key], dict):
            inner[draw.choice(("x", key + "2", ""))] = inner.pop(key)
            break
        inner = inner[key]
    return _dump(value)


def _toml_value(data: bytes, draw: Random) -> bytes:
    lines = data.split(b"\n")
    settings = [index for index, line in enumerate(lines) if b" = " in line]
    if not settings:
        return _flip(data, draw)
    index = draw.choice(settings)
    key = lines[index].partition(b" = ")[0]
    lines[index] = key + b" = " + _dump(draw.choice(ODD_VALUES)).replace(b"null", b"{ }")
    return b"\n".join(lines)


def _dump(value: Any) -> bytes:
    return json.dumps(value).encode()


def _headed(data: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def _with_header(header: Any, rest: bytes) -> bytes:
    text = _dump(header)
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + rest


def _tensor_header(data: bytes, draw: Random) -> bytes:
    header, rest = _headed(data)
    return _with_header(_odd(header, draw), rest)


def _tensor_metadata(data: bytes, draw: Random) -> bytes:
    """A value of the metadata; where that is JSON, as likely one inside it."""
    header, rest = _headed(data)
    metadata = header.get("__metadata__")
    if not metadata:
        return _flip(data, draw)
    key = draw.choice(sorted(metadata))
    try:
        metadata[key] = json.dumps(_odd(json.loads(metadata[key]), draw))
    except ValueError:
        metadata[key] = str(draw.choice(ODD_VALUES)).encode("utf-8", "replace").decode()
    return _with_header(header, rest)


# --- what stands at the path -----------------------------------------------------------------------------


def _gone(victim: Path, draw: Random) -> Path:
    victim.unlink()
    return victim


def _pipe(victim: Path, draw: Random) -> Path:
    os.mkfifo(_gone(victim, draw))
    return victim


def _device(victim: Path, draw: Random) -> Path:
    _gone(victim, draw).symlink_to(draw.choice(("/dev/zero", "/dev/full", "/dev/tty", "/dev/random")))
    return victim


def _socket(victim: Path, draw: Random) -> Path:
    _gone(victim, draw)
    with socket.socket(socket.AF_UNIX) as made:
        here = os.open(victim.parent, os.O_RDONLY)
        try:  # a socket's name may only be short
            made.bind(f"/proc/self/fd/{here}/{victim.name}"[:107])
        except OSError:
            victim.write_bytes(b"")
        finally:
            os.close(here)
    return victim


def _folder(victim: Path, draw: Random) -> Path:
    _gone(victim, draw).mkdir()
    return victim


def _loop(victim: Path, draw: Random) -> Path:
    _gone(victim, draw).symlink_to(victim.name)
    return victim


def _dangling(victim: Path, draw: Random) -> Path:
    _gone(victim, draw).symlink_to("nowhere")
    return victim


def _linked(victim: Path, draw: Random) -> Path:
    moved = victim.rename(victim.with_name(f"moved{victim.suffix}.away"))
    victim.symlink_to(moved.name)
    return victim


def _sparse(victim: Path, draw: Random) -> Path:
    os.truncate(victim, draw.choice((2**31, 20 * 2**30)))
    return victim


def _odd_name(victim: Path, draw: Random) -> Path:
    return victim.rename(victim.with_name(draw.choice(ODD_NAMES) + victim.suffix))


_IN_ITS_PLACE: Mapping[str, Callable[[Path, Random], Path]] = {
    "gone": _gone,
    "pipe": _pipe,
    "device": _device,
    "socket": _socket,
    "folder": _folder,
    "link to itself": _loop,
    "link to nothing": _dangling,
    "link to it": _linked,
    "sparse": _sparse,
    "odd name": _odd_name,
}
