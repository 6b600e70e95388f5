"""Numbers typed with a point or a comma, whatever the language of the system.

Qt's boxes read a number as the system's language writes it: where the comma divides thousands "0,25" becomes
25, and where the point does "2.25" becomes 225. They also swallow a digit that would leave the range. Here
both signs divide whole from fraction, whichever of them is shown, nothing divides thousands, and what lies
outside is brought back once it has been typed, with a word about the range.
"""

from __future__ import annotations

import re
from typing import Literal

from PySide6.QtCore import QLocale, QPoint, QSignalBlocker
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QLineEdit, QSpinBox, QToolTip

from jnn_studio.base.typed_numbers import with_comma, with_point

_locale = QLocale.c()
_locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
_SIGNS = str.maketrans({"−": "-", ",": "."})


def parse_number(text: str) -> float | None:
    """The number a person means by ``text``, or None.

    >>> parse_number("0,25"), parse_number(" −1.5 "), parse_number("1.000,5")
    (0.25, -1.5, None)
    """
    plain = text.strip().translate(_SIGNS)
    return float(plain) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", plain) else None


class NumberBox(QDoubleSpinBox):
    """A box for any number."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setLocale(_locale)

    def validate(self, text: str, position: int, /) -> tuple[QValidator.State, str, int]:
        """Refuses what cannot become a number of so many decimals; what lies outside is left to `fixup`."""
        return _state(self, text, self.decimals()), text, position

    def valueFromText(self, text: str, /) -> float:
        """The value of an acceptable text."""
        value = parse_number(_bare(self, text))
        return self.value() if value is None else value

    def fixup(self, text: str, /) -> str:
        """What is left half typed becomes the value that was there; what lies outside, the nearest inside."""
        return self.prefix() + self.textFromValue(_nearest(self, text)) + self.suffix()


class WholeNumberBox(QSpinBox):
    """A box for a whole number."""

    def __init__(self, object_name: str) -> None:
        super().__init__()
        self.setObjectName(object_name)
        self.setLocale(_locale)

    def validate(self, text: str, position: int, /) -> tuple[QValidator.State, str, int]:
        """As `NumberBox.validate`."""
        return _state(self, text, 0), text, position

    def valueFromText(self, text: str, /) -> int:
        """As `NumberBox.valueFromText`."""
        value = parse_number(_bare(self, text))
        return self.value() if value is None else int(value)

    def fixup(self, text: str, /) -> str:
        """As `NumberBox.fixup`."""
        return self.prefix() + self.textFromValue(int(_nearest(self, text))) + self.suffix()


class NumberLine(QLineEdit):
    """A line for a number, or several, which others read and write with a point; it shows the sign of all."""

    @property
    def plain(self) -> str:
        """What was typed, with a point wherever a comma was shown."""
        return with_point(self.text()) if _comma() else self.text()

    def show_plain(self, text: str) -> None:
        """Show what is written with a point."""
        self.setText(shown_number(text))


def shown_number(text: str) -> str:
    """What is written with a point, as it is shown now."""
    return with_comma(text) if _comma() else text


def show_decimal_sign(sign: Literal["point", "comma", "system"]) -> None:
    """What boxes show from now on between whole and fraction; "system": as the system's language has it."""
    global _locale
    comma = QLocale.system().decimalPoint() == "," if sign == "system" else sign == "comma"
    found = QLocale(QLocale.Language.German) if comma else QLocale.c()
    found.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    if found == _locale:
        return
    lines = [(line, line.plain) for line in QApplication.allWidgets() if isinstance(line, NumberLine)]
    _locale = found
    for line, text in lines:
        with QSignalBlocker(line):
            line.show_plain(text)
    for box in QApplication.allWidgets():
        if isinstance(box, NumberBox):
            box.setLocale(_locale)
            box.setValue(box.value())


def _comma() -> bool:
    return _locale.decimalPoint() == ","


def _bare(box: NumberBox | WholeNumberBox, text: str) -> str:
    """``text`` without what the box writes around its number."""
    return text.strip().removeprefix(box.prefix().strip()).removesuffix(box.suffix().strip()).strip()


def _state(box: NumberBox | WholeNumberBox, text: str, decimals: int) -> QValidator.State:
    plain = _bare(box, text).translate(_SIGNS)
    sign = "[+-]?" if box.minimum() < 0 else r"\+?"
    fraction = rf"(\.\d{{0,{decimals}}})?" if decimals else ""
    if not re.fullmatch(rf"{sign}\d*{fraction}", plain):
        return QValidator.State.Invalid
    value = parse_number(plain)
    inside = value is not None and box.minimum() <= value <= box.maximum()
    return QValidator.State.Acceptable if inside else QValidator.State.Intermediate


def _nearest(box: NumberBox | WholeNumberBox, text: str) -> float:
    """The value that ``text``, which is none of the box's, is mended to; outside the range, with a word."""
    value = parse_number(_bare(box, text))
    if value is None:
        return box.value()
    if box.isVisible():
        words = f"From {box.minimum():g} to {box.maximum():g}{box.suffix()}".replace("-", "\N{MINUS SIGN}")
        QToolTip.showText(box.mapToGlobal(QPoint(0, box.height())), words, box)
    return min(max(value, box.minimum()), box.maximum())
