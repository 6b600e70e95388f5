"""Numbers as people type them, with a point or a comma, for what reads them with a point alone.

What could mean two numbers is refused, since nothing would tell which of them was taken.
"""

from __future__ import annotations

import re

_NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*(e[+-]?\d+)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
_DIVIDED = r"(?<![\w.,])([+\-−]?\d*){}(\d+(?:e[+\-−]?\d+)?)(?=,?[\s;]|,?$)"
"""A number with a fraction, that stands for itself or in a series."""
WHOLE = "Enter a whole number, with nothing between thousands."
ONE_SIGN = "Enter a number with one point or comma, and nothing between thousands."


class UnclearNumberError(ValueError):
    """What was typed can be read in two ways; the message says what to type."""


def one_number(text: str, whole: bool = False) -> str:
    """``text`` with a point for a comma; what is no number is left to whoever reads it.

    >>> one_number("0,25"), one_number("−1,5e-3"), one_number("many")
    ('0.25', '-1.5e-3', 'many')

    Raises:
        UnclearNumberError: "1,500" may be one and a half or fifteen hundred, "1.000,5" is written with both.
    """
    plain = text.strip().replace("−", "-")
    if not _NUMBER.fullmatch(plain):
        return text
    if whole:
        if "," in plain or _THOUSANDS.fullmatch(plain):
            raise UnclearNumberError(WHOLE)
        return plain
    if plain.count(".") + plain.count(",") > 1:
        raise UnclearNumberError(ONE_SIGN)
    if "," in plain and _THOUSANDS.fullmatch(plain):
        first, second = plain.replace(",", "."), plain.replace(",", "")
        raise UnclearNumberError(f"“{plain}” may be {first} or {second}; write the one you mean.")
    return plain.replace(",", ".")


def with_comma(text: str) -> str:
    """Numbers as written with a point, for who is shown commas: the inverse of `with_point`.

    >>> with_comma("0.25"), with_comma("0.5, 1e-3, 2.25"), with_comma("8, 16"), with_comma("v1.2")
    ('0,25', '0,5, 1e-3, 2,25', '8, 16', 'v1.2')
    """
    return re.sub(_DIVIDED.format(r"\."), r"\1,\2", text, flags=re.IGNORECASE)


def with_point(text: str) -> str:
    """What somebody typed who is shown commas: there "1,125" is one and an eighth, and nothing else.

    Numbers of a series stand apart by spaces or semicolons; any other text is as it was.

    >>> with_point("1,125"), with_point("0,5, 2,25"), with_point("8,16,32"), with_point("0.5")
    ('1.125', '0.5, 2.25', '8,16,32', '0.5')
    """
    return re.sub(_DIVIDED.format(","), r"\1.\2", text, flags=re.IGNORECASE)


def several_numbers(text: str, whole: bool = False) -> list[str]:
    """The numbers of a series, separated by spaces, semicolons or commas; each as `one_number` gives it.

    >>> several_numbers("8, 16, 32", whole=True), several_numbers("0,5; 0,25"), several_numbers("0.5,0.25")
    (['8', '16', '32'], ['0.5', '0.25'], ['0.5', '0.25'])

    Raises:
        UnclearNumberError: commas both within and between the numbers, or perhaps.
    """
    parts = [part for part in (part.strip(",") for part in re.split(r"[;\s]+", text)) if part]
    if len(parts) == 1 and "," in parts[0] and (whole or "." in parts[0]):
        parts = [part for part in parts[0].split(",") if part]
        if whole and any(re.fullmatch(r"0\d+", part) for part in parts):
            raise UnclearNumberError(WHOLE)
    elif len(parts) == 1 and "," in parts[0] and _NUMBER.fullmatch(parts[0]):
        raise UnclearNumberError("Put spaces between the numbers, since a comma may belong to one.")
    return [one_number(part, whole) for part in parts]
