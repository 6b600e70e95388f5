"""One part of several pictures is looked at, whatever their sizes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.image_pane import ImagePane
from jnn_studio.app.widgets.picture_zoom import LARGEST, STEP, PictureZoom


def wheel(pane: ImagePane, at: QPoint, notches: int) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(pane.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


@pytest.fixture
def panes(qtbot: QtBot) -> tuple[ImagePane, ImagePane]:
    """Red at the upper left, green elsewhere; the second is half as large."""
    zoom, made = PictureZoom(), []
    picture = np.full((64, 64, 3), (0, 128, 0), np.uint8)
    picture[:32, :32] = (200, 0, 0)
    for side in (400, 200):
        pane = ImagePane("A face", zoom=zoom)
        qtbot.addWidget(pane)
        pane.resize(side, side)
        pane.set_image(picture)
        pane.show()
        made.append(pane)
    made[0].zoom = zoom
    return made[0], made[1]


def red(pane: ImagePane) -> float:
    """Share of the picture in view that is red."""
    rect = pane.picture_rect()
    image = pane.grab(rect).toImage()
    points = [(x, y) for x in range(10, image.width() - 10, 9) for y in range(10, image.height() - 10, 9)]
    return float(np.mean([QColor(image.pixel(x, y)).red() > 100 for x, y in points]))


def test_the_wheel_zooms_into_both_about_the_pointer(panes: tuple[ImagePane, ImagePane]) -> None:
    first, second = panes
    assert red(first) == pytest.approx(0.25, abs=0.05)
    at = first.picture_rect().topLeft() + QPoint(60, 60)
    still = first.share_at(QPointF(at))
    wheel(first, at, 4)
    assert first.zoom.part.width() == pytest.approx(STEP**-4)
    assert first.share_at(QPointF(at)).x() == pytest.approx(still.x())  # what was there stays there
    assert red(first) == pytest.approx(red(second), abs=0.05)
    assert red(first) > 0.9
    wheel(second, second.picture_rect().center(), -40)
    assert first.zoom.is_whole
    wheel(first, at, 400)
    assert first.zoom.part.width() == pytest.approx(1 / LARGEST)


def test_keys_and_the_middle_button_move_it_and_a_double_click_shows_all(
    panes: tuple[ImagePane, ImagePane],
) -> None:
    first, second = panes
    zoom = first.zoom
    QTest.keyClick(first, Qt.Key.Key_Right)
    assert zoom.is_whole  # nothing to be moved
    for _ in range(4):
        QTest.keyClick(first, Qt.Key.Key_Plus)
    before = zoom.part.x()
    QTest.keyClick(first, Qt.Key.Key_Right)
    assert zoom.part.x() > before
    for _ in range(40):
        QTest.keyClick(second, Qt.Key.Key_Left)
    assert zoom.part.x() == 0  # no further than the border
    centre = first.picture_rect().center()
    QTest.mousePress(first, Qt.MouseButton.MiddleButton, pos=centre)
    QTest.mouseMove(first, centre - QPoint(50, 0))
    QTest.mouseRelease(first, Qt.MouseButton.MiddleButton, pos=centre - QPoint(50, 0))
    assert zoom.part.x() > 0
    QTest.mouseDClick(second, Qt.MouseButton.LeftButton, pos=second.picture_rect().center())
    assert zoom.is_whole
    wheel(first, centre, 2)
    QTest.keyClick(first, Qt.Key.Key_F)
    assert zoom.is_whole
