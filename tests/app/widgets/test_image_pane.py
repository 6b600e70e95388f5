"""A picture as large as fits, and out of the window again as it is."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from jnn_studio.app.theme import theme
from jnn_studio.app.widgets.image_pane import ImagePane

RED = np.full((8, 16, 3), (200, 10, 20), np.uint8)


@pytest.fixture
def pane(qtbot: QtBot) -> ImagePane:
    made = ImagePane("Regularised", "regularised", "pane", empty="Drop an image here")
    qtbot.addWidget(made)
    made.resize(300, 300)
    made.show()
    return made


def color_at(pane: ImagePane, point: QPoint) -> str:
    image = pane.grab().toImage()
    return QColor(image.pixel(point * image.devicePixelRatio())).name()


def test_the_picture_fills_the_width_and_keeps_its_shape(pane: ImagePane) -> None:
    pane.set_image(RED)
    place = pane.picture_rect()
    assert place.size().toTuple() == (300, 150)
    assert color_at(pane, place.center()) == "#c80a14"
    assert color_at(pane, place.center() + QPoint(0, 90)) != "#c80a14"


def test_greys_are_shown_too(pane: ImagePane) -> None:
    pane.set_image(np.full((9, 7), 77, np.uint8))
    assert color_at(pane, pane.picture_rect().center()) == "#4d4d4d"


def test_the_pixels_are_kept_while_they_are_shown(pane: ImagePane) -> None:
    pane.set_image(np.full((64, 64, 3), 99, np.uint8)[::2, ::2])
    gc.collect()
    churn = [np.zeros((32, 32, 3), np.uint8) for _ in range(100)]
    assert color_at(pane, pane.picture_rect().center()) == "#636363"
    assert len(churn) == 100


def test_painting_tells_which_picture_it_was(pane: ImagePane, qtbot: QtBot) -> None:
    qtbot.waitExposed(pane)
    with qtbot.waitSignal(pane.painted, check_params_cb=lambda number: number == 7):
        pane.set_image(RED, sequence=7)


def test_an_empty_pane_is_not_painted_as_a_picture(pane: ImagePane, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(pane.painted):
        pane.set_image(None, sequence=8)
        pane.repaint()
    assert pane.array is None


def test_the_chip_has_the_colour_of_the_model_in_both_themes(pane: ImagePane) -> None:
    pane.set_image(RED)
    above = QRect(pane.picture_rect().left(), 0, 12, pane.picture_rect().top())
    for mode in ("light", "dark"):
        theme().mode = mode
        image = pane.grab(above).toImage()
        shown = {
            QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())
        }
        assert theme().model_color("regularised").name() in shown
    theme().mode = "system"


def test_its_words_can_be_heard(pane: ImagePane) -> None:
    pane.set_title("Unregularised")
    pane.set_caption("RMS change 0.042")
    assert pane.accessibleName() == "Unregularised"
    assert pane.accessibleDescription() == "RMS change 0.042"


def test_copy_and_save_give_the_pixels_themselves(pane: ImagePane, tmp_path: Path) -> None:
    pane.set_image(RED)
    pane.copy()
    pane.save(tmp_path / "pane.png")
    for image in (QApplication.clipboard().image(), QImage(str(tmp_path / "pane.png"))):
        assert (image.width(), image.height()) == (16, 8)
        assert QColor(image.pixel(3, 3)).name() == "#c80a14"


def test_saving_nothing_or_nowhere_is_an_error(pane: ImagePane, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be written"):
        pane.save(tmp_path / "pane.png")
    pane.set_image(RED)
    with pytest.raises(OSError, match="cannot be written"):
        pane.save(tmp_path / "missing" / "pane.png")


def test_the_menu_asks_where_to_save_and_says_if_that_failed(
    pane: ImagePane, qtbot: QtBot, tmp_path: Path
) -> None:
    pane.set_image(RED)
    middle = pane.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, pane.mapToGlobal(middle))
    QApplication.sendEvent(pane, event)
    menu = pane.findChild(QMenu)
    next(action for action in menu.actions() if action.text().startswith("Save")).trigger()
    menu.close()
    dialog = pane.findChild(QFileDialog)
    assert dialog.isVisible()
    dialog.fileSelected.emit(str(tmp_path / "missing" / "pane.png"))
    dialog.close()
    box = pane.findChild(QMessageBox)
    assert "Nothing was saved to" in box.text()
    box.close()
    qtbot.waitUntil(lambda: pane.findChild(QFileDialog) is None)


def test_an_empty_pane_has_no_menu(pane: ImagePane) -> None:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), pane.mapToGlobal(QPoint(5, 5)))
    QApplication.sendEvent(pane, event)
    assert pane.findChild(QMenu) is None


def test_titles_beside_each_other_are_of_one_size_and_weight(qtbot: QtBot) -> None:
    """Where one of them has no room, all are smaller, and bold as before."""
    short, long = ImagePane("η = 0", object_name="a"), ImagePane("η = 0", object_name="b")
    for pane in (short, long):
        qtbot.addWidget(pane)
        pane.beside = (short, long)
        pane.resize(200, 240)
        pane.set_image(RED)
        pane.show()

    def title() -> QImage:
        return short.grab(QRect(0, 0, 200, short.picture_rect().top())).toImage()

    alone = title()
    long.set_title("Regularised · η = 0.08 · decoder's Jacobian · all images · unlinked")
    smaller = title()
    assert smaller != alone
    short.beside = ()
    assert title() == alone
    long.set_title("η = 0")
    short.beside = long.beside
    assert title() == alone
