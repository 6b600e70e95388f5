"""Which images of a collection to show, and in what order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from jnn_studio.data.folder_names import folder_levels
from jnn_studio.data.source import FactorSource, ImageSource
from jnn_studio.explore.collection.gallery import Survey

Order = Literal["file", "worst", "best", "nearest"]
"""The source's own order, by PSNR of the reconstruction from either end, or by distance in latent space."""


class Table(Protocol):
    """Named numbers of every image, such as an attribute table matched to the source."""

    @property
    def names(self) -> Sequence[str]:
        """Names of the columns."""

    @property
    def values(self) -> np.ndarray:
        """(images, columns), NaN where nothing is known."""

    @property
    def binary(self) -> Sequence[bool]:
        """Whether a column only takes two values; the larger means yes."""


@dataclass(frozen=True)
class Facet:
    """What every image has: a factor, an attribute, or a folder it is in.

    Attributes:
        values: float32 (images,), NaN where nothing is known.
        binary: whether it only takes two values; the larger means yes.
        categories: the names that the values 0, 1, … stand for, "" for none; empty: values are numbers.
    """

    name: str
    values: np.ndarray
    binary: bool
    low: float
    high: float
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filter:
    """Keeps images whose facet ``name`` lies in [low, high]; an image without a value never does.

    Of a facet with categories both ends are one of them.
    """

    name: str
    low: float = -np.inf
    high: float = np.inf


@dataclass(frozen=True, eq=False)
class Picked:
    """Images that were picked elsewhere, by hand: those in a lasso on the map.

    Attributes:
        name: how they were picked.
        indices: int64 of the source.
    """

    name: str
    indices: np.ndarray


@dataclass(frozen=True)
class Query:
    """What is asked for: text in the label (all words, any case), filters that all hold, and an order.

    ``target`` is the latent (latent,) that "nearest" is nearest to. ``picked``: only of these images.
    """

    text: str = ""
    filters: tuple[Filter, ...] = ()
    order: Order = "file"
    target: np.ndarray | None = field(default=None, compare=False)
    picked: Picked | None = None

    @property
    def is_everything(self) -> bool:
        """Whether no image is left out."""
        return not self.text.strip() and not self.filters and self.picked is None


@dataclass(frozen=True)
class Selection:
    """The images to show, in that order.

    Attributes:
        indices: int64 indices of the source.
        numbers: what they are ordered by, float32 of the same length (dB or latent distance), NaN where
            it is not known yet; None in the source's own order.
    """

    indices: np.ndarray
    numbers: np.ndarray | None


class Catalogue:
    """A collection with what can be asked of its images. Made and used on one thread.

    Args:
        table: attributes of the source's images; ignored if it is of another number of images.
    """

    def __init__(self, source: ImageSource, table: Table | None = None) -> None:
        self.source = source
        self._labels: list[str] | None = None
        self.facets: dict[str, Facet] = {}
        if isinstance(source, FactorSource):
            factors = source.factors(range(len(source))).numpy()
            for name, values in zip(source.factor_names, factors.T, strict=True):
                self._add(name, values, False)
        if table is not None and len(table.values) == len(source):
            for name, values, binary in zip(
                table.names, np.asarray(table.values).T, table.binary, strict=True
            ):
                self._add(name, values, binary)
        if not isinstance(source, FactorSource):
            for level in folder_levels([source.label(index) for index in range(len(source))]):
                self._add(level.name, level.of, False, level.folders)

    def select(self, query: Query, survey: Survey | None = None) -> Selection:
        """The images ``query`` asks for.

        In an order that needs a survey, images it has not reached, and those without a number, come last.

        Raises:
            KeyError: a filter names no facet of this collection.
        """
        keep = np.ones(len(self.source), bool)
        for wanted in query.filters:
            values = self.facets[wanted.name].values
            keep &= (values >= wanted.low) & (values <= wanted.high)
        if query.picked is not None:
            keep &= np.isin(np.arange(len(keep)), query.picked.indices)
        words = query.text.casefold().split()
        if words:
            if self._labels is None:
                self._labels = [self.source.label(i).casefold() for i in range(len(self.source))]
            matches = (all(word in label for word in words) for label in self._labels)
            keep &= np.fromiter(matches, bool, len(self._labels))
        indices = np.flatnonzero(keep)
        known = _known(query, survey)
        if known is None:
            return Selection(indices, None)
        numbers = np.full(len(self.source), np.nan, np.float32)
        numbers[: len(known)] = known
        numbers = numbers[indices]
        order = np.argsort(-numbers if query.order == "best" else numbers, kind="stable")  # NaN last
        return Selection(indices[order], numbers[order])

    def _add(self, name: str, values: np.ndarray, binary: bool, categories: tuple[str, ...] = ()) -> None:
        finite = values[np.isfinite(values)]
        if len(finite) and name not in self.facets:
            values = np.ascontiguousarray(values, np.float32)
            low, high = float(finite.min()), float(finite.max())
            self.facets[name] = Facet(name, values, binary, low, high, categories)


def _known(query: Query, survey: Survey | None) -> np.ndarray | None:
    if query.order == "file" or survey is None:
        return None
    if query.order == "nearest":
        return None if query.target is None else survey.distances(query.target)
    return survey.psnr
