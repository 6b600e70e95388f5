"""A folder or .zip of images as a source, decoded once and kept in the image cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.text import printable
from jnn_studio.base.watch import Watch
from jnn_studio.data.cache import ImageCache
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.image_formats import EXTENSIONS
from jnn_studio.data.listing import Listing, list_images
from jnn_studio.data.loading import DECODING, Chunk, decode_listing
from jnn_studio.data.pixels import thumbnail
from jnn_studio.data.source import Size, height_and_width

MAX_REPORTED = 1_000
"""Skipped files kept by name and reason; beyond these they are only counted."""

_LOOKED_AT = 256
"""Images looked at for a colour at a time."""

_DECODING = 2  # raise it when the same file comes to give other pixels


@dataclass(frozen=True)
class SkippedFile:
    """A file that gave no image, and why."""

    name: str
    reason: str


class FolderSource:
    """Images of a folder or .zip, in the order of their names; see `ImageSource`.

    Attributes:
        skipped: the first `MAX_REPORTED` files that gave no image.
        skipped_count: how many gave none in all.
        stamps: what there was in the folder, as `Listing.stamps`; to be called.
    """

    def __init__(
        self,
        name: str,
        images: np.ndarray,
        labels: Sequence[str],
        skipped: Sequence[SkippedFile] = (),
        skipped_count: int = 0,
        stamps: Callable[[], np.ndarray] | None = None,
        key: str = "",
    ) -> None:
        self._name, self._key = name, key
        self._images = images
        self._labels = labels
        self.skipped = tuple(skipped)
        self.skipped_count = skipped_count
        self.stamps = stamps

    @property
    def name(self) -> str:
        return self._name

    @property
    def key(self) -> str:
        return f"{len(self)} images, {self._key}"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        _, channels, height, width = self._images.shape
        return channels, height, width

    def __len__(self) -> int:
        return len(self._images)

    def is_grey(self, watch: Watch | None = None) -> bool:
        """Whether no image has a colour; looks at all of them, unless ``watch`` says otherwise."""
        for begin in range(0, len(self), _LOOKED_AT):
            (watch or Watch()).check()
            part = self._images[begin : begin + _LOOKED_AT]
            if not (part[:, 1:] == part[:, :1]).all():
                return False
        return True

    def grey(self) -> FolderSource:
        """The same images with their first channel only: of grey images all there is."""
        return FolderSource(
            self._name,
            self._images[:, :1],
            self._labels,
            self.skipped,
            self.skipped_count,
            self.stamps,
            f"{self._key}, grey",
        )

    def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
        """float32 (batch, channels, height, width) in [0, 1]; IndexError for an image that is not there."""
        # Bytes travel to the device, a quarter of the floats'.
        return torch.from_numpy(self._gather(indices)).to(device).to(torch.float32).div_(255)

    def thumbnails(self, indices: Sequence[int], size: int) -> np.ndarray:
        """uint8 (batch, size, size, 3); IndexError for an image that is not there."""
        images = np.broadcast_to(
            self._gather(indices).transpose(0, 2, 3, 1), (len(indices), *self.image_shape[1:], 3)
        )
        thumbnails = np.empty((len(indices), size, size, 3), np.uint8)
        for number, image in enumerate(images):
            thumbnails[number] = thumbnail(image, size)
        return thumbnails

    def label(self, index: int) -> str:
        """The file's name relative to the folder."""
        self._check(index)
        return printable(self._labels[index])

    def _gather(self, indices: Sequence[int]) -> np.ndarray:
        wanted = np.asarray(indices, dtype=np.int64)
        for index in wanted[(wanted < 0) | (wanted >= len(self))]:
            self._check(index)
        return np.take(self._images, wanted, axis=0)

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has no image {index}, only 0 to {len(self) - 1}")


def open_folder(
    path: Path | str,
    size: Size = 64,
    channels: int = 3,
    watch: Watch | None = None,
    cache_dir: Path | None = None,
    workers: int | None = None,
    crops: int = 0,
) -> FolderSource:
    """Open a folder (with its subfolders) or a .zip of images (`IMAGE_FORMATS`).

    Every image becomes its centre, scaled to (channels, height, width), or, with ``crops``, that many
    random squares at its own scale (`decode_crops`), always the same. The first opening decodes
    all files into the cache in ``cache_dir``; later ones, of unchanged files, only list them. Files that
    give no image are skipped and listed in ``.skipped``. Hidden files, what other programs left, and other
    extensions are ignored.

    Args:
        size: (height, width), or the side of squares.
        channels: 3, or 1 for grey.
        watch: hears of files, and is asked, about ten times a second from the calling thread.
        workers: decoding threads; by default one for each core, at most 8.

    Raises:
        DataError: no usable image is at ``path``, or the cache cannot be written.
        Cancelled: ``watch`` said so; nothing is kept.
    """
    height, width = height_and_width(size)
    if min(height, width) < 1 or channels not in (1, 3):
        raise ValueError(f"size must be at least 1 and channels 1 or 3, not {size} and {channels}")
    path = Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100  (links keep their own names)
    with closing(list_images(path, watch)) as listing:
        if not listing.names:
            raise _nothing_usable(path, listing)
        key = _cache_key(listing, size, channels, crops)
        cache = ImageCache(cache_dir)
        cached = cache.load(key)
        if cached is not None and any(_readable(listing, index) for index in cached.record["retry"]):
            cached = None
            cache.discard(key)
        if cached is None:
            with cache.building(key, (watch or Watch()).check):
                cached = cache.load(key)  # by another process meanwhile
                if cached is None:
                    skips = _Skips(path, listing)
                    shape = (channels, height, width)
                    chunks = decode_listing(listing, shape, watch, workers, crops)
                    with closing(chunks):
                        batches = (skips.note(chunk) for chunk in chunks)
                        capacity = max(1, crops) * len(listing.names)
                        cached = cache.store(key, shape, capacity, batches, skips.record)
        elif watch is not None:
            watch.step(len(listing.names), len(listing.names), DECODING)
    return _source(path, listing, key, cached.images, cached.record, crops)


def decoded_before(
    path: Path, listing: Listing, size: int, channels: int, cache_dir: Path | None = None
) -> FolderSource | None:
    """The images of ``listing``, which is that of ``path``, if they are in the cache; nothing is decoded."""
    key = _cache_key(listing, size, channels, crops=0)
    cached = ImageCache(cache_dir).load(key)
    return None if cached is None else _source(path, listing, key, cached.images, cached.record, crops=0)


def _cache_key(listing: Listing, size: Size, channels: int, crops: int) -> str:
    view = f"{crops} crops" if crops else "centre square"
    height, width = height_and_width(size)
    settings = f"decoding {_DECODING}, {view}, {channels} × {height} × {width}"
    return hashlib.sha256(f"{listing.key()} {settings}".encode()).hexdigest()


class _Skips:
    """Gathers what was skipped while decoding, as the record kept beside the images."""

    def __init__(self, path: Path, listing: Listing) -> None:
        self._path = path
        self._listing = listing
        self._indices: list[int] = []
        self._reasons: list[str] = []
        self._retry: list[int] = []

    def note(self, chunk: Chunk) -> np.ndarray:
        """Remember the failures of ``chunk`` and hand on its images."""
        for failure in chunk.failures:
            self._indices.append(failure.index)
            if len(self._reasons) < MAX_REPORTED:
                self._reasons.append(failure.reason)
            if failure.transient and len(self._retry) < MAX_REPORTED:
                self._retry.append(failure.index)
        return chunk.images

    def record(self) -> dict[str, Any]:
        """``skipped``: indices of all; ``reasons``: of the first; ``retry``: those to try again next time."""
        if self._retry and not self._path.exists():
            raise DataError(f"{self._path} went away while it was read. Bring it back and open it again.")
        if len(self._indices) == len(self._listing.names):
            raise _nothing_usable(self._path, self._listing, self._reasons)
        return {"skipped": self._indices, "reasons": self._reasons, "retry": self._retry}


def _source(
    path: Path, listing: Listing, key: str, images: np.ndarray, record: dict[str, Any], crops: int
) -> FolderSource:
    skipped = [
        SkippedFile(printable(listing.names[index]), reason)
        for index, reason in zip(record["skipped"], record["reasons"], strict=False)
    ]
    unlisted = [SkippedFile(printable(name), reason) for name, reason in listing.unlisted[:MAX_REPORTED]]
    gone = set(record["skipped"])
    labels = [name for index, name in enumerate(listing.names) if index not in gone]
    if crops:
        labels = [f"{name}, crop {crop + 1}" for name in labels for crop in range(crops)]
    return FolderSource(
        name=printable(path.stem if path.is_file() else path.name or str(path)),
        images=images,
        labels=labels,
        skipped=(unlisted + skipped)[:MAX_REPORTED],
        skipped_count=len(listing.unlisted) + len(gone),
        stamps=listing.stamps,
        key=key,
    )


def _nothing_usable(path: Path, listing: Listing, reasons: Sequence[str] = ()) -> DataError:
    """``reasons``: why the first of the listed files gave no image."""
    failed = [*listing.unlisted, *zip(listing.names, reasons, strict=False)]
    if not failed:
        known = ", ".join(EXTENSIONS)
        return DataError(f"There is no image file ({known}) anywhere in {path}. Choose another folder.")
    name, reason = failed[0]
    return DataError(
        f"None of the image files in {path} can be used, the first, {printable(name)}, because: {reason}. "
        "Repair them, or choose another folder."
    )


def _readable(listing: Listing, index: int) -> bool:
    try:
        with listing.open(index) as file:
            file.read(1)
    except (OSError, UnreadableImageError):
        return False
    return True
