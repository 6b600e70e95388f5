"""PCA of the images in view, beside the models."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QMenu, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.explore.desk import opened as module
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.columns.kept_pca import keep_pca
from jnn_studio.explore.saved.session_file import load_session, save_session


def wait_for_scene(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: explore.desk.settled)


def open_images(
    explore: ExploreWorkspace, qtbot: QtBot, config: FacesConfig | FolderConfig, count: int
) -> None:
    explore.desk.open_source(config)
    qtbot.waitUntil(
        lambda: explore.desk.source is not None and len(explore.desk.source) == count, timeout=30_000
    )
    wait_for_scene(explore, qtbot)


@pytest.fixture
def few_faces(explore: ExploreWorkspace, qtbot: QtBot) -> ExploreWorkspace:
    open_images(explore, qtbot, FacesConfig(count=90), 90)
    return explore


def add_pca(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    count = len(explore.desk.state.columns)
    explore._actions["add_pca"].trigger()
    qtbot.waitUntil(lambda: len(explore.panes.moved) == count + 1)
    wait_for_scene(explore, qtbot)


def test_it_stands_beside_the_models_with_as_many_components_as_the_first_has_axes(
    few_faces: ExploreWorkspace, qtbot: QtBot
) -> None:
    add_pca(few_faces, qtbot)

    view = few_faces.desk.scene.columns[-1]
    assert (view.caption, view.role) == ("PCA · 64 components", "pca")
    deviations = view.loaded.model.deviations
    np.testing.assert_allclose(view.place.sigma, deviations, rtol=1e-5)
    assert view.place.psnr is not None
    few_faces.directions.sliders[0].slider.setValue(500)
    wait_for_scene(few_faces, qtbot)
    assert few_faces.desk.scene.columns[-1].moved.rms == pytest.approx(0.05, rel=0.1)
    few_faces.desk.set_matched(True)
    wait_for_scene(few_faces, qtbot)
    assert few_faces.desk.scene.columns[-1].match is not None
    few_faces.desk.undo.undo()
    few_faces.desk.undo.undo()
    few_faces.desk.undo.undo()
    qtbot.waitUntil(lambda: len(few_faces.panes.moved) == 2)


def test_the_menu_the_palette_and_the_menu_bar_have_it(explore: ExploreWorkspace) -> None:
    action = explore._actions["add_pca"]
    assert action.objectName() == "explore.add_pca"
    assert action in explore.commands()
    assert "as many as the first model's latent" in action.toolTip()
    menu = explore.choices.models.menu()
    menu.aboutToShow.emit()
    add = menu.findChild(QMenu, "explore.models.add")
    entry = next(a for a in add.actions() if a.text() == "PCA of these images")
    assert entry.toolTip() == action.toolTip()


def test_a_second_time_it_is_there_without_fitting(
    few_faces: ExploreWorkspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_pca(few_faces, qtbot)
    monkeypatch.setattr("jnn_studio.explore.columns.kept_pca.fit_pca", None)
    add_pca(few_faces, qtbot)

    first, second = few_faces.desk.scene.columns[2:]
    assert first.column.where == second.column.where
    assert Path(first.column.where).parent == few_faces.context.data_folder / "pca"


def test_a_session_brings_it_back(few_faces: ExploreWorkspace, qtbot: QtBot, tmp_path: Path) -> None:
    add_pca(few_faces, qtbot)
    state = few_faces.desk.state
    path = tmp_path / "s.jnnsession"
    save_session(path, state, few_faces.desk.opened.models(state))

    session = load_session(path)
    assert session.state == state
    assert session.warnings == ()
    assert state.columns[-1].where in session.models


def test_fewer_images_than_components_are_refused_with_words(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    for count, words in ((1, "1 image, too few"), (20, "ask for at most 19")):
        folder = tmp_path / f"{count} pictures"
        folder.mkdir()
        for i in range(count):
            pixels = np.random.default_rng(i).integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png")
        open_images(explore, qtbot, FolderConfig(path=folder), count)
        explore.message.hide()
        explore._actions["add_pca"].trigger()
        qtbot.waitUntil(explore.message.isVisible)
        assert explore.message.title.text() == "Cannot add the PCA"
        assert words in explore.message.text.text()
        assert len(explore.desk.state.columns) == 2


def test_there_is_room_for_four(few_faces: ExploreWorkspace, qtbot: QtBot) -> None:
    add_pca(few_faces, qtbot)
    add_pca(few_faces, qtbot)
    few_faces._actions["add_pca"].trigger()
    assert "Four models" in few_faces.message.title.text()
    assert len(few_faces.desk.state.columns) == 4


def test_how_far_it_is_stands_in_the_bar_and_it_can_be_cancelled(
    few_faces: ExploreWorkspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    let, ended = threading.Event(), threading.Event()

    def slow(source: ImageSource, components: int, folder: Path, watch: Watch) -> Path:
        try:
            while not let.is_set():
                watch.step(3, 90, "Reading images")
                time.sleep(0.005)
        finally:
            ended.set()
        return keep_pca(source, components, folder, watch)

    monkeypatch.setattr(module, "keep_pca", slow)
    bar = few_faces.findChild(QProgressBar, "explore.opening")
    cancel: Callable[[], None] = few_faces.findChild(QPushButton, "explore.opening.cancel").click
    few_faces._actions["add_pca"].trigger()
    qtbot.waitUntil(lambda: bar.isVisible() and (bar.value(), bar.maximum()) == (3, 90))
    cancel()
    qtbot.waitUntil(lambda: ended.is_set() and not bar.isVisible())
    assert len(few_faces.desk.state.columns) == 2
    assert not (few_faces.context.data_folder / "pca").exists()

    let.set()
    add_pca(few_faces, qtbot)
    assert not bar.isVisible()
