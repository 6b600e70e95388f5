"""From the cells of a column to numbers."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

import numpy as np

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?", "-"})
"""Cells in which nothing is known, in any case."""

YES = frozenset({"yes", "y", "true", "t"})
NO = frozenset({"no", "n", "false", "f"})


_MISSING_CODE = -1


class NotAnAttribute(ValueError):
    """A column cannot be read as an attribute; the message says why."""


@dataclass(frozen=True)
class Attribute:
    """A column as numbers: float32 (rows,), NaN where nothing is known."""

    name: str
    values: np.ndarray
    binary: bool


class TableColumn:
    """Gathers the cells of a column, in the order of the rows; distinct texts are kept once.

    Args:
        decimal_comma: ``0,5`` is a half.
    """

    def __init__(self, name: str, decimal_comma: bool = False) -> None:
        self.name = name.strip()
        self._comma = decimal_comma
        self._cells: dict[str, int] = {}
        self._texts: dict[str, int] = {}
        self._codes = array("i")

    def add(self, cell: str) -> None:
        """The cell of the next row."""
        code = self._cells.get(cell)
        if code is None:
            text = cell.strip()
            missing = text.casefold() in MISSING
            code = _MISSING_CODE if missing else self._texts.setdefault(text, len(self._texts))
            self._cells[cell] = code
        self._codes.append(code)

    def attribute(self) -> Attribute:
        """Numbers as they are; yes and no as 1 and 0; of two other words, the later in the alphabet is 1.

        Raises:
            NotAnAttribute: there are more than two different words, or all images have the same value.
        """
        if not self._texts:
            raise NotAnAttribute("no values")
        name, numbers = self.name, self._numbers()
        if numbers is None:
            words = sorted({text.casefold() for text in self._texts})
            if len(words) != 2:
                raise NotAnAttribute(
                    f"{len(words):,} different words" if len(words) > 1 else "the same for all"
                )
            lower, upper = words
            if not (upper in YES and lower in NO):
                name = f"{name} = {next(t for t in self._texts if t.casefold() == upper)}"
            numbers = [float(text.casefold() == upper) for text in self._texts]
        # The last entry stands for the code of what is missing.
        values = np.array([*numbers, math.nan], np.float32)[np.array(self._codes, np.int64)]
        distinct = len(np.unique(values[~np.isnan(values)]))
        if distinct < 2:
            raise NotAnAttribute("the same for all" if distinct else "no values")
        return Attribute(name, values, binary=distinct == 2)

    def _numbers(self) -> list[float] | None:
        """The distinct texts as numbers; None if one of them is a word. What is not finite is missing."""
        numbers = []
        for text in self._texts:
            try:
                # An underscore is a digit separator to Python, but not in a table.
                number = float("x" if "_" in text else text.replace(",", ".") if self._comma else text)
            except ValueError:
                return None
            numbers.append(number if abs(number) <= np.finfo(np.float32).max else math.nan)
        return numbers
