"""Which image a name in a table means."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from jnn_studio.base.text import printable

_SEVERAL = -1


class FileNames:
    """The labels of a source, to be found by names that are written a little differently.

    A name means the image of exactly that label; else the one whose path ends like it or that it ends like,
    in any case; else that without the extensions. ``s1/3.pgm`` is found by ``orl/s1/3.pgm``, ``S1\\3.png``,
    and by ``3`` where there is only one ``3``. Where several fit equally well, none is meant. Accents may be
    signs of their own, as in the names on a Mac's disk, or not.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = labels
        self._exact = {label: index for index, label in enumerate(labels)}
        self._full, self._stems = _Paths(), _Paths()
        for index, label in enumerate(labels):
            path = _normal(label)
            self._full.add(path, index)
            self._stems.add(_stem(path), index)

    def __len__(self) -> int:
        return len(self._labels)

    @property
    def example(self) -> str:
        """The first label."""
        return self._labels[0]

    def is_label(self, name: str) -> bool:
        """Whether an image is called exactly so."""
        return name in self._exact or name.strip() in self._exact

    def find(self, name: str, by_base: bool = False) -> int | None:
        """Index of the image that ``name`` means, None if it means none or several.

        Args:
            by_base: look at the last part of the path only, for tables that know other folders.
        """
        name = printable(name)  # as the labels are
        exact = self._exact.get(name)
        if exact is not None:
            return exact
        path = _normal(name)
        if not path:
            return None
        for paths, key in ((self._full, path), (self._stems, path), (self._stems, _stem(path))):
            found = paths.find(key, by_base)
            if found is not None:
                return None if found == _SEVERAL else found
        return None


class _Paths:
    """Paths of images, whole and by their ends; `_SEVERAL` where more than one has it."""

    def __init__(self) -> None:
        self._whole: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self._bases: dict[str, int] = {}

    def add(self, path: str, index: int) -> None:
        _note(self._whole, path, index)
        _note(self._bases, path.rsplit("/", 1)[-1], index)
        for end in _endings(path):
            _note(self._ends, end, index)

    def find(self, path: str, by_base: bool) -> int | None:
        if by_base:
            return self._bases.get(path.rsplit("/", 1)[-1])
        found = self._whole.get(path, self._ends.get(path))
        ends = iter(_endings(path))
        while found is None and (end := next(ends, None)) is not None:
            found = self._whole.get(end)
        return found


def _note(known: dict[str, int], key: str, index: int) -> None:
    if known.setdefault(key, index) != index:
        known[key] = _SEVERAL


def _normal(name: str) -> str:
    path = unicodedata.normalize("NFC", name).strip().replace("\\", "/").casefold()
    return path.removeprefix("./").strip("/")


def _stem(path: str) -> str:
    """Without the extension of an image; other dots belong to the name."""
    front, dot, extension = path.rpartition(".")
    return front if dot and front and not front.endswith("/") and extension.isalpha() else path


def _endings(path: str) -> list[str]:
    """The path and what is left of it when its first folders are taken away, longest first."""
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]
