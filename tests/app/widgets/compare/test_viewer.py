"""Pictures beside each other or in one place, with one zoom and place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.compare.entry import Entry
from jnn_studio.app.widgets.compare.picture_pane import PicturePane
from jnn_studio.app.widgets.compare.shared_view import SharedView
from jnn_studio.app.widgets.compare.viewer import BLINK, BLINK_MS, SPLIT, Viewer
from jnn_studio.app.widgets.compare.viewer_bar import ViewerBar
from jnn_studio.data.levels import levels_of

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def viewer(qapp: QApplication) -> Iterator[Viewer]:
    made = Viewer("viewer")
    made.resize(800, 500)
    made.show_entries(
        {
            key: Entry(key.title(), levels=levels_of(np.full((60, 80, 3), value, np.uint8)))
            for key, value in (("clean", 0), ("noisy", 255), ("penalised", 128))
        }
    )
    made.pair = ("clean", "noisy")
    made.show()
    yield made
    made.hide()
    made.deleteLater()


def wheel(pane: QWidget, notches: int) -> None:
    at = QPointF(pane.rect().center())
    none = Qt.KeyboardModifier.NoModifier
    turn = QPoint(0, 120 * notches)
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, pane.mapToGlobal(at), QPoint(), turn, Qt.MouseButton.NoButton, none, phase, False)
    QApplication.sendEvent(pane, event)


def color(pane: QWidget, across: float) -> int:
    rect = pane.picture_rect()
    # Clear of the divider's grip, at half of the height.
    at = QPoint(round(rect.left() + across * rect.width()), round(rect.top() + 0.25 * rect.height()))
    image = pane.grab().toImage()
    return image.pixelColor(at * image.devicePixelRatio()).red()


def test_wheel_and_drag_move_all_pictures_alike(viewer: Viewer) -> None:
    first, second, _ = viewer.panes.values()
    wheel(first, 4)
    assert viewer.view.scale_in(first.area.size()) == viewer.view.scale_in(second.area.size())
    assert not viewer.view.fits
    before = viewer.view.centre_in(second.area.size())
    centre = first.rect().center()
    QTest.mousePress(first, LEFT, pos=centre)
    QTest.mouseMove(first, centre - QPoint(15, 0))
    QTest.mouseRelease(first, LEFT, pos=centre - QPoint(15, 0))
    assert viewer.view.centre_in(second.area.size()).x() > before.x()


def test_the_scale_is_that_of_the_pictures_also_when_their_room_changes(viewer: Viewer, qtbot: QtBot) -> None:
    bar = ViewerBar(viewer, "page")
    qtbot.addWidget(bar)

    def scale() -> str:
        rect = viewer.pane.picture_rect()
        return f"{100 * rect.width() / 80:.0f} %"

    qtbot.waitUntil(lambda: bar.scale.text() == scale())
    first = bar.scale.text()
    viewer.resize(500, 300)
    qtbot.waitUntil(lambda: bar.scale.text() == scale() != first)
    second = bar.scale.text()
    viewer.show_entries({key: viewer.entries[key] for key in ("clean",)})
    qtbot.waitUntil(lambda: bar.scale.text() == scale() != second)


def test_a_wide_picture_after_a_tall_one_is_arranged_anew(viewer: Viewer, qtbot: QtBot) -> None:
    def columns() -> int:
        return len({pane.x() for pane in viewer.panes.values()})

    for shape, expected in (((200, 20, 3), 3), ((20, 200, 3), 1)):
        levels = levels_of(np.zeros(shape, np.uint8))
        viewer.show_entries({key: Entry(key, levels=levels) for key in viewer.entries})
        qtbot.waitUntil(lambda: columns() == expected)  # noqa: B023


def test_keys_zoom_and_a_double_click_shows_all(viewer: Viewer) -> None:
    pane = viewer.panes["noisy"]
    QTest.keyClick(pane, Qt.Key.Key_Plus)
    assert not viewer.view.fits
    QTest.mouseDClick(pane, LEFT, pos=pane.rect().center())
    assert viewer.view.fits


def test_the_divider_is_dragged_or_moved_by_keys(viewer: Viewer) -> None:
    viewer.mode = SPLIT
    split = viewer.split
    assert (color(split, 0.25), color(split, 0.75)) == (0, 255)
    line = QPoint(round(split.divider()), split.rect().center().y())
    QTest.mousePress(split, LEFT, pos=line)
    QTest.mouseMove(split, line + QPoint(round(0.4 * split.picture_rect().width()), 0))
    QTest.mouseRelease(split, LEFT, pos=line)
    assert split.share == pytest.approx(0.9, abs=0.01)
    assert color(split, 0.75) == 0
    QTest.keyClick(split, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert split.share == pytest.approx(0.88, abs=0.01)


def test_blinking_turns_by_itself_until_space_is_pressed(qtbot: QtBot, viewer: Viewer) -> None:
    viewer.mode = BLINK
    assert color(viewer.blink, 0.5) == 0
    qtbot.waitUntil(lambda: color(viewer.blink, 0.5) == 255, timeout=4 * BLINK_MS)
    QTest.keyClick(viewer.blink, Qt.Key.Key_Space)
    assert color(viewer.blink, 0.5) == 0
    qtbot.wait(BLINK_MS + BLINK_MS // 2)
    assert color(viewer.blink, 0.5) == 0


def test_the_loupe_is_over_every_picture(viewer: Viewer) -> None:
    bar = ViewerBar(viewer, "page")
    first, second, _ = viewer.panes.values()
    QTest.mouseMove(first, first.rect().center())
    plain = second.grab().toImage()
    QTest.mouseClick(bar.loupe, LEFT)
    assert viewer.view.loupe
    assert second.grab().toImage() != plain
    bar.deleteLater()


@pytest.mark.parametrize("shape", [(90, 30), (30, 90), (60, 60)])
def test_the_words_under_a_picture_are_whole_whatever_its_shape(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int]
) -> None:
    words = "PSNR (plain) 23.35 dB · SSIM 0.704"
    parts = words.split(" · ")
    pane = PicturePane(SharedView(), "pane")
    qtbot.addWidget(pane)
    pane.view.set_size(shape[1], shape[0])
    pane.show_entry(Entry("Noisy", levels=levels_of(np.zeros((*shape, 3), np.uint8)), lines=("PSNR", words)))
    drawn: list[str] = []
    elide = QFontMetrics.elidedText

    def elided(self: QFontMetrics, text: str, mode: Qt.TextElideMode, width: int) -> str:
        shown = elide(self, text, mode, width)
        if text in (words, *parts):
            drawn.append(shown)
        return shown

    monkeypatch.setattr(QFontMetrics, "elidedText", elided)
    pane.resize(240, 300)
    pane.grab()
    assert drawn == [words]
    drawn.clear()
    pane.resize(164, 300)
    pane.grab()
    assert drawn == parts
    line = pane.fontMetrics().height()
    assert pane.picture_rect().bottom() + 3 * line < pane.height()


def test_no_tooltip_covers_what_the_loupe_shows(viewer: Viewer, qtbot: QtBot) -> None:
    pane = viewer.panes["clean"]
    pane.setToolTip("what it is")
    shown: list[bool] = []
    for loupe in (True, False):
        viewer.view.set_loupe(loupe)
        at = pane.rect().center()
        QApplication.sendEvent(pane, QHelpEvent(QEvent.Type.ToolTip, at, pane.mapToGlobal(at)))
        shown.append(bool(QToolTip.text()))
    QToolTip.hideText()
    assert shown == [False, True]
