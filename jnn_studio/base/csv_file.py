"""Tables for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from jnn_studio.base.atomic import replacing

Cell = str | int | float

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a table, as `replacing`: every digit of its numbers, and its texts as texts.

    A spreadsheet takes a text that begins like a formula for one and may fetch or start something for it.
    Such a text gets an apostrophe before it.

    Raises:
        OSError: the folder is not there or cannot be written or the disk is full; ``path`` is then as it was.
    """
    with replacing(path, make_folder=False) as temporary, temporary.open("wb") as binary:
        file = io.TextIOWrapper(binary, "utf-8", newline="")
        writer = csv.writer(file)
        writer.writerow([_cell(text) for text in header])
        writer.writerows([_cell(cell) for cell in row] for row in rows)
        file.flush()


def _cell(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" \n").startswith(_FORMULA) else cell
