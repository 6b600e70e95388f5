"""Which image a name in a table means."""

from __future__ import annotations

from collections.abc import Sequence

_SEVERAL = -1


class FileNames:
    """The labels of a source, to be found by names that are written a little differently.

    A name means an image if one path ends in the other, with or without the extension and in any case, and
    no other image fits as well: ``s1/3.pgm`` is found by ``orl/s1/3.pgm``, ``S1\\3.png``, and by ``3``
    where there is only one ``3``.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = labels
        self._whole: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self._bases: dict[str, int] = {}
        for index, label in enumerate(labels):
            path = _normal(label)
            for key in (path, _stem(path)):
                _note(self._whole, key, index)
                for end in _endings(key):
                    _note(self._ends, end, index)
                _note(self._bases, key.rsplit("/", 1)[-1], index)

    def __len__(self) -> int:
        return len(self._labels)

    @property
    def example(self) -> str:
        """The first label."""
        return self._labels[0]

    def find(self, name: str, by_base: bool = False) -> int | None:
        """Index of the image that ``name`` means, None if it means none or several.

        Args:
            by_base: look at the last part of the path only, for tables that know other folders.
        """
        path = _normal(name)
        if not path:
            return None
        for key in (path, _stem(path)):
            if by_base:
                found = self._bases.get(key.rsplit("/", 1)[-1])
            else:
                found = self._ends.get(key)
                ends = iter(_endings(key))
                while found is None and (end := next(ends, None)) is not None:
                    found = self._whole.get(end)
            if found is not None:
                return None if found == _SEVERAL else found
        return None


def _note(known: dict[str, int], key: str, index: int) -> None:
    if known.setdefault(key, index) != index:
        known[key] = _SEVERAL


def _normal(name: str) -> str:
    path = name.strip().replace("\\", "/").casefold()
    return path.removeprefix("./").strip("/")


def _stem(path: str) -> str:
    """Without the extension of an image; other dots belong to the name."""
    front, dot, extension = path.rpartition(".")
    return front if dot and front and not front.endswith("/") and extension.isalpha() else path


def _endings(path: str) -> list[str]:
    """The path and what is left of it when its first folders are taken away, longest first."""
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]
