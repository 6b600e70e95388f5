"""What a run's folder of images held when it began, and what has become of it."""

from __future__ import annotations

import io

import numpy as np
from numpy.lib import format as npy

from jnn_studio.base.atomic import write_bytes
from jnn_studio.base.reading import read_bytes
from jnn_studio.data.folder import FolderSource
from jnn_studio.data.source import ImageSource
from jnn_studio.training.folder.run_folder import IMAGES, RunFolder

_MAX_BYTES = 256 * 2**20  # of ten million files


def remember_images(folder: RunFolder, source: ImageSource) -> None:
    """Keep in ``folder`` what is in the collection now: uint64 (files, 3), as `Listing.stamps`.

    Raises:
        OSError: it cannot be written.
    """
    stamps = source.stamps if isinstance(source, FolderSource) else None
    if stamps is not None:
        file = io.BytesIO()
        np.save(file, stamps())
        write_bytes(folder.path / IMAGES, file.getvalue(), through_links=False)


def changed_images(folder: RunFolder, source: ImageSource) -> tuple[str, ...]:
    """What has changed in the collection since then, as a note for people.

    A run of an earlier version kept nothing, and has nothing to say.
    """
    stamps = source.stamps if isinstance(source, FolderSource) else None
    if stamps is None:
        return ()
    try:
        before = _read(folder)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError):
        return (f"{IMAGES} cannot be read: whether the images are still the same is not known.",)
    now = {int(name): (int(content), int(date)) for name, content, date in stamps()}
    then = {int(name): (int(content), int(date)) for name, content, date in before}
    both = [(then[name], now[name]) for name in then.keys() & now.keys()]
    other = sum(old[0] != new[0] for old, new in both)
    redated = sum(old[0] == new[0] and old[1] != new[1] for old, new in both)
    found = (
        (len(then) - len(both), "fewer"),
        (len(now) - len(both), "new"),
        (other, "changed"),
        (redated, "written again"),
    )
    told = [(count, what) for count, what in found if count]
    if not told:
        return ()
    (first, what), *more = told
    words = [f"{first:,} {'file' if first == 1 else 'files'} {what}"]
    words += [f"{count:,} {what}" for count, what in more]
    return (
        f"The images have changed since the run began: {', '.join(words)}. It goes on with those there are.",
    )


def _read(folder: RunFolder) -> np.ndarray:
    """What `remember_images` wrote; ValueError if it is none."""
    file = io.BytesIO(read_bytes(folder.path / IMAGES, _MAX_BYTES))
    if npy.read_magic(file) != (1, 0):
        raise ValueError("no array")
    shape, _, dtype = npy.read_array_header_1_0(file)
    rest = file.read()
    if dtype != np.dtype(np.uint64) or len(shape) != 2 or shape[1] != 3 or len(rest) != 24 * shape[0]:
        raise ValueError("not what a run writes")
    return np.frombuffer(rest, np.uint64).reshape(shape)
