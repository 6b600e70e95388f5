"""Names are text: what stands in a label, a tooltip or a box is taken for HTML only where its maker says so.

Qt looks at a text to guess whether it is HTML, and a run, a file or an attribute may be called anything: one
called ``<img src=…>`` would have a picture loaded.
"""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QProxyStyle

from jnn_studio.app.accessible import label_for_readers
from jnn_studio.base.text import printable


def literal(text: str) -> str:
    """``text`` for a menu, a button, a tab or a box to tick: its ampersands stand as they are.

    >>> literal("salt & pepper")
    'salt && pepper'
    """
    return printable(text).replace("&", "&&")


def without_mnemonic(text: str) -> str:
    """The words of a menu, a button or a label, as they are seen.

    >>> without_mnemonic("E&xport “salt && pepper”")
    'Export “salt & pepper”'
    """
    return re.sub("&(.)", r"\1", text)


class PlainTextStyle(QProxyStyle):
    """Fusion, in which a label that does not say what its text is has plain text; tooltips and message boxes
    are labels too."""

    def __init__(self) -> None:
        super().__init__("Fusion")

    def polish(self, dressed: Any, /) -> None:
        """Every widget comes here before it is first shown."""
        super().polish(dressed)
        if isinstance(dressed, QLabel) and dressed.textFormat() == Qt.TextFormat.AutoText:
            dressed.setTextFormat(Qt.TextFormat.PlainText)
        elif isinstance(dressed, QComboBox):
            label_for_readers(dressed)
