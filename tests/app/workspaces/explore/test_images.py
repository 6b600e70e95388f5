"""Thumbnails: any selection in any order, made only when looked at, the latest first."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jnn_studio.app.engine.bridge import Bridge
from jnn_studio.app.engine.worker import Worker
from jnn_studio.app.workspaces.explore.gallery.image_list import CELL, ImageList
from jnn_studio.app.workspaces.explore.gallery.thumbnails import CHUNK, NUMBER
from jnn_studio.data.folder import FolderSource
from jnn_studio.explore.collection.catalogue import Selection


class Photos(FolderSource):
    """Grey images, counting which have been looked at; they can be held up."""

    def __init__(self, count: int) -> None:
        grey = np.arange(count, dtype=np.uint64).astype(np.uint8)
        images = np.repeat(grey, 3).reshape(count, 3, 1, 1)
        super().__init__("photos", images, [f"{i}.png" for i in range(count)])
        self.asked: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def thumbnails(self, indices: Sequence[int], size: int) -> np.ndarray:
        self.asked.append(list(indices))
        assert self.gate.wait(10)
        return super().thumbnails(indices, size)


@pytest.fixture
def images(qtbot: QtBot) -> Iterator[ImageList]:
    bridge = Bridge()
    worker = Worker(bridge, "loading")
    made = ImageList(worker)
    made.resize(4 * CELL + 20, 5 * CELL + 8)
    made.show()
    yield made
    worker.close()
    bridge.close()
    made.hide()
    made.deleteLater()


def picture(images: ImageList, row: int) -> object:
    return images.model().index(row, 0).data(Qt.ItemDataRole.DecorationRole)


def settled(images: ImageList, qtbot: QtBot) -> None:
    images.viewport().repaint()
    qtbot.waitUntil(lambda: not images.is_waiting)


def click(images: ImageList, qtbot: QtBot, row: int) -> None:
    place = images.visualRect(images.model().index(row, 0)).center()
    qtbot.mouseClick(images.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_only_what_is_in_view_is_made(images: ImageList, qtbot: QtBot) -> None:
    source = Photos(200_000)
    images.set_source(source)
    settled(images, qtbot)
    made = {index for chunk in source.asked for index in chunk}
    assert set(images.seen()) <= made
    assert len(made) <= len(images.seen()) + 2 * CHUNK


def test_choosing_tells_the_index_in_the_source(images: ImageList, qtbot: QtBot) -> None:
    images.set_source(Photos(50))
    images.set_selection(Selection(np.array([40, 7, 12]), None))
    with qtbot.waitSignal(images.chosen) as chosen:
        click(images, qtbot, 1)
    assert chosen.args == [7]


def test_the_pictures_are_those_of_the_selection(images: ImageList, qtbot: QtBot) -> None:
    images.set_source(Photos(50))
    images.set_selection(Selection(np.array([40, 7, 12]), None))
    settled(images, qtbot)
    greys = [picture(images, row).toImage().pixelColor(5, 5).red() for row in range(3)]
    assert greys == [40, 7, 12]
    assert images.model().rowCount() == 3


def test_numbers_stand_under_the_pictures_if_there_are_any(images: ImageList) -> None:
    images.set_source(Photos(50))
    plain = images.cell().height()
    images.set_selection(Selection(np.array([4, 7]), np.array([21.26, np.nan], np.float32)), "dB")
    assert images.cell().height() > plain
    assert [images.model().index(row, 0).data(NUMBER) for row in range(2)] == ["21.3", ""]
    assert images.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole) == "4.png\n21.3 dB"
    images.set_selection(None)
    assert images.cell().height() == plain
    assert images.model().rowCount() == 50


def test_the_image_in_view_stays_marked_when_the_order_changes(images: ImageList, qtbot: QtBot) -> None:
    images.set_source(Photos(50))
    with qtbot.assertNotEmitted(images.chosen):
        images.show_current(12)
        images.set_selection(Selection(np.array([40, 7, 12]), None))
        assert images.currentIndex().row() == 2
        images.set_selection(Selection(np.array([40, 7]), None))
        assert not images.currentIndex().isValid()
        images.set_selection(None)
        assert images.currentIndex().row() == 12


def test_showing_an_image_scrolls_to_it_however_far(images: ImageList) -> None:
    images.set_source(Photos(200_000))
    images.show_current(150_000)
    assert 150_000 in images.seen()


def test_pictures_scrolled_past_are_forgotten_and_the_newest_come_first(
    images: ImageList, qtbot: QtBot
) -> None:
    source = Photos(10_000)
    source.gate.clear()
    images.set_source(source)
    images.viewport().repaint()
    bar = images.verticalScrollBar()
    for share in (0.2, 0.5, 0.8):
        bar.setValue(int(share * bar.maximum()))
        images.viewport().repaint()
    seen = images.seen()
    source.gate.set()
    settled(images, qtbot)
    later = {index for chunk in source.asked[1:] for index in chunk}
    assert set(seen) <= later
    assert all(seen.start - CHUNK < index < seen.stop + CHUNK for index in later), "nothing else was made"


def test_pictures_that_cannot_be_made_are_not_asked_for_at_every_painting(
    images: ImageList, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Photos(8)
    tries: list[int] = []

    def broken(indices: Sequence[int], size: int) -> np.ndarray:
        tries.append(len(indices))
        raise OSError("the disk is gone")

    monkeypatch.setattr(source, "thumbnails", broken)
    images.set_source(source)
    for _ in range(3):
        settled(images, qtbot)
    assert len(tries) == 1


@pytest.mark.parametrize(
    ("key", "row"),
    [
        (Qt.Key.Key_Right, 1),
        (Qt.Key.Key_Down, 4),
        (Qt.Key.Key_End, 49),
        (Qt.Key.Key_PageDown, 20),
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_Left, 0),
    ],
)
def test_keys_move_through_the_grid(images: ImageList, qtbot: QtBot, key: Qt.Key, row: int) -> None:
    images.set_source(Photos(50))
    images.show_current(0)
    assert images.columns == 4
    qtbot.keyClick(images, key)
    assert images.currentIndex().row() == row


def test_every_place_belongs_to_the_item_drawn_there(images: ImageList) -> None:
    images.set_source(Photos(50))
    images.verticalScrollBar().setValue(100)
    for row in images.seen():
        rect = images.visualRect(images.model().index(row, 0))
        if images.viewport().rect().contains(rect.center()):
            assert images.indexAt(rect.center()).row() == row
    assert not images.indexAt(images.viewport().rect().topLeft() - images.rect().center()).isValid()
