"""One zoom and place for panes of every size."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF, QSizeF
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.compare.shared_view import MAX_SCALE, SharedView

AREA = QRectF(10, 20, 200, 100)


@pytest.fixture
def view(qapp: object) -> SharedView:
    made = SharedView()
    made.set_size(400, 100)
    return made


def test_at_first_all_of_the_picture_is_seen_in_the_middle(view: SharedView) -> None:
    assert view.fits
    assert view.scale_in(AREA.size()) == 0.5
    assert view.from_picture(QPointF(0, 0), AREA) == QPointF(10, 45)
    assert view.from_picture(QPointF(400, 100), AREA) == QPointF(210, 95)


def test_zooming_keeps_what_is_under_the_mouse(view: SharedView) -> None:
    mouse = QPointF(60, 70)
    before = view.to_picture(mouse, AREA)
    view.zoom_by(4, mouse, AREA)
    after = view.to_picture(mouse, AREA)
    assert view.scale_in(AREA.size()) == 2
    assert (after - before).manhattanLength() < 1e-9


def test_there_and_back_is_all_of_it_again(view: SharedView) -> None:
    view.zoom_by(8, AREA.center(), AREA)
    assert not view.fits
    view.zoom_by(1 / 8, AREA.center(), AREA)
    assert view.fits


def test_zoom_has_an_end(view: SharedView) -> None:
    view.zoom_by(1e9, AREA.center(), AREA)
    assert view.scale_in(AREA.size()) == MAX_SCALE


def test_a_tiny_picture_is_enlarged_to_its_pane(view: SharedView) -> None:
    view.set_size(1, 1)
    assert view.scale_in(AREA.size()) == 100
    view.zoom_by(2, AREA.center(), AREA)
    assert view.scale_in(AREA.size()) == 100


def test_the_picture_goes_no_further_than_its_border(view: SharedView) -> None:
    view.zoom_to(2, AREA.center(), AREA)
    view.pan_by(QPointF(1e6, 1e6), AREA)
    assert view.to_picture(AREA.topLeft(), AREA) == QPointF(0, 0)
    view.pan_by(QPointF(-1e6, -1e6), AREA)
    assert view.to_picture(AREA.bottomRight(), AREA) == QPointF(400, 100)


def test_a_larger_pane_shows_more_around_the_same_point(view: SharedView) -> None:
    view.zoom_to(4, AREA.center(), AREA)
    view.pan_by(QPointF(40, 0), AREA)
    larger = QRectF(0, 0, 240, 120)
    assert view.centre_in(AREA.size()) == view.centre_in(larger.size()) == QPointF(190, 50)
    # Where it would leave room at the borders, the picture is as large as the pane.
    assert view.scale_in(QSizeF(4000, 2000)) == 10


def test_another_picture_of_the_same_size_is_looked_at_as_the_last(qtbot: QtBot, view: SharedView) -> None:
    view.zoom_to(4, AREA.center(), AREA)
    with qtbot.assertNotEmitted(view.changed):
        view.set_size(400, 100)
    assert not view.fits
    with qtbot.waitSignal(view.changed):
        view.set_size(100, 100)
    assert view.fits
