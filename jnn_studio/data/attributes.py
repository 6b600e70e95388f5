"""What is known of images from a table beside them: CelebA's attribute list, or any CSV with file names."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jnn_studio.base.reading import MalformedError
from jnn_studio.base.table_file import TableFile
from jnn_studio.base.text import counted, printable
from jnn_studio.base.watch import Watch
from jnn_studio.data.attribute_names import FileNames
from jnn_studio.data.errors import DataError, UnreadableImageError
from jnn_studio.data.source import ImageSource
from jnn_studio.data.table_columns import MISSING, NotAnAttribute, TableColumn

MAX_TABLE_BYTES = 256 * 2**20
MAX_COLUMNS = 512
FILE_COLUMNS = ("filename", "file", "image", "imageid", "imagename", "img", "path", "filepath", "name", "id")
"""Names of columns that hold file names, likeliest first; case, spaces, ``_`` and ``-`` aside."""

_ASKED_EVERY = 4096
_CERTAIN = 40


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
            f"{self.title}: {counted(len(self.names), 'attribute')} of {self.matched:,} of "
            f"{counted(len(self.values), 'image')}"
        )
        if self.repeated:
            rows = counted(self.repeated, "row that names", "rows that name")
            words += f"; ignored: {rows} an image again"
        if self.ignored:
            words += "; not used: " + ", ".join(f"{name} ({why})" for name, why in self.ignored[:4])
            words += " …" if len(self.ignored) > 4 else ""
        return words


def open_attributes(path: Path | str, source: ImageSource, watch: Watch | None = None) -> AttributeTable:
    """Read the table at ``path`` and match its rows to the images of ``source`` by their labels.

    CelebA's layout (a count, the attributes' names, then file name and ±1 in each row), or any table whose
    first row names the columns, as spreadsheets, pandas and R write them (`TableFile`). Columns of numbers,
    of yes and no, or of any two words become attributes; empty cells are missing.

    Raises:
        DataError: it cannot be read, is no such table, or names none of the images.
        Cancelled: ``watch`` said so.
    """
    path = Path(path).expanduser()
    with _explained(path):
        table, at, find = _matched(path, source, watch)
        return _gather(table, at, find, len(source))


@dataclass(frozen=True)
class WordColumn:
    """One column of a table, as words: those of the images it names, by the image's index."""

    name: str
    words: Mapping[int, str]


def open_words(
    path: Path | str, source: ImageSource, column: str = "", watch: Watch | None = None
) -> WordColumn:
    """The cells of one column of the table at ``path``, however many different words it has.

    Args:
        column: its name; "" for the only one beside the files' names.

    Raises:
        DataError: as `open_attributes`; or there is no such column, or more than one and none was named.
        Cancelled: ``watch`` said so.
    """
    path = Path(path).expanduser()
    with _explained(path):
        table, at, find = _matched(path, source, watch)
        others = {printable(name): index for index, name in enumerate(table.header) if index != at}
        wanted = column or (next(iter(others)) if len(others) == 1 else "")
        if wanted not in others:
            why = f"no column “{printable(column)}”" if column else "several columns, and none was chosen"
            raise DataError(f"{path} has {why}; there are: {', '.join(others) or 'none'}.")
        words: dict[int, str] = {}
        for row in table.rows():
            image, cell = find(row[at]), printable(row[others[wanted]].strip())
            if image is not None and cell.casefold() not in MISSING:
                words.setdefault(image, cell)
        return WordColumn(wanted, words)


def _matched(
    path: Path, source: ImageSource, watch: Watch | None
) -> tuple[_Table, int, Callable[[str], int | None]]:
    """The table, its column of file names, and which image of ``source`` such a name means."""
    table = _Table(path, watch or Watch())
    names = FileNames([source.label(index) for index in range(len(source))])
    at = _file_column(table, names)
    by_base = not any(names.find(row[at]) is not None for row in table.rows())
    return table, at, lambda name: names.find(name, by_base)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What is wrong with the table at ``path``, as a `DataError`."""
    try:
        yield
    except csv.Error as error:
        raise DataError(f"{path} is not a table: {error}. Save it again as CSV.") from error
    except MalformedError as error:
        raise DataError(f"{path} {error}") from error
    except UnicodeError as error:
        raise DataError(
            f"{path} is not the text it begins as. If it is a table, save it as “CSV UTF-8” and open that."
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
        self._file = TableFile(path, MAX_TABLE_BYTES)
        self.separator, self.header = self._file.separator, self._file.header
        if not self._file.sample or len(self._file.sample[0]) < 2:
            raise DataError(
                f"{path} is not a table of attributes: it needs a first row with the names of its columns, "
                "and in every other row the name of an image file and its attributes."
            )
        if len(self.header) > MAX_COLUMNS:
            raise DataError(
                f"{path} has {len(self.header)} columns, more than {MAX_COLUMNS}. Leave some of them out."
            )

    def rows(self) -> Iterator[list[str]]:
        """Rows below the header; missing cells at the end are empty."""
        width = len(self.header)
        for number, row in enumerate(self._file.rows(), start=1):
            if number % _ASKED_EVERY == 0:
                self._watch.check()
            if len(row) > width and any(cell.strip() for cell in row[width:]):
                raise DataError(
                    f"{self.path}: row {number} below the header has {counted(len(row), 'cell')}, the "
                    f"header {width}. Repair the row; a cell with “{self.separator}” in it needs quotes."
                )
            yield row[:width] + [""] * (width - len(row))


def _file_column(table: _Table, names: FileNames) -> int:
    """The column with the file names: known by its own name, else the one that matches most images."""
    known = {_plain(name): index for index, name in reversed(list(enumerate(table.header)))}
    # Last, what has no name: it holds the files' names, or the numbers of rows, as files may be called too.
    likely = [known[name] for name in (*FILE_COLUMNS, "") if name in known]
    for by_base in (False, True):
        matches = np.zeros(len(table.header), np.int64)
        for row in table.rows():
            for index in likely:
                matches[index] += _likeness(names, row[index], by_base)
            if matches.max() >= _CERTAIN:
                break
        if matches.any():
            return max(likely, key=lambda index: matches[index])
        for row in table.rows():
            for index, cell in enumerate(row):
                matches[index] += _likeness(names, cell, by_base)
        if matches.any():
            return int(matches.argmax())
    example = next(table.rows())[likely[0] if likely else 0]
    raise DataError(
        f"{table.path} names none of the {len(names):,} images: it has names like “{example}”, the images "
        f"names like “{names.example}”. Open the folder the table belongs to, or another table."
    )


def _likeness(names: FileNames, cell: str, by_base: bool) -> int:
    """A name as it is on the disk says more than one that only means it, such as a number."""
    return 0 if names.find(cell, by_base) is None else 2 if names.is_label(cell) else 1


def _gather(table: _Table, at: int, find: Callable[[str], int | None], count: int) -> AttributeTable:
    columns = [TableColumn(printable(name)) for index, name in enumerate(table.header) if index != at]
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
    # In one file numbers are written in one way; semicolons are for where a comma stands in numbers.
    decimals = {column.decimal for column in columns} - {""} or {"," if table.separator == ";" else ""}
    decimal = decimals.pop() if len(decimals) == 1 else ""
    for column in columns:
        try:
            found.append(column.attribute(decimal))
        except NotAnAttribute as reason:
            if column.name or not column.is_empty:
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
        title=printable(table.path.name),
        names=distinct([attribute.name for attribute in found]),
        values=values,
        binary=tuple(attribute.binary for attribute in found),
        matched=int(seen.sum()),
        rows=rows,
        repeated=repeated,
        ignored=tuple(ignored),
    )


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign not in " _-.")


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Names of attributes, numbered where one comes again."""
    given: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique in given:
            number += 1
            unique = f"{name} ({number})"
        given.append(unique)
    return tuple(given)
