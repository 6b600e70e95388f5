"""An evaluation as a table for spreadsheets: the same from the window and from the command line."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jnn_studio.base.csv_file import Cell
from jnn_studio.labs.denoise.denoisers.methods import DIFFERENCES, PENALISED
from jnn_studio.labs.denoise.measuring.evaluation import FIELDS, Measured, Row, rows
from jnn_studio.labs.denoise.measuring.paired import Paired, ahead

COLUMNS = ("method", "images", *(f"{name}_{part}" for name in FIELDS for part in ("mean", "sd")))
CSV_HEADER = (*COLUMNS, *(f"penalised_ahead{part}" for part in ("", "_low", "_high")))


def compared(measured: Sequence[Measured]) -> list[tuple[Row, Paired | None]]:
    """A row for each method, and by how much the penalised denoiser is ahead of it."""
    there = {found.method for found in measured}
    ours = next((key for key in (PENALISED, DIFFERENCES) if key in there), PENALISED)
    gains = ahead(measured, ours)
    return [(row, gains.get(row.method)) for row in rows(measured)]


def csv_cells(measured: Sequence[Measured]) -> list[list[Cell]]:
    """Under `CSV_HEADER`, with all digits; what there is not, or is infinite, is left empty."""
    cells: list[list[Cell]] = []
    for row, gain in compared(measured):
        numbers = [value for name in FIELDS for value in (row.mean[name], row.sd[name])]
        interval = (None, None, None) if gain is None else (gain.mean, gain.low, gain.high)
        shown: list[Cell] = ["" if v is None or not math.isfinite(v) else v for v in (*numbers, *interval)]
        cells.append([row.method, row.images, *shown])
    return cells
