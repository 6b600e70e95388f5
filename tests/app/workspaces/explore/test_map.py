"""The map: where a model puts the images, linked with the gallery and with the walk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.theme import theme
from jnn_studio.app.workspaces.explore.map.canvas import MapCanvas
from jnn_studio.app.workspaces.explore.map.panel import MapPanel
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.data.config import FacesConfig
from jnn_studio.explore.collection.latent_map import GET_UMAP, make_map
from jnn_studio.explore.state import SourceImage

COUNT = 90


@pytest.fixture
def mapped(explore: ExploreWorkspace, qtbot: QtBot) -> MapPanel:
    """The map of ninety faces, in view."""
    explore.desk.open_source(FacesConfig(count=COUNT))
    qtbot.waitUntil(lambda: explore.desk.source is not None and len(explore.desk.source) == COUNT)
    qtbot.waitUntil(lambda: explore.desk.settled)
    action(explore, "show").trigger()
    wait_for_map(explore.map, qtbot)
    return explore.map


def action(explore: ExploreWorkspace, name: str) -> QAction:
    return next(a for a in explore.commands() if a.objectName() == f"explore.map.{name}")


def wait_for_map(panel: MapPanel, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: len(panel.canvas._points) == COUNT)
    qtbot.waitUntil(lambda: not panel.standing.progress.isVisible())


def shown(explore: ExploreWorkspace) -> list[int]:
    model = explore.gallery.images.model()
    return [model.image_at(row) for row in range(model.rowCount())]


def at(canvas: MapCanvas, index: int) -> QPoint:
    return canvas.place_of(index).toPoint()


def lonely(canvas: MapCanvas) -> int:
    """An image that no other is near to."""
    gaps = np.linalg.norm(canvas._points[:, None] - canvas._points[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    return int(gaps.min(axis=1).argmax())


def draw(canvas: MapCanvas, corners: list[QPoint]) -> None:
    view = canvas.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, corners[0])
    for corner in [*corners[1:], corners[0]]:
        QTest.mouseMove(view, corner, 5)
        QTest.qWait(20)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, corners[0])


def test_the_map_is_hidden_at_first_and_nothing_is_read_for_it(explore: ExploreWorkspace) -> None:
    assert explore.findChild(QDockWidget, "explore.dock.map").isHidden()
    assert len(explore.map.canvas._points) == 0
    assert any(panel.text() == "Map" for panel in explore.panels())


def test_images_are_where_the_principal_components_of_their_latents_put_them(
    explore: ExploreWorkspace, mapped: MapPanel
) -> None:
    loaded = explore.desk.scene.columns[-1].loaded
    assert mapped.controls.model.currentText() == explore.desk.scene.columns[-1].caption, (
        "the regularised one"
    )
    latents = loaded.model.encode(explore.desk.source.images(range(COUNT))).detach().numpy()
    assert np.allclose(mapped.canvas._points, make_map("pca", latents).points, atol=1e-3)
    assert mapped.standing.words.text() == "90 images."


def test_another_model_gives_another_map(mapped: MapPanel, qtbot: QtBot) -> None:
    before = mapped.canvas._points
    mapped.controls.model.setCurrentIndex(0)
    mapped.controls.model.activated.emit(0)
    qtbot.waitUntil(lambda: mapped.canvas._points is not before)
    assert not np.allclose(mapped.canvas._points, before)
    other = mapped.canvas._points
    mapped.controls.model.setCurrentIndex(1)
    mapped.controls.model.activated.emit(1)
    assert np.array_equal(mapped.canvas._points, before), "kept: at once"
    assert other is not before


def test_a_click_walks_from_the_image(explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot) -> None:
    index = lonely(mapped.canvas)
    qtbot.mouseClick(mapped.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(mapped.canvas, index))
    qtbot.waitUntil(lambda: explore.desk.state.base.image == SourceImage(index=index))


def test_the_mouse_is_told_what_it_is_at(explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot) -> None:
    index = lonely(mapped.canvas)
    QTest.mouseMove(mapped.canvas.viewport(), at(mapped.canvas, index) + QPoint(2, 1))
    qtbot.waitUntil(mapped.pointed_at.isVisible)
    assert mapped.pointed_at.name.text() == explore.desk.source.label(index)
    mapped.canvas._point_at(-1)
    assert not mapped.pointed_at.isVisible()


def test_the_keyboard_goes_from_image_to_image(
    explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot
) -> None:
    canvas = mapped.canvas
    qtbot.waitUntil(lambda: canvas._base == 0)
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    first = canvas._at
    assert first >= 0
    assert canvas._points[first, 0] >= canvas._points[0, 0]
    assert mapped.pointed_at.name.text() == explore.desk.source.label(first)
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: explore.desk.state.base.image == SourceImage(index=first))


def test_a_lasso_filters_the_gallery_and_show_all_is_the_way_back(
    explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot
) -> None:
    canvas = mapped.canvas
    assert not mapped.standing.all.isVisible()
    action(explore, "lasso").trigger()
    assert canvas.box.lasso
    index = lonely(canvas)
    here = at(canvas, index)
    draw(canvas, [here + QPoint(*corner) for corner in ((-14, -14), (14, -14), (14, 14), (-14, 14))])
    qtbot.waitUntil(lambda: len(shown(explore)) < COUNT)
    found = shown(explore)
    assert index in found
    chip = explore.gallery.findChild(QPushButton, "explore.gallery.chip.picked")
    assert chip.text().startswith("Lasso: ")
    qtbot.waitUntil(mapped.standing.all.isVisible)
    assert mapped.standing.words.text() == f"{len(found)} of {COUNT} images."
    assert not canvas.box.lasso, "the next drag moves the map again"
    mapped.standing.all.click()
    qtbot.waitUntil(lambda: shown(explore) == list(range(COUNT)))
    qtbot.waitUntil(lambda: not mapped.standing.all.isVisible())


def test_the_chip_in_the_gallery_takes_the_lasso_away(
    explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot
) -> None:
    mapped.canvas.lassoed.emit(np.array([4, 8]))
    qtbot.waitUntil(lambda: shown(explore) == [4, 8])
    explore.gallery.findChild(QPushButton, "explore.gallery.chip.picked").click()
    qtbot.waitUntil(lambda: shown(explore) == list(range(COUNT)))


def test_an_empty_lasso_says_so_and_changes_nothing(explore: ExploreWorkspace, mapped: MapPanel) -> None:
    mapped.canvas.lassoed.emit(np.array([], np.int64))
    assert mapped.standing.words.text() == "No image is in the lasso."
    assert shown(explore) == list(range(COUNT))


def test_what_the_gallery_leaves_out_steps_back(
    explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot
) -> None:
    explore.gallery.bar.search.setText("face 7")
    expected = [index for index in range(COUNT) if "7" in str(index)]
    qtbot.waitUntil(lambda: shown(explore) == expected)
    assert np.flatnonzero(mapped.canvas._selected).tolist() == expected
    mapped.canvas._point_at(-1)
    qtbot.keyClick(mapped.canvas, Qt.Key.Key_Left)
    assert mapped.canvas._at in [0, *expected], "keys go among those that are shown"


def test_colours_tell_a_factor_with_its_values(mapped: MapPanel, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: mapped.controls.colour.findData("smile") >= 0)
    mapped.controls.colour.setCurrentIndex(mapped.controls.colour.findData("smile"))
    mapped.controls.colour.activated.emit(mapped.controls.colour.currentIndex())
    colouring = mapped.canvas._colouring
    assert colouring.title == "smile"
    assert len(colouring.scale) == 3
    assert mapped.legend.isVisible()
    assert all(words in mapped.legend.toolTip() for words in colouring.scale)
    values = mapped._facets["smile"].values
    assert np.corrcoef(values, colouring.codes)[0, 1] > 0.98


def test_the_walk_is_drawn_as_it_moves(explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: mapped.canvas._base == 0)
    assert len(mapped.canvas._walk.getData()[0]) == 0, "at rest there is none"
    explore.desk.set_amount(0, 0.08)
    qtbot.waitUntil(lambda: len(mapped.canvas._walk.getData()[0]) == 2)
    x, y = mapped.canvas._walk.getData()
    view = explore.desk.scene.columns[-1]
    place = mapped._map[1].place
    ends = place(np.stack([view.place.latent.numpy(), view.moved.latent.numpy()]))
    assert np.allclose(np.stack([x, y], axis=1), ends, atol=1e-4)
    assert np.allclose(ends[0], mapped.canvas._points[0], atol=1e-3), "it begins at its image"
    explore.desk.reset()
    qtbot.waitUntil(lambda: len(mapped.canvas._walk.getData()[0]) == 0)


def test_pictures_stand_where_there_is_room(
    explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot
) -> None:
    action(explore, "pictures").trigger()
    qtbot.waitUntil(lambda: len(mapped.canvas._shown) > 3)
    assert len(mapped.canvas._shown) < COUNT, "and not on each other"
    action(explore, "pictures").trigger()
    assert not mapped.canvas._shown


@pytest.mark.filterwarnings("ignore")
def test_umap_is_laid_out_or_says_how_to_get_it(mapped: MapPanel, qtbot: QtBot) -> None:
    from importlib.util import find_spec

    before = mapped.canvas._points
    mapped.controls.layout_choice.current = "umap"
    if find_spec("umap") is None:
        qtbot.waitUntil(lambda: mapped.standing.words.text() == GET_UMAP)
        assert mapped.controls.layout_choice.current == "pca", "what is seen is what is chosen"
        assert mapped.canvas._points is before
    else:
        qtbot.waitUntil(lambda: mapped.canvas._points is not before, timeout=240_000)
        assert "UMAP" in mapped.canvas.getAxis("bottom").labelText


def test_making_it_can_be_cancelled_and_goes_on_from_there(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.desk.open_source(FacesConfig(count=3000, seed=3))
    qtbot.waitUntil(lambda: len(explore.desk.source) == 3000)
    action(explore, "show").trigger()
    panel = explore.map
    qtbot.waitUntil(
        lambda: panel.standing.progress.isVisible() and panel.standing.progress.value() > 0, timeout=30_000
    )
    panel.standing.cancel.click()
    assert not panel.standing.progress.isVisible()
    assert panel.standing.make.isVisible()
    read = panel.standing.progress.value()
    qtbot.wait(100)
    assert panel.standing.progress.value() == read
    panel.standing.make.click()
    qtbot.waitUntil(
        lambda: panel.standing.progress.isVisible() and panel.standing.progress.value() > read, timeout=30_000
    )
    qtbot.waitUntil(lambda: len(panel.canvas._points) == 3000)
    known = int(np.isfinite(panel.canvas._points).all(axis=1).sum())
    assert 256 <= known < 3000, "the first images are seen before all have been read"
    panel.standing.cancel.click()


def test_other_images_give_another_map(explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot) -> None:
    explore.desk.open_source(FacesConfig(count=40, seed=9))
    qtbot.waitUntil(lambda: len(mapped.canvas._points) == 40)
    assert mapped.standing.words.text() == "40 images."


def test_the_map_follows_the_theme(mapped: MapPanel) -> None:
    before = theme().mode
    try:
        for mode in ("light", "dark"):
            theme().mode = mode
            assert mapped.canvas.backgroundBrush().color() == QColor(theme().colors.plot)
    finally:
        theme().mode = before


def test_every_control_says_what_it_does(explore: ExploreWorkspace, mapped: MapPanel) -> None:
    controls, standing = mapped.controls, mapped.standing
    buttons = (standing.all, standing.cancel, standing.make, controls.fit)
    for control in (controls.model, controls.colour, standing.progress, *buttons):
        assert control.toolTip()
        assert control.accessibleName()
        assert control.objectName().startswith("explore.map.")
    for name in ("show", "lasso", "pictures", "save_picture", "save_table"):
        assert action(explore, name).toolTip()


def test_it_is_saved_as_a_picture_and_as_a_table(
    explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    qtbot.waitUntil(lambda: "smile" in mapped._facets)
    for name, ending in (("save_picture", ".png"), ("save_table", ".csv")):
        action(explore, name).trigger()
        dialog = mapped.findChild(QFileDialog)
        dialog.fileSelected.emit(str(tmp_path / f"map{ending}"))
        dialog.close()
        qtbot.waitUntil(lambda: mapped.findChild(QFileDialog) is None)
    with Image.open(tmp_path / "map.png") as picture:
        assert picture.width > 200
    rows = (tmp_path / "map.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows[0].startswith("image,Principal component 1")
    assert "smile" in rows[0]
    assert len(rows) == 1 + COUNT


def test_what_is_pointed_at_goes_with_its_images(
    explore: ExploreWorkspace, mapped: MapPanel, qtbot: QtBot
) -> None:
    mapped.canvas._point_at(5)
    assert mapped.pointed_at.isVisible()
    explore.desk.open_source(FacesConfig(count=40, seed=9))
    qtbot.waitUntil(lambda: len(mapped.canvas._points) == 40)
    assert not mapped.pointed_at.isVisible()


def test_all_of_it_stays_in_view_until_somebody_moves_it(mapped: MapPanel, qtbot: QtBot) -> None:
    def everything() -> bool:
        (left, right), (low, high) = mapped.canvas.box.viewRange()
        x, y = mapped.canvas._points.T
        return bool(left < x.min() and x.max() < right and low < y.min() and y.max() < high)

    assert everything()
    mapped.window().resize(1400, 600)
    qtbot.waitUntil(everything)
    mapped.canvas.box.scaleBy((0.3, 0.3))
    mapped.canvas.box.sigRangeChangedManually.emit([True, True])
    mapped.window().resize(1300, 700)
    qtbot.wait(100)
    assert not everything(), "what was zoomed in on stays"
    qtbot.keyClick(mapped.canvas, Qt.Key.Key_Home)
    assert everything()
