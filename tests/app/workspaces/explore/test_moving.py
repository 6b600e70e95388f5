"""Ways to move: curves, blending, walking on, random steps; all of it can be undone."""

from __future__ import annotations

import gc
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.workspaces.explore.desk.undo import Change
from jnn_studio.app.workspaces.explore.gallery.thumbnails import TARGET
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.explore.state import SourceImage


def trigger(explore: ExploreWorkspace, name: str) -> None:
    explore.findChild(QAction, f"explore.{name}").trigger()


def wait_for_scene(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: explore.desk.settled)


def pictures(explore: ExploreWorkspace) -> list[np.ndarray]:
    return [pane.array.copy() for pane in explore.panes.moved]


def test_a_curved_walk_says_how_long_it_is_and_its_spectrum_follows(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    qtbot.mouseClick(explore.findChild(QPushButton, "explore.mode.curved"), Qt.MouseButton.LeftButton)
    explore.directions.sliders[1].slider.setValue(400)
    wait_for_scene(explore, qtbot)
    view = explore.desk.scene.columns[1]
    assert view.moved.length == pytest.approx(0.04, rel=0.02)
    assert "path 0.04" in explore.panes.moved[1].caption
    assert not np.allclose(view.moved.here.sigma[:8], view.place.sigma[:8])


def test_another_slider_goes_on_from_the_end_of_a_curve(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    trigger(explore, "mode")
    explore.desk.set_amount(0, 0.02)
    explore.desk.set_amount(1, 0.02)
    assert [leg.direction for leg in explore.desk.state.walk.legs] == [0, 1]
    wait_for_scene(explore, qtbot)
    assert explore.desk.scene.columns[0].moved.length == pytest.approx(0.04, rel=0.02)
    explore.desk.undo.undo()
    assert [leg.direction for leg in explore.desk.state.walk.legs] == [0]


def test_a_movement_of_one_slider_is_one_step_however_long_and_leaves_nothing_else(
    explore: ExploreWorkspace,
) -> None:
    """Steps that Qt merges into another are never freed."""
    alive = len(changes())
    for count in range(1, 200):
        explore.desk.set_amount(0, count / 4000)
    assert explore.desk.undo.count() == 1
    assert len(changes()) == alive + 1
    explore.desk.undo.undo()
    assert not any(explore.desk.state.walk.amounts)
    explore.desk.set_amount(0, 0.01)
    assert (explore.desk.undo.count(), explore.desk.undo.canRedo()) == (1, False)


def changes() -> list[Change]:
    gc.collect()
    return [found for found in gc.get_objects() if type(found) is Change]


def test_curved_and_back_keeps_the_amounts_and_undo_every_step(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    explore.desk.set_amount(1, 0.04)
    explore.desk.set_amount(2, -0.02)
    states = [explore.desk.state]
    for mode in ("curved", "straight"):
        qtbot.mouseClick(explore.findChild(QPushButton, f"explore.mode.{mode}"), Qt.MouseButton.LeftButton)
        states.append(explore.desk.state)
        assert explore.desk.state.mode == mode
        amounts = [slider.value() for slider in explore.directions.sliders]
        assert amounts == pytest.approx([0, 0.04, -0.02, 0, 0, 0, 0, 0])
        wait_for_scene(explore, qtbot)
        assert explore.desk.scene.columns[1].moved.latent.ne(explore.desk.scene.columns[1].place.latent).any()
    for state in reversed(states[:-1]):
        explore.desk.undo.undo()
        assert explore.desk.state == state
    explore.desk.undo.redo()
    assert explore.desk.state == states[1]


class Layouts(QObject):
    """Counts how often a widget lays out what it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


@pytest.mark.parametrize("mode", ["straight", "curved"])
def test_a_moving_slider_does_not_lay_the_window_out(
    explore: ExploreWorkspace, qtbot: QtBot, mode: str
) -> None:
    explore.desk.set_mode(mode)
    slider = explore.directions.sliders[0].slider
    slider.setValue(50)  # the words of the figures appear
    wait_for_scene(explore, qtbot)
    layouts, before = Layouts(), pictures(explore)
    explore.installEventFilter(layouts)
    for value in range(60, 200, 20):
        slider.setValue(value)
        wait_for_scene(explore, qtbot)
    assert not np.array_equal(before[0], pictures(explore)[0])
    assert layouts.count == 0


def test_other_sliders_lay_nothing_out_either_while_meaning_is_in_view(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    dock = explore.findChild(QDockWidget, "explore.dock.meaning")
    dock.raise_()
    qtbot.waitUntil(lambda: bool(explore.naming.names))  # directions have their names
    heading = dock.findChild(ElidingLabel, "explore.meaning.heading")
    explore.directions.sliders[0].slider.setValue(50)
    wait_for_scene(explore, qtbot)
    qtbot.waitUntil(lambda: heading.text() == "Direction 1")
    layouts = Layouts()
    explore.installEventFilter(layouts)
    for direction in (1, 2, 5):
        explore.directions.sliders[direction].slider.setValue(60)
        wait_for_scene(explore, qtbot)
        qtbot.waitUntil(partial(lambda words: heading.text() == words, f"Direction {direction + 1}"))
    assert layouts.count == 0


def test_meaning_behind_another_panel_costs_nothing_and_is_right_when_it_comes_to_the_front(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    dock = explore.findChild(QDockWidget, "explore.dock.meaning")
    dock.raise_()
    qtbot.waitUntil(lambda: bool(explore.naming.names))
    heading = dock.findChild(ElidingLabel, "explore.meaning.heading")
    explore.findChild(QDockWidget, "explore.dock.singular_values").raise_()
    qtbot.waitUntil(lambda: dock.visibleRegion().isEmpty())
    before = heading.text()
    explore.directions.sliders[3].slider.setValue(60)
    wait_for_scene(explore, qtbot)
    qtbot.waitUntil(lambda: explore.meaning.direction == 3)
    assert heading.text() == before
    dock.raise_()
    qtbot.waitUntil(lambda: heading.text() == "Direction 4")


def test_walking_on_makes_the_moved_image_the_base(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.desk.set_amount(0, 0.05)
    wait_for_scene(explore, qtbot)
    before = pictures(explore)
    trigger(explore, "walk_on")
    wait_for_scene(explore, qtbot)
    assert all((a == b).all() for a, b in zip(before, pictures(explore), strict=True))
    assert explore.directions.sliders[0].value() == 0
    assert explore.panes.reconstructions[0].caption == "walked on"
    trigger(explore, "back_to_image")
    wait_for_scene(explore, qtbot)
    assert explore.desk.scene.columns[0].place.psnr is not None


def test_blending_ends_at_the_image_chosen(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    trigger(explore, "blend")
    explore.gallery.chosen.emit(4)
    qtbot.waitUntil(lambda: explore.desk.state.towards is not None)
    slider = explore.findChild(QSlider, "explore.blend.slider")
    assert slider.isVisibleTo(explore)
    slider.setValue(slider.maximum())
    wait_for_scene(explore, qtbot)
    arrived = pictures(explore)
    trigger(explore, "reset")
    explore.desk.select(SourceImage(index=4))
    wait_for_scene(explore, qtbot)
    assert not slider.isVisibleTo(explore)
    for a, b in zip(arrived, pictures(explore), strict=True):
        assert np.abs(a.astype(int) - b.astype(int)).max() <= 1


def test_escape_gives_blending_up(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    trigger(explore, "blend")
    qtbot.keyClick(explore, Qt.Key.Key_Escape)
    explore.gallery.chosen.emit(4)
    qtbot.waitUntil(lambda: explore.desk.state.base.image == SourceImage(index=4))
    assert explore.desk.state.towards is None


def test_a_random_step_stays_within_the_range_and_is_undone(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    trigger(explore, "random_step")
    amounts = np.array(explore.desk.state.walk.amounts)
    assert np.linalg.norm(amounts) == pytest.approx(0.025)
    for _ in range(20):
        trigger(explore, "random_step")
    assert np.abs(explore.desk.state.walk.amounts).max() <= 0.1
    for _ in range(21):
        explore.desk.undo.undo()
    assert not any(explore.desk.state.walk.amounts)


def test_keys_choose_move_play_and_reset(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.addActions(explore.commands())  # as the main window's menu does
    explore.activateWindow()
    qtbot.waitUntil(explore.isActiveWindow)
    qtbot.keyClick(explore, Qt.Key.Key_3)
    slider = explore.directions.sliders[2].slider
    qtbot.waitUntil(slider.hasFocus)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert explore.desk.state.walk.amounts[2] == pytest.approx(0.001)
    qtbot.keyClick(slider, Qt.Key.Key_Space)
    assert explore.directions.sliders[2].play_button.isChecked()
    qtbot.keyClick(slider, Qt.Key.Key_Space)
    qtbot.keyClick(slider, Qt.Key.Key_R)
    assert not any(explore.desk.state.walk.amounts)
    qtbot.keyClick(slider, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert explore.desk.state.walk.amounts[2] != 0
    qtbot.keyClick(slider, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert not any(explore.desk.state.walk.amounts)


def test_differences_are_shown_on_one_scale(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.desk.set_amount(0, 0.08)
    wait_for_scene(explore, qtbot)
    before = pictures(explore)
    trigger(explore, "difference")
    assert all((a != b).any() for a, b in zip(before, pictures(explore), strict=True))
    captions = {pane.caption for pane in explore.panes.moved}
    assert len(captions) == 1
    assert captions.pop().startswith("Difference, ±0.")


def test_pressing_a_picture_shows_its_base(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.desk.set_amount(0, 0.08)
    wait_for_scene(explore, qtbot)
    pane, view = explore.panes.moved[1], explore.desk.scene.columns[1]
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=pane.picture_rect().center())
    assert (pane.array == view.place.reconstruction).all()
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=pane.picture_rect().center())
    assert (pane.array == view.moved.image).all()


def marks(explore: ExploreWorkspace) -> tuple[list[int], list[int]]:
    """Images framed as the base, and as what is blended towards."""
    images = explore.gallery.images
    model = images.model()
    bases = [model.image_at(index.row()) for index in images.selectionModel().selectedIndexes()]
    targets = [row for row in range(20) if model.index(row).data(TARGET)]
    return bases, targets


def test_while_blending_the_base_stays_marked_and_the_target_otherwise(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    images = explore.gallery.images
    explore.desk.select(SourceImage(index=1))
    wait_for_scene(explore, qtbot)
    trigger(explore, "blend")
    place = images.visualRect(images.model().index(3)).center()
    qtbot.mouseClick(images.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: explore.desk.state.towards is not None)
    wait_for_scene(explore, qtbot)
    assert marks(explore) == ([1], [3])
    assert images.model().index(3).data(Qt.ItemDataRole.ToolTipRole).endswith("Blended towards")
    explore.desk.stop_blending()
    assert marks(explore) == ([1], [])


def test_the_notice_of_blending_is_there_until_it_is_over(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    trigger(explore, "blend")
    assert explore.message.isVisible()
    assert "Esc" in explore.message.text.text()
    qtbot.keyClick(explore, Qt.Key.Key_Escape)
    assert not explore.message.isVisible()
    explore.message.show_error("Cannot save the session", "The disk is full.")
    explore.choosing.end_blending()
    assert explore.message.isVisible()


def test_a_notice_moves_no_picture(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    before = [pane.mapTo(explore, pane.rect().topLeft()) for pane in explore.panes.moved]
    explore.message.show_error("Cannot open the images", "There are none. " * 20, "Traceback")
    qtbot.wait(50)
    assert [pane.mapTo(explore, pane.rect().topLeft()) for pane in explore.panes.moved] == before
