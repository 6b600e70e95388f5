"""Attribute tables: CelebA's list or any CSV, matched to the images by their file names."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jnn_studio.base.errors import Cancelled
from jnn_studio.base.watch import Watch
from jnn_studio.data.attributes import AttributeTable, open_attributes
from jnn_studio.data.errors import DataError
from jnn_studio.data.folder import FolderSource, open_folder

CELEBA = """4
Smiling Male Young
000001.jpg -1  1  1
000002.jpg  1 -1  1
000003.jpg  1  1 -1
000009.jpg -1 -1 -1
"""


def source(*labels: str) -> FolderSource:
    return FolderSource("photos", np.zeros((len(labels), 1, 4, 4), np.uint8), labels)


CELEBS = source("000001.jpg", "000002.jpg", "000003.jpg")


def write(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def opened(folder: Path, content: str | bytes, images: FolderSource = CELEBS) -> AttributeTable:
    return open_attributes(write(folder, content), images)


def column(table: AttributeTable, name: str) -> list[float]:
    return table.values[:, table.names.index(name)].tolist()


def test_celebas_list_is_read_as_it_is(tmp_path: Path) -> None:
    found = open_attributes(write(tmp_path, CELEBA, "list_attr_celeba.txt"), CELEBS)
    assert found.names == ("Smiling", "Male", "Young")
    assert found.values.tolist() == [[-1, 1, 1], [1, -1, 1], [1, 1, -1]]
    assert found.values.dtype == np.float32
    assert found.binary == (True, True, True)
    assert (found.matched, found.rows) == (3, 4)
    assert "3 attributes of 3 of 3 images" in found.summary


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_common_csv_is_read(tmp_path: Path, separator: str, ending: str, encoding: str) -> None:
    rows = [("image_id", "größe"), ("000001.jpg", "1.5"), ("000002.jpg", "2"), ("000003.jpg", "3")]
    text = ending.join(separator.join(row) for row in rows)
    found = opened(tmp_path, text.encode(encoding))
    assert found.names == ("größe",)
    assert column(found, "größe") == [1.5, 2, 3]
    assert found.binary == (False,)


def test_quotes_may_hold_separators_and_line_ends(tmp_path: Path) -> None:
    text = 'file,"smile, broad",note\n"000001.jpg",1,"two\nlines"\n"000002.jpg",0,"a ""word"""\n'
    found = opened(tmp_path, text)
    assert column(found, "smile, broad")[:2] == [1, 0]


def test_cells_may_be_missing(tmp_path: Path) -> None:
    text = "file,age,smile\n000001.jpg,,1\n000002.jpg,NA,0\n\n000003.jpg,30\n"
    found = opened(tmp_path, text + "000004.jpg,31,0\n", source("000001.jpg", "000003.jpg", "000004.jpg"))
    assert column(found, "age")[1:] == [30, 31]
    assert np.isnan(column(found, "age")[0])
    assert np.isnan(column(found, "smile")[1])
    assert found.matched == 3


def test_words_become_yes_and_no(tmp_path: Path) -> None:
    text = "file,glasses,sex,who\n000001.jpg,Yes,m,ann\n000002.jpg,no,f,bob\n000003.jpg,YES,f,cy\n"
    found = opened(tmp_path, text)
    assert column(found, "glasses") == [1, 0, 1]
    assert column(found, "sex = m") == [1, 0, 0]
    assert found.ignored == (("who", "3 different words"),)
    assert "not used: who (3 different words)" in found.summary


def test_a_decimal_comma_is_understood_where_semicolons_separate(tmp_path: Path) -> None:
    assert column(opened(tmp_path, "file;x\n000001.jpg;0,5\n000002.jpg;1,25\n"), "x")[:2] == [0.5, 1.25]


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        ('file,x\n000001.jpg,"1.234,5"\n000002.jpg,"0,5"\n', [1234.5, 0.5]),
        ('file,x\n000001.jpg,"1,234.5"\n000002.jpg,0.5\n', [1234.5, 0.5]),
        ('file,x\n000001.jpg,"1,234,567"\n000002.jpg,3\n', [1234567, 3]),
        ("file;x\n000001.jpg;1 234,5\n000002.jpg;1\u202f000\n", [1234.5, 1000]),
        ("file;x\n000001.jpg;1'234.5\n000002.jpg;2\n", [1234.5, 2]),
        ("file\tx\ty\n000001.jpg\t1,234\t0,5\n000002.jpg\t2,000\t1,5\n", [1.234, 2]),
        ('file,x,y\n000001.jpg,"1,234",0.5\n000002.jpg,"2,000",1.5\n', [1234, 2000]),
        ("file;x\n000001.jpg;1,234\n000002.jpg;2,345\n", [1.234, 2.345]),
        ("file,x\n000001.jpg,1.234\n000002.jpg,2.345\n", [1.234, 2.345]),
        ("file,x\n000001.jpg,−1.5E-3\n000002.jpg,2\n", [-0.0015, 2]),
        ("file;x\n000001.jpg;1,5E-03\n000002.jpg;-2\n", [0.0015, -2]),
    ],
)
def test_signs_in_numbers_are_understood_where_they_can_mean_one_thing(
    tmp_path: Path, content: str, numbers: list[float]
) -> None:
    assert column(opened(tmp_path, content), "x")[:2] == pytest.approx(numbers)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('file,x,y\n000001.jpg,"1,234",1\n000002.jpg,"2,345",2\n', "1,234"),
        ("file;x;y\n000001.jpg;1.234;0,5\n000002.jpg;2.345;1,5\n", "1.234"),
        ("file\tx\ty\n000001.jpg\t1,234\t1\n000002.jpg\t2,345\t2\n", "1,234"),
    ],
)
def test_what_may_be_thousands_is_refused_and_not_guessed(tmp_path: Path, content: str, text: str) -> None:
    found = opened(tmp_path, content)
    assert found.names == ("y",)
    assert found.ignored == (("x", f"“{text}” may mean 1.234 or 1234; write it without signs for thousands"),)


@pytest.mark.parametrize(
    "missing", ["", "NA", "NaN", "nan", "-", "–", "n/a", "#N/A", "#NV", "<NA>", "NULL", "#DIV/0!", " "]
)
def test_words_for_what_is_not_known(tmp_path: Path, missing: str) -> None:
    found = opened(tmp_path, f"file,x\n000001.jpg,{missing}\n000002.jpg,2\n000003.jpg,3\n")
    assert np.isnan(column(found, "x")[0])
    assert column(found, "x")[1:] == [2, 3]


@pytest.mark.parametrize(
    ("yes", "no"), [("WAHR", "FALSCH"), ("ja", "nein"), ("TRUE", "FALSE"), ("True", "False")]
)
def test_yes_and_no_in_english_and_german(tmp_path: Path, yes: str, no: str) -> None:
    assert column(opened(tmp_path, f"file;x\n000001.jpg;{yes}\n000002.jpg;{no}\n"), "x")[:2] == [1, 0]


def test_numbers_without_end_are_missing(tmp_path: Path) -> None:
    found = opened(tmp_path, "file,x\n000001.jpg,inf\n000002.jpg,2\n000003.jpg,3\n")
    assert np.isnan(column(found, "x")[0])
    assert column(found, "x")[1:] == [2, 3]


def test_what_is_the_same_for_all_is_no_attribute(tmp_path: Path) -> None:
    found = opened(tmp_path, "file,x,y\n000001.jpg,1,1\n000002.jpg,1,2\n")
    assert found.names == ("y",)
    assert found.ignored == (("x", "the same for all"),)


def test_columns_of_one_name_are_told_apart(tmp_path: Path) -> None:
    assert opened(tmp_path, "file,x,x\n000001.jpg,1,1\n000002.jpg,2,2\n").names == ("x", "x (2)")


def test_the_column_with_the_file_names_is_found_by_its_content(tmp_path: Path) -> None:
    text = "score,photograph,name\n1,000001.jpg,ann\n2,000002.jpg,bob\n3,000003.jpg,cy\n"
    found = opened(tmp_path, text)
    assert column(found, "score") == [1, 2, 3]


@pytest.mark.parametrize(
    "written", ["s1/3.pgm", "s1/3", "S1\\3.PGM", "./s1/3.pgm", "/data/orl/s1/3.pgm", "s1/3.png"]
)
def test_a_path_may_be_written_in_many_ways(tmp_path: Path, written: str) -> None:
    images = source("s1/3.pgm", "s1/4.pgm", "s2/3.pgm", "s2/4.pgm")
    found = opened(tmp_path, f"file,x\n{written},7\ns2/4.pgm,8\n", images)
    assert column(found, "x")[0] == 7
    assert found.matched == 2


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_table", ["NFC", "NFD"])
@pytest.mark.parametrize("written", ["Zoë/Größe.png", "zoë\\größe", "Größe.png"])
def test_accents_may_be_signs_of_their_own(tmp_path: Path, on_disk: str, in_table: str, written: str) -> None:
    images = source(unicodedata.normalize(on_disk, "Zoë/Größe.png"), "b.png")
    text = unicodedata.normalize(in_table, f"Datei;Länge\n{written};1\nb.png;2\n")
    found = opened(tmp_path, text, images)
    assert column(found, "Länge") == [1, 2]


def test_numbers_of_rows_are_not_taken_for_names_of_files(tmp_path: Path) -> None:
    """pandas and R write them before everything else, without a name."""
    images = source("1.png", "2.png", "3.png")
    found = opened(tmp_path, '"",file,x\n1,3.png,30\n2,1.png,10\n3,2.png,20\n', images)
    assert column(found, "x") == [10, 20, 30]
    found = opened(tmp_path, ",id,x\n3.png,1,30\n1.png,2,10\n2.png,3,20\n", images)
    assert column(found, "x") == [10, 20, 30]


def test_the_exact_name_comes_before_all_that_are_like_it(tmp_path: Path) -> None:
    images = source("1.pgm", "1.pgm.png", "x/1.pgm", "A.png", "a.png")
    found = opened(tmp_path, "file,x\n1.pgm,1\n1.pgm.png,2\nx/1.pgm,3\nA.png,4\na.png,5\n", images)
    assert column(found, "x") == [1, 2, 3, 4, 5]


def test_a_base_name_is_enough_where_it_is_the_only_one(tmp_path: Path) -> None:
    images = source("a/1.png", "b/1.png", "b/2.png", "b/3.png")
    found = opened(tmp_path, "file,x\n1.png,5\n2.png,6\n3.png,7\n", images)
    assert np.isnan(column(found, "x")[:2]).all(), "1.png could be either"
    assert column(found, "x")[2:] == [6, 7]


def test_a_table_of_other_folders_is_matched_by_base_names(tmp_path: Path) -> None:
    images = source("faces/1.png", "faces/2.png")
    assert column(opened(tmp_path, "file,x\ntrain/1.png,5\ntest/2.png,6\n", images), "x") == [5, 6]


def test_another_folders_image_of_the_same_name_is_not_taken_for_it(tmp_path: Path) -> None:
    images = source("s1/3.pgm", "s1/4.pgm")
    found = opened(tmp_path, "file,x\ns1/4.pgm,1\ns9/3.pgm,5\ns1/3.pgm,2\n", images)
    assert column(found, "x") == [2, 1]


def test_rows_that_come_again_are_counted_and_the_first_holds(tmp_path: Path) -> None:
    found = opened(tmp_path, "file,x\n000001.jpg,1\n000001.jpg,9\n000002.jpg,2\n")
    assert column(found, "x")[:2] == [1, 2]
    assert found.repeated == 1
    assert "ignored: 1 row that names an image again" in found.summary


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["not a table of attributes"]),
        ("file,x\n", ["not a table of attributes"]),
        ("file,x\nother.jpg,1\n", ["names none of the 3 images", "other.jpg", "000001.jpg"]),
        ("file,x\n000001.jpg,1,2\n000002.jpg,1\n000003.jpg,1,2\n", ["row 1", "3 cells", "quotes"]),
        ("file,who\n000001.jpg,a\n000002.jpg,b\n000003.jpg,c\n", ["no attribute", "3 different words"]),
        (b"file,x\n000001.jpg,\x01\x02\n", ["is not text", "save it as CSV"]),
        (b"\xff\xfef\0i\0l\0e\0,", ["not the text it begins as", "CSV UTF-8"]),
        (b"\x89PNG\r\n\x1a\n\0\0\0", ["not text"]),
        ("file,x\n000001.jpg," + "9" * 200_000, ["not a table"]),
    ],
)
def test_what_is_no_table_is_refused_in_words(
    tmp_path: Path, content: str | bytes, words: Sequence[str]
) -> None:
    with pytest.raises(DataError) as refused:
        opened(tmp_path, content)
    for word in ["table.csv", *words]:
        assert word in str(refused.value)


def test_a_missing_file_a_folder_and_one_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="missing"):
        open_attributes(tmp_path / "none.csv", CELEBS)
    with pytest.raises(DataError, match="is a folder"):
        open_attributes(tmp_path, CELEBS)
    monkeypatch.setattr("jnn_studio.data.attributes.MAX_TABLE_BYTES", 10)
    with pytest.raises(DataError, match="larger than"):
        opened(tmp_path, CELEBA)


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    rows = "".join(f"{index:06}.jpg,{index}\n" for index in range(9_000))
    with pytest.raises(Cancelled):
        open_attributes(write(tmp_path, "file,x\n" + rows), CELEBS, Watch(unwanted=lambda: True))


def test_a_folder_of_photographs_and_its_table_go_together(tmp_path: Path) -> None:
    for name in ("s1/1.png", "s1/2.png", "s2/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (8, 8), 90).save(tmp_path / name)
    images = open_folder(tmp_path, size=8, cache_dir=tmp_path / "cache")
    path = write(tmp_path, "file,light\ns1/1.png,1\ns1/2.png,2\ns2/1.png,3\n")
    assert open_attributes(path, images).values.tolist() == [[1], [2], [3]]
