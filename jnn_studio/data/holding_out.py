"""Images kept apart to judge what was learnt from the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jnn_studio.base.text import counted
from jnn_studio.data.source import ImageSource

MIN_FOLDERS = 4
"""Folders with images, from which on whole folders are kept apart: one is often a person, or a scene."""


@dataclass(frozen=True)
class HeldOut:
    """A collection in two parts, as ascending indices.

    Attributes:
        rest: what is learnt from.
        images: what is kept apart.
        folders: the folders kept apart as a whole; 0 where single images are.
        of_folders: all folders with images.
    """

    rest: tuple[int, ...]
    images: tuple[int, ...]
    folders: int
    of_folders: int

    @property
    def words(self) -> str:
        """What is kept apart."""
        images = counted(len(self.images), "image")
        if self.folders:
            return f"{images}, all of {self.folders:,} of {counted(self.of_folders, 'folder')}"
        return images


def hold_out(source: ImageSource, share: float, seed: int = 0) -> HeldOut:
    """Keep about ``share`` of the images apart, whole folders where at least `MIN_FOLDERS` have images.

    An image of a person who is among the others flatters. At least one image, or folder, is kept apart, and
    one left, unless ``share`` is 0. The same seed gives the same.
    """
    folders = [source.label(index).rpartition("/")[0] for index in range(len(source))]
    names, folder = np.unique(np.array(folders, dtype=object).astype(str), return_inverse=True)
    whole = len(names) >= MIN_FOLDERS
    unit = folder if whole else np.arange(len(source))
    count = int(unit.max()) + 1
    taken = min(max(round(share * count), 1), count - 1) if share > 0 else 0
    apart = np.isin(unit, np.random.default_rng(seed).permutation(count)[:taken])
    rest, images = (tuple(np.flatnonzero(part).tolist()) for part in (~apart, apart))
    return HeldOut(rest, images, taken if whole else 0, len(names))
