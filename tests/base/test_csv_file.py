"""Tables a spreadsheet can open without starting anything."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from jnn_studio.base.csv_file import write_csv


def written(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_numbers_are_numbers_to_the_last_digit(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", ["name", "x", "y"], [("σ", 0.1 + 0.2, -3), ("", float("nan"), -1e-300)])

    header, *found = written(tmp_path / "t.csv")
    assert header == ["name", "x", "y"]
    name, x, y = found[0]
    assert (name, float(x), float(y)) == ("σ", 0.1 + 0.2, -3.0)
    assert found[1] == ["", "nan", "-1e-300"]


@pytest.mark.parametrize(
    "text",
    ['=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "=1,2", '="a"'],
)
def test_a_text_that_begins_like_a_formula_is_a_text(tmp_path: Path, text: str) -> None:
    write_csv(tmp_path / "t.csv", [text, "x"], [(text, 1.0)])

    assert written(tmp_path / "t.csv") == [[f"'{text}", "x"], [f"'{text}", "1.0"]]


@pytest.mark.parametrize("text", ["η = 0.5", "a-b", "3 - 2", "x=y", "", "'quoted", "a,b", 'say "x"'])
def test_other_texts_stay_what_they_are(tmp_path: Path, text: str) -> None:
    write_csv(tmp_path / "t.csv", ["name", "x"], [(text, 1)])

    assert written(tmp_path / "t.csv")[1] == [text, "1"]
