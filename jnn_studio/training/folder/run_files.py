"""What the files of a run hold, as somebody else may have written them: bounded, and of the right types."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.lib import format as npy

from jnn_studio.base.errors import StudioError
from jnn_studio.base.reading import parse_json, read_bytes
from jnn_studio.base.text import printable
from jnn_studio.data.decode import open_image
from jnn_studio.data.errors import UnreadableImageError
from jnn_studio.training.events import Arrays, Metrics, Preview, State
from jnn_studio.training.folder.spectra_file import MAX_STEP

MAX_STATE_BYTES = 2**20
MAX_PREVIEW_PIXELS = 64_000_000
MAX_ARRAYS_BYTES = 256 * 2**20
_MAX_FILE_BYTES = 256 * 2**20
_MAX_WORDS = 10_000
_MAX_ROWS = 100


class DamagedFileError(StudioError):
    """A file, or a line of one, is not what a run writes; the message says why, without its name."""


@dataclass(frozen=True)
class RunState:
    """``state.json``: what the run is doing, when it last said so (seconds since 1970), and on what."""

    state: State
    step: int
    heartbeat: float
    reason: str = ""
    device: str = ""


def parse_state(data: bytes) -> RunState:
    """What ``state.json`` holds; `DamagedFileError` if it is not a state."""
    record = _record(data, MAX_STATE_BYTES)
    reason, device = record.get("reason", ""), record.get("device", "")
    state: State | None = next((known for known in get_args(State) if known == record.get("state")), None)
    if state is None:
        raise DamagedFileError("it names no state there is")
    if not isinstance(reason, str) or len(reason) > _MAX_WORDS:
        raise DamagedFileError("its reason is no text")
    if not isinstance(device, str) or len(device) > _MAX_WORDS:
        raise DamagedFileError("its device is no text")
    return RunState(
        state,
        _step(record.get("step")),
        _number(record.get("heartbeat")),
        printable(reason, lines=True),
        printable(device),
    )


def parse_metrics(line: bytes, members: Sequence[str] | None = None) -> Metrics:
    """What a line of ``metrics.jsonl`` holds, of one of ``members`` if they are given.

    Raises:
        DamagedFileError: it is not one.
    """
    record = _record(line, MAX_STATE_BYTES)
    member, terms = record.get("model"), record.get("terms")
    if not isinstance(member, str) or (members is not None and member not in members):
        raise DamagedFileError("it is of no model of the run")
    if not isinstance(terms, dict) or not all(map(_is_number, terms.values())):
        raise DamagedFileError("its terms are no numbers")
    # NaN and infinity are values a loss can have.
    values = {name: float(value) for name, value in terms.items()}
    return Metrics(_step(record.get("step")), _number(record.get("time")), member, values)


def read_preview(path: Path, step: int, members: Sequence[str]) -> Preview:
    """The preview in a PNG; ``members`` name its rows where it does not say whose they are.

    Raises:
        DamagedFileError: it is none.
        OSError: it cannot be read.
    """
    data = read_bytes(path, _MAX_FILE_BYTES)
    try:
        with open_image(io.BytesIO(data), MAX_PREVIEW_PIXELS, ("PNG",)) as image:
            pixels = np.asarray(image.convert("RGB"))
            about = {str(key): str(value) for key, value in image.info.items()}
    except UnreadableImageError as error:
        raise DamagedFileError(error.reason) from error
    names = list(members)
    if "rows" in about:
        try:
            names = parse_json(about["rows"])
        except ValueError as error:
            raise DamagedFileError("it does not say whose its rows are") from error
    if not isinstance(names, list) or len(names) > _MAX_ROWS or not all(isinstance(n, str) for n in names):
        raise DamagedFileError("it does not say whose its rows are")
    height, rest = divmod(pixels.shape[0], 1 + len(names))
    # Before the size was written down images were square.
    told = about["image"].partition("x")[0] if "image" in about else str(height)
    width = int(told) if told.isascii() and told.isdecimal() and len(told) <= 9 else 0
    if rest or len(set(names)) < len(names) or width < 1 or pixels.shape[1] % width:
        raise DamagedFileError("its rows are not those it names")
    rows = [
        np.stack(np.split(row, row.shape[1] // width, axis=1)) for row in np.split(pixels, 1 + len(names))
    ]
    return Preview(step, rows[0], dict(zip(names, rows[1:], strict=True)))


def check_png(path: Path) -> None:
    """Whether all of a preview is there, without decoding it; raises as `read_preview`."""
    data = read_bytes(path, _MAX_FILE_BYTES)
    try:
        with open_image(io.BytesIO(data), MAX_PREVIEW_PIXELS, ("PNG",)) as image:
            image.verify()
    except UnreadableImageError as error:
        raise DamagedFileError(error.reason) from error


def read_arrays(path: Path, step: int) -> Arrays:
    """The arrays in an ``.npz``; raises as `read_preview`."""
    data = read_bytes(path, _MAX_FILE_BYTES)
    values: dict[str, dict[str, np.ndarray]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MAX_ARRAYS_BYTES:
                raise DamagedFileError(f"it unpacks to more than {MAX_ARRAYS_BYTES >> 20} MB")
            for entry in entries:
                member, _, name = entry.filename.removesuffix(".npy").partition("/")
                values.setdefault(member, {})[name] = _array(archive, entry)
    except DamagedFileError:
        raise
    except Exception as error:  # archives and headers of anything raise nearly anything
        raise DamagedFileError("it is no archive of arrays") from error
    return Arrays(step, values)


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> np.ndarray:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The others unpack without a bound on what one read returns.
        raise DamagedFileError("it is packed by another method than store or deflate")
    with archive.open(entry) as packed:
        file = io.BytesIO(packed.read(entry.file_size))
    read_header = npy.read_array_header_1_0 if npy.read_magic(file) == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.kind not in "biuf" or math.prod(shape) * dtype.itemsize != entry.file_size - file.tell():
        raise DamagedFileError("its numbers are not as many as it says")
    file.seek(0)
    return np.asarray(npy.read_array(file, allow_pickle=False), np.float32)


def _record(data: bytes, limit: int) -> dict[str, Any]:
    try:
        record = parse_json(data, limit)
    except ValueError as error:
        raise DamagedFileError(str(error)) from error
    if not isinstance(record, dict):
        raise DamagedFileError("it is no table")
    return record


def _step(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_STEP:
        raise DamagedFileError("its step is none a run can take")
    return value


def _number(value: Any) -> float:
    if not _is_number(value) or not math.isfinite(value):
        raise DamagedFileError("its time is no number")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
