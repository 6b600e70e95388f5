"""A folder of pictures the models have never seen: one sentence, and the way to train on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.window import MainWindow
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.explore.state import SourceImage


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    """Forty coloured gratings in four folders."""
    random = np.random.default_rng(0)
    for number in range(40):
        folder = tmp_path / "stripes" / f"p{number % 4}"
        folder.mkdir(parents=True, exist_ok=True)
        wave = 0.5 + 0.5 * np.sin(2 * np.pi * (np.arange(64) / 32 + random.uniform()))
        picture = wave[None, :, None] * random.uniform(0.3, 1, 3) * np.ones((64, 1, 1))
        Image.fromarray((255 * picture).round().astype(np.uint8)).save(folder / f"{number:02}.png")
    return tmp_path / "stripes"


def words(explore: ExploreWorkspace) -> str:
    label = explore.findChild(QLabel, "explore.hint.words")
    return str(label.text()) if label.isVisible() else ""


def test_a_folder_of_strange_pictures_gets_a_sentence_with_numbers_until_it_is_closed(
    explore: ExploreWorkspace, qtbot: QtBot, stripes: Path
) -> None:
    assert words(explore) == "", "the bundled faces are what the bundled models know"
    explore.desk.open_source(FolderConfig(path=stripes))
    qtbot.waitUntil(lambda: "New to the models in view" in words(explore))
    assert "dB here" in words(explore)
    explore.desk.open_source(FacesConfig())
    qtbot.waitUntil(lambda: words(explore) == "")
    explore.desk.open_source(FolderConfig(path=stripes))
    qtbot.waitUntil(lambda: bool(words(explore)))
    assert explore.findChild(QPushButton, "explore.hint.choice").text() == "Train on these images"
    explore._hint._close()
    explore.desk.add_models("beta-vae")
    qtbot.waitUntil(lambda: len(explore.desk.scene.columns) == 3)
    qtbot.wait(300)
    assert words(explore) == "", "it was closed"


def test_one_strange_picture_gets_a_sentence_too_and_a_folder_is_asked_for(
    explore: ExploreWorkspace, qtbot: QtBot, stripes: Path
) -> None:
    explore.asking.take(stripes / "p0" / "00.png")
    qtbot.waitUntil(lambda: "on what they know" in words(explore))
    button = explore.findChild(QPushButton, "explore.hint.choice")
    assert button.text() == "Open a folder…"
    button.click()
    qtbot.waitUntil(lambda: explore.findChild(QFileDialog) is not None)
    explore.findChild(QFileDialog).reject()
    qtbot.waitUntil(lambda: explore.findChild(QFileDialog) is None)
    explore.desk.select(SourceImage(index=3))
    qtbot.waitUntil(lambda: words(explore) == "")


def test_train_on_these_images_opens_train_with_the_folder_and_a_target_rank(
    qtbot: QtBot, settings: QSettings, stripes: Path
) -> None:
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    try:
        explore = window.workspace("Explore")
        qtbot.waitUntil(lambda: explore.desk.scene is not None)
        explore.desk.open_source(FolderConfig(path=stripes))
        qtbot.waitUntil(lambda: bool(words(explore)))
        explore.findChild(QPushButton, "explore.hint.choice").click()
        train = window.stack.currentWidget()
        assert train.objectName() == "train"
        form = train.page.form
        assert form.config is not None, form.problems
        assert form.config.data == FolderConfig(path=stripes)
        assert form.config.name == "stripes"
        assert form.config.penalty.target_rank is not None
        rank = train.findChild(QLineEdit, "train.penalty.target_rank")
        qtbot.waitUntil(lambda: not rank.visibleRegion().isEmpty())
        note = train.findChild(QLabel, "train.data.path.note")
        qtbot.waitUntil(lambda: "40 images in 4 folders." in note.text())
        assert form.config is not None, "so few images leave something to train on"
        assert form.config.schedule.held_out == 5
    finally:
        window.close()
        window.shutdown()
