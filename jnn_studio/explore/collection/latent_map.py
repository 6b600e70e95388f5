"""A collection's latents in two dimensions, to look at and to choose from."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np

from jnn_studio.base.errors import StudioError
from jnn_studio.base.text import counted
from jnn_studio.base.watch import Watch

Layout = Literal["pca", "umap"]
"""Along the two principal components of the latents, or by `umap-learn`, which keeps neighbours together."""

GET_UMAP = 'UMAP comes with an extra: pip install "jnn-studio[map]" (umap-learn), then choose it again.'

MAX_FITTED = 20_000
"""Latents a layout is fitted to, evenly spread."""

NEIGHBOURS = 15
"""UMAP: images whose distances to each other shape a place of the map; its own default."""

NO_WALKS = "Walks are not drawn: UMAP takes a fifth of a second to place one of their points."

Place = Callable[[np.ndarray], np.ndarray]
"""Latents (m, latent) → their places (m, 2)."""


class MapError(StudioError):
    """There can be no such map; the message says why, and what to do."""


@dataclass(frozen=True)
class LatentMap:
    """Where each image of a collection is on a map.

    Attributes:
        points: float32 (images, 2), NaN where the model gives no latent.
        axes: what the horizontal and the vertical are.
        place: puts further latents there, such as a walk's; None where that is not possible, or too slow.
        note: what is to be known of it; "" if nothing.
    """

    points: np.ndarray
    axes: tuple[str, str]
    place: Place | None
    note: str = ""


def unavailable(layout: Layout) -> str:
    """Why maps of this layout cannot be made on this machine, and what to do; "" if they can."""
    return GET_UMAP if layout == "umap" and find_spec("umap") is None else ""


def make_map(layout: Layout, latents: np.ndarray, watch: Watch | None = None) -> LatentMap:
    """A map of ``latents`` (images, latent).

    Raises:
        MapError: there are too few of them, or the library is not installed.
        Cancelled: ``watch`` said so.
    """
    rows = np.flatnonzero(np.isfinite(latents).all(axis=1))
    if len(rows) < 3 or latents.shape[1] < 2:
        raise MapError(
            f"A map needs three images and a latent of two dimensions; here are {len(rows):,} and "
            f"{latents.shape[1]}. Open a larger folder, or another model."
        )
    if len(rows) > MAX_FITTED:
        rows = rows[np.linspace(0, len(rows) - 1, MAX_FITTED).astype(np.int64)]
    if layout == "pca":
        return _by_pca(latents, rows)
    return _by_umap(latents, rows, watch or Watch())


def placed(points: np.ndarray) -> np.ndarray:
    """bool (n,): which of ``points`` (n, 2) are anywhere."""
    found: np.ndarray = np.isfinite(points).all(axis=1)
    return found


def inside(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Indices of the points (n, 2) within a closed ``outline`` (m, 2)."""
    from jnn_studio.base.drawing import Outline  # takes a moment, and is not needed before

    if len(outline) < 3:
        return np.empty(0, np.int64)
    known = np.flatnonzero(placed(points))
    return known[Outline(outline, closed=False).contains_points(points[known])]


def spread(points: np.ndarray, apart: tuple[float, float], most: int) -> np.ndarray:
    """Indices of at most ``most`` points, (n, 2), no two of them nearer than ``apart`` across and down.

    The first of two points that are too near stays: the same points in the same order give the same.
    """
    across, down = apart
    taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
    found: list[int] = []
    known = np.flatnonzero(placed(points))
    for index, (x, y) in zip(known.tolist(), points[known].tolist(), strict=True):
        column, row = math.floor(x / across), math.floor(y / down)
        near = (
            other
            for i in (column - 1, column, column + 1)
            for j in (row - 1, row, row + 1)
            for other in taken.get((i, j), ())
        )
        if not any(abs(x - left) < across and abs(y - low) < down for left, low in near):
            taken.setdefault((column, row), []).append((x, y))
            found.append(index)
            if len(found) == most:
                break
    return np.array(found, np.int64)


def _by_pca(latents: np.ndarray, rows: np.ndarray) -> LatentMap:
    fitted = latents[rows].astype(np.float64)
    mean = fitted.mean(axis=0)
    fitted -= mean
    if fitted.shape[1] <= fitted.shape[0]:
        values, vectors = np.linalg.eigh(fitted.T @ fitted)
        components = vectors[:, ::-1][:, :2].T
    else:  # the same from the smaller of the two products
        values, vectors = np.linalg.eigh(fitted @ fitted.T)
        components = vectors[:, ::-1][:, :2].T @ fitted
        components /= np.maximum(np.linalg.norm(components, axis=1, keepdims=True), 1e-300)
    # The same map whichever way round the decomposition came: what weighs most is positive.
    heaviest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    components *= np.where(heaviest < 0, -1.0, 1.0)
    total = max(float(values.clip(0).sum()), 1e-300)
    shares = values[::-1][:2].clip(0) / total

    def place(more: np.ndarray) -> np.ndarray:
        placed: np.ndarray = ((more - mean) @ components.T).astype(np.float32)
        return placed

    first, second = (f"Principal component {n + 1} ({s:.0%})" for n, s in enumerate(shares))
    return LatentMap(place(latents), (first, second), place)


def _by_umap(latents: np.ndarray, rows: np.ndarray, watch: Watch) -> LatentMap:
    if why := unavailable("umap"):
        raise MapError(why)
    try:
        from umap import UMAP
    except ImportError as error:  # of what it needs itself
        raise MapError(f"UMAP is installed but cannot be used: {error}. Install umap-learn again.") from error
    watch.check()
    # Seeded, so that the same latents give the same map; that is why it keeps to one thread.
    reducer = UMAP(n_neighbors=min(NEIGHBOURS, len(rows) - 1), random_state=0, n_jobs=1)
    points = np.full((len(latents), 2), np.nan, np.float32)
    points[rows] = reducer.fit_transform(latents[rows])
    watch.check()

    known = int(np.isfinite(latents).all(axis=1).sum())
    sample = f"Of {len(rows):,} of {counted(known, 'image')}, evenly spread. " if len(rows) < known else ""
    axes = ("UMAP 1 (no unit)", "UMAP 2 (no unit)")
    return LatentMap(points, axes, None, sample + NO_WALKS)
