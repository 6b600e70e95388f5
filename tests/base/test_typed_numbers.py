"""Point and comma both divide whole from fraction; what may mean two numbers is refused."""

from __future__ import annotations

import pytest

from jnn_studio.base.typed_numbers import UnclearNumberError, one_number, several_numbers


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0,25", "0.25"),
        ("0.25", "0.25"),
        ("−1,5", "-1.5"),
        ("1,5e-3", "1.5e-3"),
        (",5", ".5"),
        ("1.500", "1.500"),
        ("1e-3", "1e-3"),
        ("12", "12"),
        ("0,125", "0.125"),
        ("many", "many"),
        ("", ""),
        ("paper-text", "paper-text"),
    ],
)
def test_one_number(text: str, number: str) -> None:
    assert one_number(text) == number


@pytest.mark.parametrize("text", ["1,500", "1,000,000", "1.000,5", "1,000.5", "0,2,5"])
def test_what_may_be_two_numbers_is_refused(text: str) -> None:
    with pytest.raises(UnclearNumberError):
        one_number(text)


@pytest.mark.parametrize("text", ["1,000", "8.192", "1.000", "1,5", "10,000,000"])
def test_a_whole_number_has_nothing_between_thousands(text: str) -> None:
    with pytest.raises(UnclearNumberError, match="whole number"):
        one_number(text, whole=True)


@pytest.mark.parametrize(
    ("text", "whole", "numbers"),
    [
        ("8, 16, 32", True, ["8", "16", "32"]),
        ("8,16,32", True, ["8", "16", "32"]),
        ("100,200,300", True, ["100", "200", "300"]),
        ("8 16", True, ["8", "16"]),
        ("0,5 1,5", False, ["0.5", "1.5"]),
        ("0,5; 1,5", False, ["0.5", "1.5"]),
        ("0.5,1.5", False, ["0.5", "1.5"]),
        ("3, 2, 1", False, ["3", "2", "1"]),
        ("2,", False, ["2"]),
        ("", False, []),
        ("8, many", True, ["8", "many"]),
    ],
)
def test_a_series(text: str, whole: bool, numbers: list[str]) -> None:
    assert several_numbers(text, whole) == numbers


@pytest.mark.parametrize(
    ("text", "whole"), [("0,25", False), ("0,5,1,5", False), ("1,024 2,048", True), ("1,024", True)]
)
def test_a_series_with_unclear_commas_is_refused(text: str, whole: bool) -> None:
    with pytest.raises(UnclearNumberError):
        several_numbers(text, whole)
