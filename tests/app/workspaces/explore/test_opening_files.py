"""What somebody names on the command line, or clicks outside, is in view: models, on their images."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.columns.open_models import open_bundled
from jnn_studio.explore.state import FileImage
from jnn_studio.models.weights import save_model


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("weights")
    paths = []
    for loaded in open_bundled():
        paths.append(folder / f"{loaded.name}.safetensors")
        save_model(paths[-1], loaded.model, loaded.name)  # type: ignore[arg-type]
    return paths


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number, pixels in enumerate(FaceSource(12, 64, seed=3).thumbnails(range(12), 64)):
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    return folder


def places(explore: ExploreWorkspace) -> list[str]:
    return [column.where for column in explore.desk.scene.state.columns]


def test_models_and_a_folder(
    explore: ExploreWorkspace, weights: list[Path], photos: Path, qtbot: QtBot
) -> None:
    explore.open_files([*weights, photos])
    qtbot.waitUntil(lambda: places(explore) == [str(path) for path in weights])
    qtbot.waitUntil(lambda: len(explore.desk.source) == 12)


def test_a_model_and_a_picture(
    explore: ExploreWorkspace, weights: list[Path], photos: Path, qtbot: QtBot
) -> None:
    picture = photos / "03.png"
    explore.open_files([picture, weights[1]])
    qtbot.waitUntil(lambda: places(explore) == [str(weights[1])])
    qtbot.waitUntil(lambda: explore.desk.scene.state.base.image == FileImage(path=picture))


def test_a_picture_alone_is_for_the_models_in_view(
    explore: ExploreWorkspace, photos: Path, qtbot: QtBot
) -> None:
    before = places(explore)
    explore.open_files([photos / "03.png"])
    qtbot.waitUntil(
        lambda: explore.desk.scene.state.base.image == FileImage(path=photos / "03.png"), timeout=30_000
    )
    assert places(explore) == before


def test_a_session_alone(explore: ExploreWorkspace, tmp_path: Path, qtbot: QtBot) -> None:
    explore.desk.set_amount(1, 0.03)
    qtbot.waitUntil(lambda: explore.desk.settled)
    explore.sessions.save(tmp_path / "a.jnnsession")
    qtbot.waitUntil((tmp_path / "a.jnnsession").exists)
    explore.desk.reset()
    explore.open_files([tmp_path / "a.jnnsession"])
    qtbot.waitUntil(lambda: explore.desk.state.walk.amount(1, "straight") == 0.03)
