"""A table as somebody wants it: to look at, for programs, for spreadsheets, for a paper."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from jnn_studio.base.atomic import write_text
from jnn_studio.base.csv_file import Cell, csv_text, write_csv
from jnn_studio.base.latex_table import latex_table
from jnn_studio.base.text import printable
from jnn_studio.cli.output import say, say_exactly

_GAP = "  "


class TableForm(StrEnum):
    """What it is written as."""

    table = "table"
    json = "json"
    csv = "csv"
    latex = "latex"


@dataclass(frozen=True)
class OutputTable:
    """A table in its three guises.

    Attributes:
        header, shown: for people: titles, and rows of texts.
        numbers: which of these columns stand at the right.
        keys, cells: for spreadsheets: names, and rows of values with every digit.
        data: for programs, as JSON.
    """

    header: Sequence[str]
    shown: Sequence[Sequence[str]]
    numbers: Sequence[bool]
    keys: Sequence[str]
    cells: Sequence[Sequence[Cell]]
    data: Any


def put_out(table: OutputTable, form: TableForm, out: Path | None) -> None:
    """Print it, or write it to the file ``out``; raises OSError where that cannot be written."""
    if form is TableForm.csv and out is not None:
        write_csv(out, table.keys, table.cells)
        return
    match form:
        case TableForm.json:
            text = json.dumps(table.data, ensure_ascii=False, indent=1)
        case TableForm.csv:
            text = csv_text(table.keys, table.cells).rstrip("\r\n")
        case TableForm.latex:
            text = latex_table(table.header, table.shown, table.numbers)
        case TableForm.table:
            text = _aligned(table)
    if out is not None:
        write_text(out, text.encode("utf-8", "backslashreplace").decode() + "\n")
    elif form is TableForm.table:
        say(text)
    else:
        say_exactly(text)


def _aligned(table: OutputTable) -> str:
    rows = [tuple(map(printable, row)) for row in (table.header, *table.shown)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = (
        _GAP.join(_padded(*cell) for cell in zip(row, widths, table.numbers, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def _padded(text: str, width: int, number: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if number else text + space
