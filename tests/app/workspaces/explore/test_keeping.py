"""Directions are saved with where they came from, and found again elsewhere; they say what they mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QDockWidget, QLabel
from pytestqt.qtbot import QtBot

from jnn_studio.app.widgets.direction_slider import LEAST_SLIDER
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.data.config import FolderConfig
from jnn_studio.explore.meaning.meaning import MeaningView
from jnn_studio.explore.saved.library import Library
from jnn_studio.explore.state import SourceImage


def wait_for_scene(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: explore.desk.settled)


def save(explore: ExploreWorkspace, qtbot: QtBot, name: str) -> None:
    library = Library(explore.context.data_folder / "directions")
    before = len(library.contents().directions)
    explore.library.save_asked.emit(name, "")
    qtbot.waitUntil(lambda: len(library.contents().directions) > before)
    qtbot.waitUntil(lambda: explore.library.selected is not None)


def test_a_direction_is_kept_with_its_provenance(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.directions.sliders[2].slider.setValue(600)
    wait_for_scene(explore, qtbot)
    save(explore, qtbot, "turns the head")
    (saved,) = Library(explore.context.data_folder / "directions").contents().directions
    assert (saved.name, saved.index, saved.model.name, saved.label) == (
        "turns the head",
        2,
        "Regularised",
        "face 0",
    )
    assert saved.amounts == pytest.approx((-0.06, 0.06))


def test_at_its_own_image_it_is_found_exactly(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.directions.sliders[2].slider.setValue(600)
    wait_for_scene(explore, qtbot)
    save(explore, qtbot, "mine")
    explore.desk.reset()
    wait_for_scene(explore, qtbot)
    explore.library.apply_asked.emit(explore.library.selected)
    qtbot.waitUntil(lambda: explore.desk.state.walk.amounts[2] == pytest.approx(0.06))
    assert "|cos| 1.00 in the latent" in explore.library.result.text()


def test_at_another_image_the_nearest_is_walked_and_the_match_shown(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    save(explore, qtbot, "mine")
    explore.desk.select(SourceImage(index=9))
    wait_for_scene(explore, qtbot)
    explore.library.apply_asked.emit(explore.library.selected)
    qtbot.waitUntil(lambda: any(explore.desk.state.walk.amounts))
    assert "|cos| 0." in explore.library.result.text()


def open_meaning(explore: ExploreWorkspace) -> list[MeaningView]:
    views: list[MeaningView] = []
    explore.explainer.explained.connect(views.append)
    explore.findChild(QDockWidget, "explore.dock.meaning").raise_()
    return views


def test_directions_name_themselves_by_the_factors(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    views = open_meaning(explore)
    qtbot.waitUntil(lambda: any(view.columns for view in views))
    view = next(view for view in views if view.columns)
    assert "smile" in view.labels
    energies = [[m.tangent_energy for m in column.meanings] for column in view.columns]
    assert np.mean(energies[1]) > np.mean(energies[0]), "regularised directions are more meaningful"
    assert "regularised" in view.columns[1].name.lower()


def test_a_model_shown_twice_has_other_names_for_other_directions(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    explore.desk.add_models("regularised")
    qtbot.waitUntil(lambda: len(explore.desk.state.columns) == 3)
    explore.desk.set_directions("c3", "axes")
    wait_for_scene(explore, qtbot)
    views = open_meaning(explore)
    qtbot.waitUntil(lambda: bool(views) and len(views[-1].columns) == 3)
    _, encoder, axes = views[-1].columns
    assert encoder.name == axes.name, "one model"
    names = [(one.name, other.name) for one, other in zip(encoder.meanings, axes.meanings, strict=True)]
    assert any(one != other for one, other in names)
    for slider, (one, other) in zip(explore.directions.sliders, names, strict=True):
        said = slider.toolTip().splitlines()[2:]
        assert [said[0].endswith(f", {one}"), said[1].endswith(f", {other}")] == [True, True], said


def test_nothing_is_worked_out_while_nobody_looks(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.hide()  # names stand at the sliders too, where there is room
    views: list[MeaningView] = []
    explore.explainer.explained.connect(views.append)
    explore.desk.set_amount(0, 0.03)
    wait_for_scene(explore, qtbot)
    qtbot.wait(200)
    assert not views


def test_a_table_of_attributes_explains_a_folder(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    generator = np.random.default_rng(0)
    rows = ["file,bright,coin"]
    for i in range(60):
        bright = i % 2
        noise = generator.integers(0, 60, (40, 40, 3))
        Image.fromarray((noise + 140 * bright).astype(np.uint8)).save(folder / f"{i:02}.png")
        rows.append(f"{i:02}.png,{bright},{generator.integers(2)}")
    table = tmp_path / "table.csv"
    table.write_text("\n".join(rows))
    explore.desk.open_source(FolderConfig(path=folder))
    qtbot.waitUntil(lambda: explore.desk.scene.label == "00.png")
    views = open_meaning(explore)
    qtbot.waitUntil(lambda: any("no known factors" in view.state for view in views))
    explore.explainer.open_table(table)
    qtbot.waitUntil(lambda: bool(views) and len(views[-1].columns) == 2)
    view = views[-1]
    assert view.labels == ("bright", "coin")
    for column in view.columns:
        assert column.accuracies[0] > 0.95
        assert column.reliable[0]
    assert "60 of 60 images" in explore.message.text.text()


def test_two_folders_explain_themselves_without_any_table(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    generator = np.random.default_rng(0)
    for i in range(60):
        folder = tmp_path / "photos" / ("bright" if i % 2 else "not bright")
        folder.mkdir(parents=True, exist_ok=True)
        noise = generator.integers(0, 60, (40, 40, 3)) + 140 * (i % 2)
        Image.fromarray(noise.astype(np.uint8)).save(folder / f"{i:02}.png")
    explore.desk.open_source(FolderConfig(path=tmp_path / "photos"))
    qtbot.waitUntil(lambda: explore.desk.scene.label == "bright/01.png")
    views = open_meaning(explore)
    qtbot.waitUntil(lambda: bool(views) and len(views[-1].columns) == 2)
    assert views[-1].labels == ("bright",)
    assert all(column.accuracies[0] > 0.95 for column in views[-1].columns)


def test_what_a_direction_does_stands_beside_its_slider_where_there_is_room(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    views = open_meaning(explore)
    qtbot.waitUntil(lambda: any(view.columns for view in views))
    slider = explore.directions.sliders[0]
    label = slider.findChild(QLabel, "explore.slider.1.meaning")
    qtbot.waitUntil(lambda: label.isVisibleTo(slider))
    assert explore.width() == 1208, "as in a window of 1280 pixels"
    names = [s.findChild(ElidingLabel, f"{s.objectName()}.meaning") for s in explore.directions.sliders]
    assert label.text() == views[-1].columns[-1].meanings[0].name
    assert all(len(name.shown()) >= 8 or name.shown() == name.text() for name in names), "they can be read"
    assert all(name.toolTip() == name.text() for name in names), "and what is cut is in the tooltip"
    assert all(s.slider.width() >= LEAST_SLIDER for s in explore.directions.sliders)


def test_names_come_to_the_sliders_once_nothing_moves_though_nobody_looks_at_meaning(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    label = explore.findChild(QLabel, "explore.slider.1.meaning")
    qtbot.waitUntil(lambda: bool(label.text()))
    before = label.text()
    assert explore.meaning.visibleRegion().isEmpty()
    width = label.width()
    explore.desk.select(SourceImage(index=7))
    qtbot.waitUntil(lambda: label.text() == "")
    assert label.width() == width, "the sliders stay where they are"
    qtbot.waitUntil(lambda: bool(label.text()))
    assert before
