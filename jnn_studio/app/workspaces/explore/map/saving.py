"""The map as a picture or a table, in a file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from jnn_studio.app.file_dialogs import ask_where_to_save, file_name
from jnn_studio.app.picture_file import save_picture
from jnn_studio.app.tables import save_table
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.catalogue import Facet
from jnn_studio.explore.collection.latent_map import LatentMap


def ask_for_picture(panel: QWidget, seen: QRect, title: str) -> None:
    """Ask where to save what ``seen`` of ``panel`` shows, as PNG."""

    def write(path: Path) -> None:
        save_picture(panel.grab(seen).toImage(), path)

    ask_where_to_save(panel, "the map", file_name(title), "PNG picture", "png", write)


def ask_for_table(
    panel: QWidget, found: LatentMap, source: ImageSource, facets: Mapping[str, Facet], title: str
) -> None:
    """Ask where to save every image's place and all that is known of it, as CSV."""
    ask_where_to_save(
        panel, "the map", file_name(title), "Table", "csv", partial(write_table, found, source, facets)
    )


def write_table(found: LatentMap, source: ImageSource, facets: Mapping[str, Facet], path: Path) -> None:
    """One row for each image that has a place; what is not known is empty.

    Raises:
        OSError: ``path`` cannot be written.
    """
    rows = np.flatnonzero(np.isfinite(found.points).all(axis=1)).tolist()
    save_table(
        path,
        ["image", *found.axes, *facets],
        (
            [source.label(row), *found.points[row].tolist(), *(_cell(f, row) for f in facets.values())]
            for row in rows
        ),
    )


def _cell(facet: Facet, row: int) -> str | float:
    value = float(facet.values[row])
    if not np.isfinite(value):
        return ""
    return facet.categories[int(value)] if facet.categories else value
