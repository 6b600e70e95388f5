"""Held-out images of a run: all of them can be zoomed into alike."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jnn_studio.app.steering.previews import Previews
from jnn_studio.training.events import Preview


def test_the_wheel_zooms_into_all_of_them_and_a_double_click_shows_all(qtbot: QtBot) -> None:
    previews = Previews()
    qtbot.addWidget(previews)
    previews.resize(600, 400)
    previews.add_model("u", "Unregularised", "", "unregularised")
    images = np.full((4, 16, 16, 3), (0, 128, 0), np.uint8)
    images[:, :8, :8] = (200, 0, 0)
    previews.set_preview(Preview(step=3, originals=images, reconstructions={"u": images}))
    previews.show()

    def red(row: int, column: int) -> float:
        """Share of a picture that is red."""
        place = previews._place(row, column)
        seen = previews.grab(place).toImage()
        points = [(x, y) for x in range(4, place.width() - 4, 5) for y in range(4, place.height() - 4, 5)]
        return float(np.mean([QColor(seen.pixel(x, y)).red() > 100 for x, y in points]))

    assert red(0, 0) == pytest.approx(0.25, abs=0.08)
    at = previews._place(1, 2).topLeft() + QPoint(4, 4)
    how = (QPoint(), QPoint(0, 6 * 120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(
        previews,
        QWheelEvent(QPointF(at), QPointF(at), *how, Qt.ScrollPhase.NoScrollPhase, False),
    )
    assert [red(row, column) > 0.9 for row in (0, 1) for column in (0, 3)] == 4 * [True]
    QTest.keyClick(previews, Qt.Key.Key_Minus)
    assert not previews.zoom.is_whole
    QTest.mouseDClick(previews, Qt.MouseButton.LeftButton, pos=at)
    assert red(1, 2) == pytest.approx(0.25, abs=0.08)
