"""Explore: the bundled pair is alive at once; sliders move both models by the same amount."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDoubleSpinBox, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.image_pane import ImagePane
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspaces.explore.gallery.image_list import ImageList
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.explore.state import FileImage, SourceImage
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.step.commands import Command


def moved(explore: QWidget) -> list[np.ndarray]:
    return [explore.findChild(ImagePane, f"explore.moved.{i}").array.copy() for i in range(2)]


def image_in_view(explore: ExploreWorkspace) -> object:
    return explore.desk.scene.state.base.image


def wait_for_change(qtbot: QtBot, explore: QWidget, before: list[np.ndarray]) -> list[np.ndarray]:
    """Both moved images differ from ``before``."""
    qtbot.waitUntil(
        lambda: all((a != b).any() for a, b in zip(moved(explore), before, strict=True)), timeout=10_000
    )
    return moved(explore)


def amount(explore: ExploreWorkspace, direction: int) -> float:
    return explore.desk.state.walk.amounts[direction - 1]


def test_the_first_thing_seen_is_a_face_in_two_models(explore: ExploreWorkspace) -> None:
    scene = explore.desk.scene
    assert [view.loaded.name for view in scene.columns] == ["Unregularised", "Regularised"]
    for name in ("explore.original", "explore.reconstruction.0", "explore.reconstruction.1"):
        assert explore.findChild(ImagePane, name).array.std() > 10, "a picture and not a blank"
    for image, view in zip(moved(explore), scene.columns, strict=True):
        assert (image == view.place.reconstruction).all(), "at zero the moved image is the reconstruction"


def test_dragging_a_slider_moves_both_models_by_the_same_amount(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    before = moved(explore)
    slider = explore.findChild(QSlider, "explore.slider.1.slider")
    centre = slider.rect().center()
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=centre)
    for step in range(1, 9):
        qtbot.mouseMove(slider, QPoint(centre.x() + step * slider.width() // 20, centre.y()))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    wait_for_change(qtbot, explore, before)
    asked = amount(explore, 1)
    assert asked > 0.05
    qtbot.waitUntil(lambda: all(abs(v.moved.rms - asked) < 0.1 * asked for v in explore.desk.scene.columns))
    captions = [explore.findChild(ImagePane, f"explore.moved.{i}").caption for i in range(2)]
    assert all(caption.startswith("RMS change 0.0") for caption in captions)


def test_a_typed_value_moves_and_double_click_resets(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    before = moved(explore)
    spin = explore.findChild(QDoubleSpinBox, "explore.slider.2.value")
    spin.setFocus()
    spin.selectAll()
    qtbot.keyClicks(spin, "-0.04")
    qtbot.keyClick(spin, Qt.Key.Key_Return)
    assert amount(explore, 2) == pytest.approx(-0.04)
    wait_for_change(qtbot, explore, before)
    slider = explore.findChild(QSlider, "explore.slider.2.slider")
    qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    assert amount(explore, 2) == 0
    qtbot.waitUntil(lambda: all((a == b).all() for a, b in zip(moved(explore), before, strict=True)))


def test_keys_move_a_slider_finely(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    slider = explore.findChild(QSlider, "explore.slider.3.slider")
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert amount(explore, 3) == pytest.approx(0.001)
    qtbot.keyClick(slider, Qt.Key.Key_PageDown)
    assert abs(amount(explore, 3)) == pytest.approx(0.009, abs=1e-9) or amount(explore, 3) > 0.01
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert amount(explore, 3) == 0


def test_playing_sweeps_until_grabbed(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    play = explore.findChild(QToolButton, "explore.slider.1.play")
    qtbot.mouseClick(play, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: amount(explore, 1) > 0.02)
    slider = explore.findChild(QSlider, "explore.slider.1.slider")
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    assert not play.isChecked()
    still = amount(explore, 1)
    qtbot.wait(100)
    assert amount(explore, 1) == still


def test_reset_all_undo_and_redo(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.desk.set_amount(0, 0.03)
    explore.desk.set_amount(4, -0.02)
    explore.findChild(QAction, "explore.reset").trigger()
    assert not any(explore.desk.state.walk.amounts)
    explore.findChild(QAction, "explore.undo").trigger()
    assert (amount(explore, 1), amount(explore, 5)) == (0.03, -0.02)
    assert explore.directions.sliders[4].value() == pytest.approx(-0.02)
    explore.findChild(QAction, "explore.undo").trigger()
    assert (amount(explore, 1), amount(explore, 5)) == (0.03, 0.0)
    explore.findChild(QAction, "explore.redo").trigger()
    assert amount(explore, 5) == -0.02


def test_choosing_another_thumbnail_changes_everything(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    before = explore.desk.scene
    images = explore.findChild(ImageList, "explore.images")
    target = images.visualRect(images.model().index(3)).center()
    qtbot.mouseClick(images.viewport(), Qt.MouseButton.LeftButton, pos=target)
    qtbot.waitUntil(lambda: image_in_view(explore) == SourceImage(index=3))
    after = explore.desk.scene
    assert after.label == "face 3"
    assert (after.original != before.original).any()
    assert not np.allclose(after.columns[0].place.sigma, before.columns[0].place.sigma)


def test_the_range_is_where_the_sliders_end(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.bar.limit.setValue(0.05)
    qtbot.waitUntil(lambda: explore.desk.scene.state.limit == 0.05)
    slider = explore.directions.sliders[0]
    slider.slider.setValue(slider.slider.maximum())
    assert amount(explore, 1) == pytest.approx(0.05)


def test_ones_own_image_can_be_dropped(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path, drop_on: Any
) -> None:
    path = tmp_path / "own.png"
    gradient = np.linspace(0, 255, 90 * 70 * 3).reshape(90, 70, 3).astype(np.uint8)
    Image.fromarray(gradient).save(path)
    assert drop_on(explore, path)
    qtbot.waitUntil(lambda: image_in_view(explore) == FileImage(path=path))
    assert explore.findChild(ImagePane, "explore.original").caption == "own.png"


def test_a_broken_image_is_refused_by_name_and_nothing_is_lost(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path, drop_on: Any
) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
    before = explore.desk.scene
    assert drop_on(explore, path)
    message = explore.findChild(MessageBar, "explore.message")
    qtbot.waitUntil(message.isVisible)
    assert "broken.jpg" in message.text.text()
    assert explore.desk.state.base == before.state.base
    assert explore.desk.scene is not None
    explore.desk.set_amount(0, 0.02)
    wait_for_change(qtbot, explore, [view.place.reconstruction for view in before.columns])


def test_a_folder_of_images_can_be_dropped(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path, drop_on: Any
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(5):
        Image.fromarray(np.full((40, 50, 3), 40 * i, np.uint8)).save(folder / f"{i}.png")
    (folder / "broken.png").write_bytes(b"nothing")
    assert drop_on(explore, folder)
    qtbot.waitUntil(lambda: explore.desk.source.name == "photos")
    qtbot.waitUntil(lambda: explore.desk.scene.label == "0.png")
    assert "photos (5)" in explore.choices.images.text()


@pytest.mark.parametrize("content", [b"", b"PK not a zip", b"\x80\x04pickle"])
def test_nonsense_for_weights_is_refused(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path, content: bytes, drop_on: Any
) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    assert drop_on(explore, path)
    message = explore.findChild(MessageBar, "explore.message")
    qtbot.waitUntil(message.isVisible)
    assert "model.safetensors" in message.text.text()
    assert explore.choices.models.text() == "Bundled faces pair"


def test_a_run_under_way_is_walked_with_its_newest_weights(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    config = validate_config(
        {
            "name": "tiny",
            "data": {"kind": "faces", "count": 64},
            "model": {"size": 32, "dct": 16, "hidden": 32, "latent": 12},
            "schedule": {"steps": 100_000, "batch_size": 8, "held_out": 8},
        },
        "test",
    )
    context = explore.context
    feed = context.start_run(config, tmp_path / "tiny")
    explore.desk.live.follow(feed)
    title = explore.choices.models
    qtbot.waitUntil(lambda: title.text().startswith("tiny, step"))
    qtbot.waitUntil(lambda: explore.desk.scene.original.shape == (32, 32, 3))
    first = title.text()
    qtbot.waitUntil(lambda: title.text() != first)
    with qtbot.waitSignal(context.run_ended):
        context.training.send(Command.STOP)
    qtbot.waitUntil(lambda: title.text() == "tiny")
    assert explore.desk.live.feed is None


def test_a_run_that_is_resumed_is_followed_again(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    config = validate_config(
        {
            "name": "tiny",
            "data": {"kind": "faces", "count": 64},
            "model": {"size": 32, "dct": 16, "hidden": 32, "latent": 12},
            "schedule": {"steps": 100_000, "batch_size": 8, "held_out": 8},
        },
        "test",
    )
    context, title = explore.context, explore.choices.models
    feed = context.start_run(config, tmp_path / "tiny")
    explore.desk.open_path(feed.path)
    qtbot.waitUntil(lambda: title.text().startswith("tiny, step"))
    explore.desk.set_amount(0, 0.05)
    for stopped_long in (True, False):
        with qtbot.waitSignal(context.run_ended):
            context.training.send(Command.STOP)
        if stopped_long:
            qtbot.waitUntil(lambda: title.text() == "tiny")
        # else: its last weights are still being opened
        resumed = context.resume_run(config, feed.path)
        assert explore.desk.live.feed is resumed
        qtbot.waitUntil(lambda: title.text().startswith("tiny, step"))
        first = title.text()
        qtbot.waitUntil(lambda first=first: title.text() != first)
        assert explore.desk.live.feed is resumed
    assert explore.desk.state.walk.amounts[0] == 0.05
    with qtbot.waitSignal(context.run_ended):
        context.training.send(Command.STOP)


def test_a_run_that_is_resumed_out_of_view_is_left_alone(
    explore: ExploreWorkspace, qtbot: QtBot, trained: Path
) -> None:
    config = RunFolder.open(trained).config()
    explore.context.run_started.emit(explore.context.new_feed(config, trained, resumed=True))
    assert explore.desk.live.feed is None
    explore.desk.open_path(trained)
    qtbot.waitUntil(lambda: explore.choices.models.text() == "run")
    explore.context.run_started.emit(explore.context.new_feed(config, trained, resumed=True))
    assert explore.desk.live.feed is not None
    explore.desk.open_bundled()
    assert explore.desk.live.feed is None
