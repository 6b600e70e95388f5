"""Tables for spreadsheets.

No one file opens rightly everywhere. One that begins with a byte order mark is taken for UTF-8 by all. Where
numbers have a point, a spreadsheet expects commas between cells; where they have a comma, semicolons: so a
table is written with the decimal sign of the person's own system, which then opens it with a double click.
`jnn_studio.base.table_file` reads both.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from jnn_studio.base.atomic import replacing

Cell = str | int | float

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet takes for a formula, after spaces and line ends."""


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]], decimal: str = ".") -> None:
    """Write a table, as `replacing`: every digit of its numbers, and its texts as texts.

    A spreadsheet takes a text that begins like a formula for one and may fetch or start something for it.
    Such a text gets an apostrophe before it.

    Args:
        decimal: what stands before a number's fraction: ``"."``, with commas between cells, or ``","``, with
            semicolons.

    Raises:
        OSError: the folder is not there or cannot be written or the disk is full; ``path`` is then as it was.
    """
    with replacing(path, make_folder=False) as temporary, temporary.open("wb") as binary:
        # Bytes of a name that is no UTF-8 are written out.
        file = io.TextIOWrapper(binary, "utf-8-sig", errors="backslashreplace", newline="")
        _write(file, header, rows, decimal == ",")
        file.flush()


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The same table as text for other programs, with points and commas, and without a mark before it."""
    file = io.StringIO(newline="")
    _write(file, header, rows, comma=False)
    return file.getvalue()


def _write(file: TextIO, header: Sequence[str], rows: Iterable[Sequence[Cell]], comma: bool) -> None:
    writer = csv.writer(file, "excel", delimiter=";" if comma else ",")
    writer.writerow([_cell(text, comma) for text in header])
    writer.writerows([_cell(cell, comma) for cell in row] for row in rows)


def _cell(cell: Cell, comma: bool) -> Cell:
    if isinstance(cell, str):
        return f"'{cell}" if cell.lstrip(" \n").startswith(FORMULA) else cell
    return str(cell).replace(".", ",") if comma and isinstance(cell, float) else cell
