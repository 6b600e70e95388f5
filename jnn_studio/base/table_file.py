"""Tables as spreadsheets and statistics programs write them, whatever the encoding and the separator."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from jnn_studio.base.csv_file import FORMULA
from jnn_studio.base.reading import MalformedError, open_file

SEPARATORS = ("\t", ";", ",", "|")
_SNIFFED = 64
_PORTION = 2**20
_START = 4096
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_HINT = re.compile(r'"?sep=([^"\w\r\n])"?[\t;,| ]*[\r\n]*', re.IGNORECASE)
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]")  # DOS ends files with \x1a
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
"""What Windows' encoding has no signs for."""


class TableFile:
    """The rows of a text file, as often as they are asked for.

    UTF-8, UTF-16 and UTF-32 are told by their marks or their zeros; what is no UTF-8 is Windows' western
    European encoding or, where lines end as on old Macs, theirs. Cells are separated by tabs, semicolons,
    commas or bars, whichever gives rows of one width, or else by spaces. A first line ``sep=;`` says which,
    and is no row; neither is one that only counts the rows, as CelebA's lists begin.

    Args:
        path: an ordinary file.
        limit: the most bytes that are read.

    Attributes:
        separator: what stands between cells.
        header: the first row, without empty names at its end that have nothing below them; "" comes first
            where the first column has no name.
        sample: the first rows below it.

    Raises:
        MalformedError: it is larger, or binary.
        UnicodeError, csv.Error: it is not what its mark says, or has a cell without end.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        with open_file(path) as file:
            if file.seek(0, os.SEEK_END) > limit:
                raise MalformedError(f"is larger than {limit // 2**20} MiB. Leave out what is not needed.")
            file.seek(0)
            self.encoding = _encoding(file)
        with self._text() as text:
            first = [line for line, _ in zip(text, range(_SNIFFED), strict=False)]
        hint = _HINT.fullmatch(first[0]) if first else None
        self._skip = 1 if hint else 0
        if len(first) > self._skip + 1 and first[self._skip].strip(' \t;,|\r\n"').isdigit():
            self._skip += 1
        head = first[self._skip :]
        hinted = hint[1] if hint else ""
        self.separator = hinted if hinted and _widths(head, hinted)[1:2] > [1] else _separator(head)
        rows = list(self._split(iter(head)))
        if len(first) == _SNIFFED and sum(line.count('"') for line in head) % 2:
            rows.pop()  # cut inside a cell
        self.header = _names(rows)
        self.sample = rows[1:]

    def rows(self) -> Iterator[list[str]]:
        """Rows below the header, as long as they are written; empty ones are left out."""
        with self._text() as text:
            lines = iter(text)
            for _ in range(self._skip):
                next(lines)
            split = self._split(lines)
            next(split, None)
            yield from split

    def _text(self) -> TextIO:
        return io.TextIOWrapper(open_file(self.path), self.encoding, newline="")

    def _split(self, lines: Iterator[str]) -> Iterator[list[str]]:
        rows = _by_spaces(lines) if self.separator == " " else csv.reader(lines, delimiter=self.separator)
        return ([_plain(cell) for cell in row] for row in rows if any(cell.strip() for cell in row))


def _encoding(file: BinaryIO) -> str:
    start = file.read(_START)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    zeros = [start[place::2].count(0) for place in (0, 1)]
    if max(zeros) > len(start) // 4 and min(zeros) == 0:
        return "utf-16-be" if zeros[0] else "utf-16-le"
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8, undefined, newlines, returns = True, False, 0, 0
    data = start
    while data or utf8:
        if _BINARY.search(data):
            raise MalformedError("is not text, but something binary. If it is a table, save it as CSV.")
        try:
            if utf8:
                decoder.decode(data, final=not data)
        except UnicodeDecodeError:
            utf8 = False
        if not data and utf8:
            return "utf-8"
        newlines, returns = newlines + data.count(b"\n"), returns + data.count(b"\r")
        undefined = undefined or _UNDEFINED.search(data) is not None
        data = file.read(_PORTION)
    if returns and not newlines:
        return "mac-roman"
    return "latin-1" if undefined else "cp1252"


def _names(rows: Sequence[list[str]]) -> list[str]:
    names = [unicodedata.normalize("NFC", name.strip()) for name in rows[0]] if rows else []
    below = rows[1:]
    if below and all(len(row) == len(names) + 1 for row in below):
        # Either the first column has no name, or every row ends with a separator.
        return names if all(not row[-1].strip() for row in below) else ["", *names]
    while (
        names and not names[-1] and not any(cell.strip() for row in below for cell in row[len(names) - 1 :])
    ):
        names.pop()
    return names


def _separator(lines: Sequence[str]) -> str:
    """The sign that gives most rows one width; spaces if there is none."""

    def worth(sign: str) -> tuple[float, int]:
        widths = _widths(lines, sign)
        below = widths[1:] or widths
        width = Counter(below).most_common(1)[0][0] if below else 0
        if width < 2:
            return 0.0, 0
        fitting = sum(found == width for found in below) + (widths[0] in (width, width - 1))
        return fitting / (len(below) + 1), width

    best = max(SEPARATORS, key=worth)
    return best if worth(best)[1] else " "


def _widths(lines: Sequence[str], sign: str) -> list[int]:
    """Cells of each row, the first one and those with anything in them."""
    rows = csv.reader(iter(lines), delimiter=sign)
    return [len(row) for row in rows if any(cell.strip() for cell in row)]


def _by_spaces(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        if '"' in line:
            yield from csv.reader([line.strip()], delimiter=" ", skipinitialspace=True)
        else:
            yield line.split()


def _plain(cell: str) -> str:
    """Without what keeps a spreadsheet from taking a text for something else."""
    if cell.startswith("'") and cell[1:].lstrip(" \n").startswith(FORMULA):
        return cell[1:]
    kept = _KEPT_AS_TEXT.fullmatch(cell)
    return kept[1] if kept else cell
