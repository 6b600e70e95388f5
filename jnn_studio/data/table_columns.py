"""From the cells of a column to numbers."""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from dataclasses import dataclass

import numpy as np

MISSING = frozenset(
    {
        *("", "na", "<na>", "n/a", "nan", "null", "none", "?", "-", "–", "—", "."),
        # Errors of a spreadsheet, in English and German.
        *(
            "#n/a",
            "#nv",
            "#value!",
            "#wert!",
            "#div/0!",
            "#ref!",
            "#bezug!",
            "#name?",
            "#null!",
            "#num!",
            "#zahl!",
        ),
    }
)
"""Cells in which nothing is known, in any case."""

YES = frozenset({"yes", "y", "true", "t", "ja", "j", "wahr"})
NO = frozenset({"no", "n", "false", "f", "nein", "falsch"})

_GROUPED = {
    sign: re.compile(rf"[+-]?\d{{1,3}}(?:{re.escape(other)}\d{{3}})+(?:{re.escape(sign)}\d*)?")
    for sign, other in ((".", ","), (",", "."))
}
"""Numbers with a decimal sign whose thousands the other sign groups."""
_SPACED = re.compile(r"[+-]?\d{1,3}(?:([ \u00a0\u202f\u2009'’])\d{3})(?:\1\d{3})*(?:[.,]\d*)?")
_LARGEST = float(np.finfo(np.float32).max)
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
    """Gathers the cells of a column, in the order of the rows; distinct texts are kept once."""

    def __init__(self, name: str) -> None:
        self.name = name.strip()
        self._cells: dict[str, int] = {}
        self._texts: dict[str, int] = {}
        self._codes = array("i")

    def add(self, cell: str) -> None:
        """The cell of the next row."""
        code = self._cells.get(cell)
        if code is None:
            text = unicodedata.normalize("NFC", cell).strip()
            missing = text.casefold() in MISSING
            code = _MISSING_CODE if missing else self._texts.setdefault(text, len(self._texts))
            self._cells[cell] = code
        self._codes.append(code)

    @property
    def is_empty(self) -> bool:
        """Nothing is known in any row."""
        return not self._texts

    @property
    def decimal(self) -> str:
        """Which sign stands before the fractions of these numbers, where they can be read in one way only.

        ``"0,5"`` has a comma; ``"1,234"`` has one or groups thousands, and says nothing.
        """
        read = {sign: self._numbers(sign) for sign in ".,"}
        if all(numbers is None for numbers in read.values()) or None not in read.values():
            return ""
        return "," if read["."] is None else "."

    def attribute(self, decimal: str = "") -> Attribute:
        """Numbers as they are; yes and no as 1 and 0; of two other words, the later in the alphabet is 1.

        Args:
            decimal: the sign before fractions in other columns; decides where this one has two meanings.

        Raises:
            NotAnAttribute: there are more than two different words, all images have the same value, or its
                numbers may mean one thing or another.
        """
        if not self._texts:
            raise NotAnAttribute("no values")
        name, numbers = self.name, self._read(decimal)
        if numbers is None:
            words = sorted({text.casefold() for text in self._texts})
            if len(words) != 2:
                raise NotAnAttribute(
                    f"{len(words):,} different words" if len(words) > 1 else "the same for all"
                )
            lower, upper = words
            if lower in YES and upper in NO:
                lower, upper = upper, lower
            if not (upper in YES and lower in NO):
                name = f"{name} = {next(t for t in self._texts if t.casefold() == upper)}"
            numbers = [float(text.casefold() == upper) for text in self._texts]
        # The last entry stands for the code of what is missing.
        values = np.array([*numbers, math.nan], np.float32)[np.array(self._codes, np.int64)]
        values[np.isinf(values)] = math.nan
        distinct = len(np.unique(values[~np.isnan(values)]))
        if distinct < 2:
            raise NotAnAttribute("the same for all" if distinct else "no values")
        return Attribute(name, values, binary=distinct == 2)

    def _read(self, decimal: str) -> list[float] | None:
        """The distinct texts as numbers; None if one of them is a word."""
        point, comma = self._numbers("."), self._numbers(",")
        if point is None or comma is None or point == comma:
            return comma if point is None else point
        # Every fraction has three digits: it may be thousands.
        if not decimal and not any("," in text for text in self._texts):
            decimal = "."
        if decimal == "," and all("," not in text for text in self._texts):
            decimal = ""  # among commas, a point that groups thousands or is somebody else's
        if not decimal:
            text = next(text for text in self._texts if "," in text or "." in text)
            least, most = sorted(_number(text, sign) or 0.0 for sign in ".,")
            raise NotAnAttribute(
                f"“{text}” may mean {least:g} or {most:g}; write it without signs for thousands"
            )
        return point if decimal == "." else comma

    def _numbers(self, decimal: str) -> list[float] | None:
        """The distinct texts as numbers with that sign before fractions; None if one of them is a word."""
        numbers = []
        for text in self._texts:
            number = _number(text, decimal)
            if number is None:
                return None
            numbers.append(number)
        return numbers


def _number(text: str, decimal: str) -> float | None:
    """A number whose fraction stands behind ``decimal``, infinite if it is no finite one; None for a word."""
    other = "," if decimal == "." else "."
    plain = text.replace("−", "-")
    if _SPACED.fullmatch(plain):
        plain = "".join(sign for sign in plain if sign.isdigit() or sign in "+-.,")
    if other in plain:
        if not _GROUPED[decimal].fullmatch(plain):
            return None
        plain = plain.replace(other, "")
    try:
        # An underscore is a digit separator to Python, but not in a table.
        number = float("x" if "_" in plain else plain.replace(decimal, "."))
    except ValueError:
        return None
    return number if abs(number) <= _LARGEST else math.inf
