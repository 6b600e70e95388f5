"""Tables as programs write them, byte by byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from jnn_studio.base.csv_file import write_csv
from jnn_studio.base.reading import MalformedError, UnfitFileError
from jnn_studio.base.table_file import TableFile

ROWS = [["a.jpg", "30", "grün"], ["b.jpg", "0,5", ""], ["c.jpg", "", "rot; blau"]]
NAMES = ["Datei", "Größe", "Farbe"]


def opened(folder: Path, content: bytes) -> TableFile:
    path = folder / "table.csv"
    path.write_bytes(content)
    return TableFile(path, 2**20)


def read(folder: Path, content: bytes) -> list[list[str]]:
    table = opened(folder, content)
    width = len(table.header)
    return [table.header, *(row[:width] + [""] * (width - len(row)) for row in table.rows())]


GERMAN = 'Datei;Größe;Farbe\r\na.jpg;30;grün\r\nb.jpg;0,5;\r\nc.jpg;;"rot; blau"\r\n'
TABS = "Datei\tGröße\tFarbe\r\na.jpg\t30\tgrün\r\nb.jpg\t0,5\t\r\nc.jpg\t\trot; blau\r\n"
ENGLISH = 'Datei,Größe,Farbe\r\na.jpg,30,grün\r\nb.jpg,"0,5",\r\nc.jpg,,rot; blau\r\n'
PROGRAMS = {
    "Excel, CSV, German": GERMAN.encode("cp1252"),
    "Excel, CSV UTF-8, German": b"\xef\xbb\xbf" + GERMAN.encode(),
    "Excel, CSV UTF-8, English": b"\xef\xbb\xbf" + ENGLISH.encode(),
    "Excel, CSV, English": ENGLISH.encode("cp1252"),
    "Excel, Unicode text": b"\xff\xfe" + TABS.encode("utf-16-le"),
    "Excel, text": TABS.encode("cp1252"),
    "Excel, CSV Macintosh": GERMAN.replace("\r\n", "\r").encode("mac-roman"),
    "with a hint": b"sep=;\r\n" + GERMAN.encode("cp1252"),
    "with a hint behind a mark": b"\xef\xbb\xbfsep=;\r\n" + GERMAN.encode(),
    "with a hint that was saved again": b'"sep=;";;\r\n' + GERMAN.encode(),
    "with a hint of a tab": b"SEP=\t\r\n" + TABS.encode(),
    "big-endian": b"\xfe\xff" + TABS.encode("utf-16-be"),
    "UTF-16 without a mark": TABS.encode("utf-16-le"),
    "UTF-16 without a mark, big-endian": TABS.encode("utf-16-be"),
    "UTF-32": b"\xff\xfe\0\0" + TABS.encode("utf-32-le"),
    "LibreOffice, German": GERMAN.replace("\r\n", "\n").encode(),
    "LibreOffice, all text in quotes": (
        '"Datei";"Größe";"Farbe"\n"a.jpg";30;"grün"\n"b.jpg";0,5;\n"c.jpg";;"rot; blau"\n'.encode()
    ),
    "Numbers, German": GERMAN.rstrip("\r\n").encode(),
    "Numbers, English": ENGLISH.rstrip("\r\n").encode(),
    "pandas": 'Datei,Größe,Farbe\na.jpg,30,grün\nb.jpg,"0,5",\nc.jpg,,rot; blau\n'.encode(),
    "R, write.csv2": (
        '"Datei";"Größe";"Farbe"\n"a.jpg";30;"grün"\n"b.jpg";0,5;""\n"c.jpg";;"rot; blau"\n'.encode()
    ),
    "bars": TABS.replace("\t", "|").encode(),
    "an old Mac's line ends in UTF-8": GERMAN.replace("\r\n", "\r").encode(),
    "every row ends with a separator": (
        'Datei;Größe;Farbe;\r\na.jpg;30;grün;\r\nb.jpg;0,5;;\r\nc.jpg;;"rot; blau";\r\n'.encode()
    ),
    "every row but the header ends with a separator": (
        'Datei;Größe;Farbe\r\na.jpg;30;grün;\r\nb.jpg;0,5;;\r\nc.jpg;;"rot; blau";\r\n'.encode()
    ),
    "empty cells at the end are left out": (
        'Datei;Größe;Farbe\r\na.jpg;30;grün\r\nb.jpg;0,5\r\nc.jpg;;"rot; blau"\r\n;;\r\n\r\n'.encode()
    ),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_programs_write_is_one_table(program: str, tmp_path: Path) -> None:
    assert read(tmp_path, PROGRAMS[program]) == [NAMES, *ROWS]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"file,age\na.jpg,30,\nb.jpg,31,\n", [["file", "age"], ["a.jpg", "30"], ["b.jpg", "31"]]),
        (
            b"file,age,sex\na.jpg,30,\nb.jpg,31,\n",
            [["file", "age", "sex"], ["a.jpg", "30", ""], ["b.jpg", "31", ""]],
        ),
        (b"file,age,,\na.jpg,30,,\n", [["file", "age"], ["a.jpg", "30"]]),
        (b"file,age,\na.jpg,30,x\n", [["file", "age", ""], ["a.jpg", "30", "x"]]),
    ],
)
def test_empty_cells_at_the_end_shift_nothing(content: bytes, rows: list[list[str]], tmp_path: Path) -> None:
    assert read(tmp_path, content) == rows


@pytest.mark.parametrize(
    "content",
    [
        b'"age" "sex"\n"a.jpg" 30 "f"\n"b b.jpg" NA "m"\n',
        b'"age"\t"sex"\n"a.jpg"\t30\t"f"\n"b b.jpg"\tNA\t"m"\n',
        b'"age","sex"\r\n"a.jpg",30,"f"\r\n"b b.jpg",NA,"m"\r\n',
        b'2\n age   sex\na.jpg  30 f\n"b b.jpg"  NA  m\n',
        b"2,,\nage,sex\na.jpg,30,f\nb b.jpg,NA,m\n",
    ],
)
def test_a_first_column_without_a_name(content: bytes, tmp_path: Path) -> None:
    """R's `write.table`, and CelebA's lists."""
    assert read(tmp_path, content) == [["", "age", "sex"], ["a.jpg", "30", "f"], ["b b.jpg", "NA", "m"]]


def test_one_column_beside_the_names_of_rows(tmp_path: Path) -> None:
    assert read(tmp_path, b'"age"\n"a.jpg"\t30\n"b.jpg"\t31\n') == [
        ["", "age"],
        ["a.jpg", "30"],
        ["b.jpg", "31"],
    ]


def test_quotes_hold_separators_quotes_and_line_ends(tmp_path: Path) -> None:
    content = b'file,"a, b",note\r\n"x,1.jpg",1,"two\r\nlines"\r\n"y.jpg",2,"a ""word"";\n"\r\n'
    assert read(tmp_path, content) == [
        ["file", "a, b", "note"],
        ["x,1.jpg", "1", "two\r\nlines"],
        ["y.jpg", "2", 'a "word";\n'],
    ]


def test_signs_that_only_look_like_line_ends_end_no_row(tmp_path: Path) -> None:
    content = "file,who\na\u2028b\x85c\u2029.jpg,x\x0by\x0c\n".encode()
    assert read(tmp_path, content) == [["file", "who"], ["a\u2028b\x85c\u2029.jpg", "x\x0by\x0c"]]


def test_a_decimal_comma_is_no_separator(tmp_path: Path) -> None:
    assert opened(tmp_path, b"file;a, b, c\nx.jpg;0,5\ny.jpg;1,5\n").separator == ";"


def test_the_encoding_is_known_from_the_whole_file(tmp_path: Path) -> None:
    rows = "".join(f"{index}.jpg,x\n" for index in range(5_000))
    assert read(tmp_path, f"file,who\n{rows}z.jpg,é\n".encode())[-1] == ["z.jpg", "é"]
    assert read(tmp_path, f"file,who\n{rows}z.jpg,é\n".encode("cp1252"))[-1] == ["z.jpg", "é"]
    assert opened(tmp_path, b"file,who\nz.jpg,\x81\n").encoding == "latin-1"


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0\0", b"a,b\nc,\0\n", b"PK\x03\x04,x\n", bytes(5_000)]
)
def test_what_is_binary_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(MalformedError, match="is not text"):
        opened(tmp_path, content)


def test_what_is_too_large_or_no_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n" * 100)
    with pytest.raises(MalformedError, match="larger than"):
        TableFile(path, 50)
    with pytest.raises(UnfitFileError):
        TableFile(Path("/dev/null"), 50)


def test_a_long_cell_at_the_end_of_what_is_looked_at_says_nothing_of_the_width(tmp_path: Path) -> None:
    lines = "".join(f"{index}.jpg,1,note\n" for index in range(62))
    content = f'age,note\n{lines}x.jpg,2,"a\nb\nc"\n'.encode()
    assert opened(tmp_path, content).header == ["", "age", "note"]


@pytest.mark.parametrize("decimal", [".", ","])
def test_our_own_tables_come_back(decimal: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    header = ["name; of, it", "η", "=1"]
    rows = [('a;b,\n"c"', 0.1 + 0.2, -3), ("-x", -1e-300, 12), ("'quoted", 1.0, 0), ("=1+1", float("nan"), 7)]
    write_csv(path, header, rows, decimal)

    table = TableFile(path, 2**20)
    assert table.separator == (";" if decimal == "," else ",")
    assert table.header == header
    found = list(table.rows())
    assert [row[0] for row in found] == [row[0] for row in rows]
    assert [float(row[1].replace(",", ".")) for row in found[:3]] == [row[1] for row in rows[:3]]
    assert [int(row[2]) for row in found] == [row[2] for row in rows]
