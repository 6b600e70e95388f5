"""An append-only curve that can be drawn at a cost set by the pixels, not by its length. Free of Qt.

Beside the samples stands a pyramid: level k holds, for each complete run of 2^k samples, where its smallest
and its largest sample are. Appending fills in the new nodes only. The extremes of any range then take one
or two nodes per level, so a view of a million samples costs as much as a view of a thousand.
"""

from __future__ import annotations

from itertools import count
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.integer[Any]]


class Bounds(NamedTuple):
    low: float
    high: float


class _Growing:
    """A flat array with room to grow: doubling makes an append O(1) on average."""

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self._store = np.empty(64, dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def view(self) -> npt.NDArray[Any]:
        return self._store[: self._size]

    def append(self, values: npt.NDArray[Any]) -> None:
        size = self._size + len(values)
        if size > len(self._store):
            grown = np.empty(max(size, 2 * len(self._store)), self._store.dtype)
            grown[: self._size] = self.view
            self._store = grown
        self._store[self._size : size] = values
        self._size = size


class Series:
    """Samples (x, y) with x never decreasing. Values of y that are not finite are gaps, kept as NaN."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._x = _Growing(np.float64)
        self._y = _Growing(np.float64)
        self._lowest: list[_Growing] = []
        self._highest: list[_Growing] = []
        self._positive: Series | None = None

    def __len__(self) -> int:
        return len(self._x)

    @property
    def x(self) -> Floats:
        return self._x.view

    @property
    def y(self) -> Floats:
        return self._y.view

    def extend(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Append samples: scalars or 1-D arrays of one length.

        Raises ValueError if the lengths differ, or if x is not finite or runs backwards.
        """
        x = np.atleast_1d(np.asarray(x, np.float64))
        y = np.atleast_1d(np.asarray(y, np.float64))
        if x.ndim != 1 or x.shape != y.shape:
            raise ValueError(f"x and y must be 1-D and of one length, not {x.shape} and {y.shape}")
        if not len(x):
            return
        if not np.isfinite(x).all() or (np.diff(x) < 0).any() or (len(self) and x[0] < self.x[-1]):
            raise ValueError("x must be finite and never decrease; clear the curve before starting again")
        y = np.where(np.isfinite(y), y, np.nan)
        self._x.append(x)
        self._y.append(y)
        self._grow()
        if self._positive is not None:
            self._positive.extend(x, _positive_part(y))

    @property
    def positive(self) -> Series:
        """The same curve with gaps where y ≤ 0, for a logarithmic axis; itself where there are none."""
        if self._positive is None:
            bounds = self.bounds()
            if bounds is None or bounds.low > 0:
                return self
            self._positive = Series()
            self._positive.extend(self.x, _positive_part(self.y))
        return self._positive

    def between(self, x0: float, x1: float) -> tuple[int, int]:
        """The half-open range of indices whose x lies in [x0, x1]."""
        return int(np.searchsorted(self.x, x0, "left")), int(np.searchsorted(self.x, x1, "right"))

    def bounds(self, x0: float = -np.inf, x1: float = np.inf) -> Bounds | None:
        """Smallest and largest y with x in [x0, x1]; None where there is no finite value."""
        first, last = self.between(x0, x1)
        if first >= last:
            return None
        low, high = self._extremes(np.array([first]), np.array([last]))
        bounds = Bounds(float(self.y[low[0]]), float(self.y[high[0]]))
        return None if np.isnan(bounds.low) else bounds

    def nearest(self, x: float) -> int | None:
        """Index of the sample nearest to x; None while there are no samples."""
        if not len(self):
            return None
        right = int(np.searchsorted(self.x, x))
        if right == 0:
            return 0
        if right == len(self):
            return right - 1
        return right if self.x[right] - x < x - self.x[right - 1] else right - 1

    def decimate(self, x0: float, x1: float, columns: int) -> tuple[Floats, Floats]:
        """Samples that draw the curve over [x0, x1] as all its samples would, `columns` pixels wide.

        Each pixel column gives its smallest and its largest sample, in order; the nearest sample outside
        either edge is added, so that the line runs to the edge. Every point returned is a real sample. NaN
        stands only where a whole column has no finite value, or where all samples are returned as they are.
        """
        first, last = self.between(x0, x1)
        outer = slice(max(first - 1, 0), min(last + 1, len(self)))
        if last - first <= 4 * columns:
            return self.x[outer], self.y[outer]
        edges = np.searchsorted(self.x, np.linspace(x0, x1, columns + 1)[1:-1])
        starts = np.concatenate(([first], edges))
        stops = np.concatenate((edges, [last]))
        filled = starts < stops
        low, high = self._extremes(starts[filled], stops[filled])
        inner = np.sort(np.stack((low, high), axis=1), axis=1).ravel()
        chosen = np.unique(np.concatenate(([outer.start], inner, [outer.stop - 1])))
        return self.x[chosen], self.y[chosen]

    def _grow(self) -> None:
        """Add the nodes that the newest samples completed, level by level."""
        for level in count():
            if level == len(self._lowest):
                self._lowest.append(_Growing(np.int32))
                self._highest.append(_Growing(np.int32))
            known, complete = len(self._lowest[level]), len(self) >> (level + 1)
            if known == complete:
                return
            below = slice(2 * known, 2 * complete)
            if level:
                low, high = self._lowest[level - 1].view[below], self._highest[level - 1].view[below]
            else:
                low = high = np.arange(below.start, below.stop)
            self._lowest[level].append(self._lower(low[::2], low[1::2]))
            self._highest[level].append(self._higher(high[::2], high[1::2]))

    def _lower(self, a: Indices, b: Indices) -> Indices:
        ya, yb = self.y[a], self.y[b]
        return np.where((yb < ya) | np.isnan(ya), b, a)

    def _higher(self, a: Indices, b: Indices) -> Indices:
        ya, yb = self.y[a], self.y[b]
        return np.where((yb > ya) | np.isnan(ya), b, a)

    def _extremes(self, start: Indices, stop: Indices) -> tuple[Indices, Indices]:
        """Where the smallest and the largest sample of each non-empty range [start, stop) are.

        Climbs the pyramid for all ranges at once. At each level a range gives up the odd node at either end
        and goes on with half as many; it is done when nothing is left.
        """
        low, high = start.copy(), start.copy()
        nodes_from, nodes_to = start.copy(), stop.copy()
        level = 0
        while True:
            odd = np.flatnonzero((nodes_from & 1) & (nodes_from < nodes_to))
            self._take(low, high, odd, nodes_from[odd], level)
            nodes_from[odd] += 1
            odd = np.flatnonzero((nodes_to & 1) & (nodes_from < nodes_to))
            nodes_to[odd] -= 1
            self._take(low, high, odd, nodes_to[odd], level)
            if (nodes_from >= nodes_to).all():
                return low, high
            nodes_from >>= 1
            nodes_to >>= 1
            level += 1

    def _take(self, low: Indices, high: Indices, ranges: Indices, nodes: Indices, level: int) -> None:
        """Let the given node count in the given ranges."""
        if not len(ranges):
            return
        low_nodes = self._lowest[level - 1].view[nodes] if level else nodes
        high_nodes = self._highest[level - 1].view[nodes] if level else nodes
        low[ranges] = self._lower(low[ranges], low_nodes)
        high[ranges] = self._higher(high[ranges], high_nodes)


def _positive_part(y: Floats) -> Floats:
    return np.where(y > 0, y, np.nan)
