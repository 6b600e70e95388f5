"""Writing what is on show as a table for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QLocale

from jnn_studio.base.csv_file import Cell, write_csv


def save_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a CSV as the spreadsheets of this system expect it; raises what `write_csv` raises."""
    write_csv(path, header, rows, QLocale().decimalPoint())
