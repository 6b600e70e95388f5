"""The font that ships."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication

from jnn_studio.app.bundled_font import use_bundled_font


@pytest.fixture
def larger(qapp: QApplication) -> Iterator[float]:
    """The size of a system with large letters."""
    before = qapp.font()
    font = qapp.font()
    font.setPointSizeF(13.5)
    qapp.setFont(font)
    yield 13.5
    qapp.setFont(before)


def test_it_is_written_with_in_the_systems_size(larger: float) -> None:
    use_bundled_font()
    font = QApplication.font()
    assert QFontInfo(font).family() == "DejaVu Sans"
    assert font.pointSizeF() == larger
