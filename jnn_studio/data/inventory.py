"""How many images there are in a folder or .zip, what is left out, and why. Nothing is decoded."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.text import counted, printable
from jnn_studio.base.watch import Watch
from jnn_studio.data.decode import open_image
from jnn_studio.data.errors import UnreadableImageError
from jnn_studio.data.folder import decoded_before
from jnn_studio.data.listing import Listing, list_images

SHOWN = 3
"""Reasons that are named; the others are counted together."""


@dataclass(frozen=True)
class Inventory:
    """What was found.

    Attributes:
        images: files that open as an image; if all have been decoded before, those that gave one.
        folders: folders with images; 0 where all lie in one.
        left_out: (reason, how many files, one of them), the commonest first.
        files: image files there are in all, by their names.
        looked_at: those that were opened, in the order of their names; fewer than ``files`` if there was no
            time for all.
    """

    images: int
    folders: int
    left_out: tuple[tuple[str, int, str], ...]
    files: int
    looked_at: int

    @property
    def complete(self) -> bool:
        """Whether every file was looked at."""
        return self.looked_at == self.files

    @property
    def likely_images(self) -> int:
        """Images, those that were not looked at taken for sound."""
        return self.images + self.files - self.looked_at

    @property
    def words(self) -> str:
        """For people."""
        within = f" in {counted(self.folders, 'folder')}" if self.folders else ""
        if self.complete:
            words = f"{counted(self.images, 'image')}{within}."
        else:
            words = (
                f"{counted(self.files, 'image file')}{within}; the first {self.looked_at:,} were looked at."
            )
        if self.left_out:
            gone = sum(count for _, count, _ in self.left_out)
            told = [f"{count:,} × {reason} ({name})" for reason, count, name in self.left_out[:SHOWN]]
            more = sum(count for _, count, _ in self.left_out[SHOWN:])
            told += [f"{more:,} for other reasons"] if more else []
            words += f" Left out: {counted(gone, 'file')}: {'; '.join(told)}."
        return words


def take_inventory(
    path: Path,
    size: int,
    channels: int,
    watch: Watch | None = None,
    seconds: float = 2.0,
    cache_dir: Path | None = None,
) -> Inventory:
    """Look into a folder or .zip.

    What has been decoded before, at this size and with so many channels, is known to the last file. Otherwise
    files are opened but not decoded, for so many seconds at most: a picture that is cut short is found only
    once it is decoded.

    Raises:
        DataError: there is nothing that can be listed at ``path``.
        Cancelled: ``watch`` said so.
    """
    watch = watch or Watch()
    with closing(list_images(path, watch)) as listing:
        files = len(listing.names) + len(listing.unlisted)
        folders = {name.rpartition("/")[0] for name in listing.names}
        within = len(folders) if len(folders) > 1 else 0
        before = decoded_before(path, listing, size, channels, cache_dir) if listing.names else None
        if before is not None:
            skips = [(skipped.reason, skipped.name) for skipped in before.skipped]
            unnamed = before.skipped_count - len(skips)
            return Inventory(len(before), within, _by_reason(skips, unnamed), files, files)
        found = [(reason, printable(name)) for name, reason in listing.unlisted]
        images, opened = _look(listing, found, watch, seconds)
        return Inventory(images, within, _by_reason(found), files, opened + len(listing.unlisted))


def _look(listing: Listing, found: list[tuple[str, str]], watch: Watch, seconds: float) -> tuple[int, int]:
    """(images, files opened); appends the reason and the name of each that is none."""
    end = time.monotonic() + seconds
    images = 0
    for index, name in enumerate(listing.names):
        if time.monotonic() > end:
            return images, index
        if watch.cancelled:
            raise Cancelled
        try:
            with listing.open(index) as file, open_image(file):
                images += 1
        except UnreadableImageError as error:
            found.append((error.reason, printable(name)))
        except OSError as error:
            found.append((UnreadableImageError.from_os(error).reason, printable(name)))
    return images, len(listing.names)


def _by_reason(skips: list[tuple[str, str]], unnamed: int = 0) -> tuple[tuple[str, int, str], ...]:
    counts = Counter(reason for reason, _ in skips)
    examples = dict(reversed(skips))
    told = [(reason, count, examples[reason]) for reason, count in counts.most_common()]
    return (*told, *([("not kept by name", unnamed, "…")] if unnamed else []))
