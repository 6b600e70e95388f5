"""Names are text: what stands in a label, a tooltip or a box is taken for HTML only where its maker says so.

Qt looks at a text to guess whether it is HTML, and a run, a file or an attribute may be called anything: one
called ``<img src=…>`` would have a picture loaded.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProxyStyle


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
