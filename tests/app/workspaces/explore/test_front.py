"""Sliding along a front: the models change, the image and the walk stay."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.explore.columns.front_walk import Front, FrontModel
from jnn_studio.explore.columns.references import member_reference


@pytest.fixture
def front(swept: Path) -> Front:
    """Three η, strongest first, and their twin, which is not one of them."""
    models = [
        FrontModel(member_reference(swept / f"eta-{eta}", "regularised"), f"Rank {n}", f"η {eta}, rank {n}")
        for n, eta in enumerate(("2", "0.5", "0.1"), start=5)
    ]
    unregularised = member_reference(swept / "twin", "unregularised")
    more = FrontModel(unregularised, "Unregularised", "unregularised")
    return Front("tiny", tuple(models), more)


def places(explore: ExploreWorkspace) -> list[str]:
    """Which models are in view, by their folders."""
    return [Path(column.where.partition("::")[0]).name for column in explore.desk.state.columns]


def walk(explore: ExploreWorkspace, qtbot: QtBot, front: Front, index: int) -> None:
    explore.walk_front(front, index)
    qtbot.waitUntil(lambda: explore.desk.settled and places(explore)[-1].startswith("eta"), timeout=30_000)


def test_a_model_stands_between_its_neighbours_beside_the_twin(
    explore: ExploreWorkspace, qtbot: QtBot, front: Front
) -> None:
    walk(explore, qtbot, front, 1)
    assert places(explore) == ["twin", "eta-2", "eta-0.5", "eta-0.1"]
    assert explore.front.isVisible()
    captions = [view.caption for view in explore.desk.scene.columns]  # type: ignore[union-attr]
    assert captions == ["Unregularised · η = 0", "Rank 5 · η = 2", "Rank 6 · η = 0.5", "Rank 7 · η = 0.1"]
    words = explore.findChild(QLabel, "explore.front.words")
    assert words is not None
    assert words.text() == "η 0.5, rank 6"


def test_the_walk_stays_while_the_models_change(
    explore: ExploreWorkspace, qtbot: QtBot, front: Front
) -> None:
    longer = Front("longer", (*front.models, front.twin), None)  # type: ignore[arg-type]
    walk(explore, qtbot, longer, 0)
    desk = explore.desk
    image = desk.state.base
    desk.set_amount(0, 0.08)
    desk.set_amount(3, -0.05)
    qtbot.waitUntil(lambda: desk.settled, timeout=30_000)
    first, before = desk.state, desk.scene
    assert places(explore) == ["eta-2", "eta-0.5", "eta-0.1"]

    for index in (1, 2, 3):
        explore.front.slider.setValue(index)
    qtbot.waitUntil(lambda: desk.settled, timeout=30_000)

    assert places(explore) == ["eta-0.5", "eta-0.1", "twin"]
    assert desk.state.walk == first.walk
    assert desk.state.base == image
    after = desk.scene
    assert before is not None
    assert after is not None
    # The same model by the same amounts gives the same picture, wherever it stands.
    old = next(view.moved.image for view in before.columns if "eta-0.5" in view.column.where)
    new = next(view.moved.image for view in after.columns if "eta-0.5" in view.column.where)
    torch.testing.assert_close(torch.as_tensor(new), torch.as_tensor(old), rtol=0, atol=0)
    assert [round(view.moved.rms, 3) > 0 for view in after.columns] == [True] * 3

    desk.undo.undo()
    qtbot.waitUntil(lambda: desk.settled, timeout=30_000)
    assert places(explore) == ["eta-2", "eta-0.5", "eta-0.1"]
    assert explore.front.slider.value() in (0, 1)  # the first two stand among the same three


def test_the_slider_is_there_only_while_the_front_is(
    explore: ExploreWorkspace, qtbot: QtBot, front: Front
) -> None:
    walk(explore, qtbot, front, 1)
    explore.desk.remove_column("c4")
    assert not explore.front.isVisible()
    explore.desk.undo.undo()
    assert explore.front.isVisible()
    explore.desk.open_bundled()
    assert not explore.front.isVisible()
