"""Somebody's own model in Explore: opened, put beside the bundled pair, and walked."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pytestqt.qtbot import QtBot
from torch import nn

from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.models.portable.saving import save_portable


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    encoder = nn.Sequential(
        nn.Conv2d(3, 4, 3, 2, 1), nn.GroupNorm(2, 4), nn.GELU(), nn.Flatten(), nn.LazyLinear(6)
    )
    decoder = nn.Sequential(
        nn.Linear(6, 64), nn.Unflatten(1, (4, 4, 4)), nn.Upsample(scale_factor=4), nn.Conv2d(4, 3, 1)
    )
    images = torch.rand(2, 3, 16, 16)
    encoder(images)
    path = tmp_path_factory.mktemp("portable") / "mine.jnnmodel"
    save_portable(path, encoder, decoder, images, name="My <b>own</b>")
    return path


def test_it_is_dropped_and_walked(explore: ExploreWorkspace, saved: Path, qtbot: QtBot) -> None:
    explore.asking.take(saved)
    desk = explore.desk
    qtbot.waitUntil(
        lambda: [view.loaded.name for view in desk.scene.columns] == ["My <b>own</b>"], timeout=30_000
    )
    desk.set_amount(0, 0.02)
    qtbot.waitUntil(lambda: desk.settled and desk.scene.columns[0].moved.rms > 0)
    assert desk.scene.columns[0].moved.rms == pytest.approx(0.02, rel=0.1)


def test_it_stands_beside_others(explore: ExploreWorkspace, saved: Path, qtbot: QtBot) -> None:
    explore.desk.add_models(str(saved))
    qtbot.waitUntil(lambda: len(explore.desk.scene.columns) == 3)
    assert explore.desk.scene.columns[2].caption == "My <b>own</b>"
    assert {view.place.directions.shape[1] for view in explore.desk.scene.columns} == {8, 6}
