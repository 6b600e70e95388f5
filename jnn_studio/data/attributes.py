"""What is known of images from a table beside them: CelebA's attribute list, or any CSV with file names."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from jnn_studio.base.reading import open_file
from jnn_studio.base.watch import Watch
from jnn_studio.data.attribute_names import FileNames
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.source import ImageSource
from jnn_studio.data.table_columns import NotAnAttribute, TableColumn

MAX_TABLE_BYTES = 256 * 2**20
MAX_COLUMNS = 512
FILE_COLUMNS = ("filename", "file", "image", "imageid", "imagename", "img", "path", "filepath", "name", "id")
"""Names of columns that hold file names, likeliest first; case, spaces, ``_`` and ``-`` aside."""

_ASKED_EVERY = 4096
_SNIFFED = 64
_CERTAIN = 20


@dataclass(frozen=True)
class AttributeTable:
    """Attributes of the images of one source.

    Attributes:
        title: the table's file name.
        names: of the attributes.
        values: float32 (images, attributes), NaN where nothing is known; not to be written to.
        binary: whether an attribute only takes two values; the larger means yes.
        matched: images of the source that the table names.
        rows: of the table.
        repeated: rows that named an image again; they were ignored.
        ignored: (column, why) of columns that are no attribute.
    """

    title: str
    names: tuple[str, ...]
    values: np.ndarray
    binary: tuple[bool, ...]
    matched: int
    rows: int
    repeated: int
    ignored: tuple[tuple[str, str], ...]

    @property
    def summary(self) -> str:
        """What was found, for people."""
        words = (
            f"{self.title}: {len(self.names)} attributes of {self.matched:,} of {len(self.values):,} images"
        )
        if self.repeated:
            rows = "1 row that names" if self.repeated == 1 else f"{self.repeated:,} rows that name"
            words += f"; ignored: {rows} an image again"
        if self.ignored:
            words += "; not used: " + ", ".join(f"{name} ({why})" for name, why in self.ignored[:4])
            words += " …" if len(self.ignored) > 4 else ""
        return words


def open_attributes(path: Path | str, source: ImageSource, watch: Watch | None = None) -> AttributeTable:
    """Read the table at ``path`` and match its rows to the images of ``source`` by their labels.

    CelebA's layout (a count, the attributes' names, then file name and ±1 in each row), or a table separated
    by commas, semicolons, tabs or spaces whose first row names the columns. UTF-8 or UTF-16. Columns of
    numbers, of yes and no, or of any two words become attributes; empty cells are missing.

    Raises:
        DataError: it cannot be read, is no such table, or names none of the images.
        Cancelled: ``watch`` said so.
    """
    path = Path(path).expanduser()
    labels = [source.label(index) for index in range(len(source))]
    try:
        table = _Table(path, watch or Watch())
        names = FileNames(labels)
        at = _file_column(table, names)
        by_base = not any(names.find(row[at]) is not None for row in table.rows())
        return _gather(table, at, lambda name: names.find(name, by_base), len(labels))
    except csv.Error as error:
        raise DataError(f"{path} is not a table: {error}. Save it again as CSV.") from error
    except UnicodeError as error:
        raise DataError(
            f"{path} is not text in UTF-8. If it is a table, save it as “CSV UTF-8” and open it again."
        ) from error
    except OSError as error:
        reason = UnreadableImageError.from_os(error).reason
        raise DataError(f"{path} cannot be opened: {reason}. Check it, or choose another table.") from error


class _Table:
    """The rows of a file, as often as they are asked for, each as long as the header."""

    def __init__(self, path: Path, watch: Watch) -> None:
        self.path, self._watch = path, watch
        if path.is_dir():
            raise DataError(f"{path} is a folder. Choose the file with the attributes in it.")
        with open_file(path) as file:
            start = file.read(4)
            if file.seek(0, os.SEEK_END) > MAX_TABLE_BYTES:
                raise DataError(
                    f"{path} is larger than {MAX_TABLE_BYTES // 2**20} MiB. Leave out what is not needed."
                )
        self._encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        with self._text() as file:
            first = [line for line, _ in zip(file, range(_SNIFFED), strict=False)]
        # CelebA's lists say in a line of their own how many rows there are.
        self._skip = 1 if first and first[0].strip().isdigit() and len(first) > 1 else 0
        head = first[self._skip :]
        self.delimiter = _delimiter(head)
        rows = list(self._split(iter(head)))
        if len(rows) < 2 or len(rows[1]) < 2:
            raise DataError(
                f"{path} is not a table of attributes: it needs a first row with the names of its columns, "
                "and in every other row the name of an image file and its attributes."
            )
        # A list whose header leaves the file names' column unnamed, as CelebA's does.
        unnamed = all(len(row) == len(rows[0]) + 1 for row in rows[1:])
        self.header = ["", *rows[0]] if unnamed else [name.strip() for name in rows[0]]
        if len(self.header) > MAX_COLUMNS:
            raise DataError(
                f"{path} has {len(self.header)} columns, more than {MAX_COLUMNS}. Leave some of them out."
            )

    def _text(self) -> TextIO:
        return io.TextIOWrapper(open_file(self.path), self._encoding, newline="")

    def rows(self) -> Iterator[list[str]]:
        """Rows below the header, empty ones left out; missing cells at the end are empty."""
        width = len(self.header)
        with self._text() as file:
            lines = iter(file)
            for _ in range(self._skip):
                next(lines)
            split = self._split(lines)
            next(split)
            for number, row in enumerate(split, start=1):
                if number % _ASKED_EVERY == 0:
                    self._watch.check()
                if len(row) > width and any(cell.strip() for cell in row[width:]):
                    raise DataError(
                        f"{self.path}: row {number} below the header has {len(row)} cells, the header "
                        f"{width}. Repair the row; a cell with “{self.delimiter}” in it needs quotes."
                    )
                if len(row) < width:
                    row = row + [""] * (width - len(row))
                yield row

    def _split(self, lines: Iterator[str]) -> Iterator[list[str]]:
        if self.delimiter.isspace() and self.delimiter != "\t":
            rows: Iterator[list[str]] = (line.split() for line in lines)
        else:
            rows = csv.reader(lines, delimiter=self.delimiter)
        return (row for row in rows if any(cell.strip() for cell in row))


def _delimiter(lines: Sequence[str]) -> str:
    """The sign that splits the header into most cells; spaces if there is none."""
    header = next((line for line in lines if line.strip()), "")
    counts = {sign: len(next(csv.reader([header], delimiter=sign))) for sign in ("\t", ",", ";")}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] > 1 else " "


def _file_column(table: _Table, names: FileNames) -> int:
    """The column with the file names: known by its own name, else the one that matches most images."""
    known = {_plain(name): index for index, name in reversed(list(enumerate(table.header)))}
    likely = [known[name] for name in ("", *FILE_COLUMNS) if name in known]
    for by_base in (False, True):
        matches = np.zeros(len(table.header), np.int64)
        for row in table.rows():
            for index in likely:
                matches[index] += names.find(row[index], by_base) is not None
            if matches.max() >= _CERTAIN:
                break
        if matches.any():
            return max(likely, key=lambda index: matches[index])
        for row in table.rows():
            for index, cell in enumerate(row):
                matches[index] += names.find(cell, by_base) is not None
        if matches.any():
            return int(matches.argmax())
    example = next(table.rows())[likely[0] if likely else 0]
    raise DataError(
        f"{table.path} names none of the {len(names)} images: it has names like “{example}”, the images "
        f"names like “{names.example}”. Open the folder the table belongs to, or another table."
    )


def _gather(table: _Table, at: int, find: Callable[[str], int | None], count: int) -> AttributeTable:
    columns = [
        TableColumn(name, decimal_comma=table.delimiter == ";")
        for index, name in enumerate(table.header)
        if index != at
    ]
    seen = np.zeros(count, bool)
    images: list[int] = []
    rows = repeated = 0
    for row in table.rows():
        rows += 1
        image = find(row[at])
        if image is None:
            continue
        if seen[image]:
            repeated += 1
            continue
        seen[image] = True
        images.append(image)
        for column, cell in zip(columns, row[:at] + row[at + 1 :], strict=False):
            column.add(cell)
    ignored: list[tuple[str, str]] = []
    found = []
    for column in columns:
        try:
            found.append(column.attribute())
        except NotAnAttribute as reason:
            ignored.append((column.name or "unnamed column", str(reason)))
    if not found:
        raise DataError(
            f"{table.path} has no attribute of these images: "
            + "; ".join(f"{name}: {why}" for name, why in ignored[:3])
            + ". Columns of numbers, of yes and no, or of two different words are attributes."
        )
    values = np.full((count, len(found)), np.nan, np.float32)
    values[images] = np.stack([attribute.values for attribute in found], axis=1)
    values.flags.writeable = False
    return AttributeTable(
        title=table.path.name,
        names=_distinct([attribute.name for attribute in found]),
        values=values,
        binary=tuple(attribute.binary for attribute in found),
        matched=int(seen.sum()),
        rows=rows,
        repeated=repeated,
        ignored=tuple(ignored),
    )


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign not in " _-.")


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Names of columns, numbered where one comes again."""
    given: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique in given:
            number += 1
            unique = f"{name} ({number})"
        given.append(unique)
    return tuple(given)
