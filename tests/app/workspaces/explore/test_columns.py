"""Two to four models, linked or not, in any order, matched or not."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QToolButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.explore.pictures.model_pane import ModelPane
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace


def keys(explore: ExploreWorkspace) -> list[str]:
    """Of the models whose pictures are on screen."""
    return [pane.key for pane in explore.panes.moved]


def act(explore: ExploreWorkspace, position: int, name: str) -> None:
    """Choose an entry of the menu at a model's picture."""
    pane = explore.findChild(ModelPane, f"explore.moved.{position}")
    pane._menu.aboutToShow.emit()
    actions = [
        *pane._menu.actions(),
        *(a for m in pane._menu.actions() if m.menu() for a in m.menu().actions()),
    ]
    next(action for action in actions if action.objectName() == name).trigger()


def wait_for_scene(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    """The scene of the present state is on screen."""
    qtbot.waitUntil(lambda: explore.desk.settled)


def add(explore: ExploreWorkspace, qtbot: QtBot, where: str) -> None:
    count = len(explore.desk.state.columns)
    explore.choices.model_added.emit(where)
    qtbot.waitUntil(lambda: len(explore.panes.moved) == count + 1)


def test_up_to_four_models_stand_side_by_side(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    add(explore, qtbot, "regularised")
    add(explore, qtbot, "unregularised")
    assert len({view.role for view in explore.desk.scene.columns}) == 4, "each has a colour of its own"
    explore.choices.model_added.emit("regularised")
    qtbot.waitUntil(explore.message.isVisible)
    assert "Four models" in explore.message.title.text()
    assert len(explore.panes.moved) == 4


def test_a_model_can_be_removed_and_comes_back_by_undo(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    act(explore, 0, "explore.model.remove")
    qtbot.waitUntil(lambda: keys(explore) == ["c2"])
    explore.desk.undo.undo()
    qtbot.waitUntil(lambda: keys(explore) == ["c1", "c2"])


def test_models_change_places(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    act(explore, 0, "explore.model.right")
    qtbot.waitUntil(lambda: keys(explore) == ["c2", "c1"])
    assert explore.desk.scene.columns[0].loaded.name == "Regularised"


def test_an_unlinked_model_has_sliders_of_its_own(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    whose = explore.findChild(QComboBox, "explore.whose")
    assert not whose.isVisibleTo(explore)
    act(explore, 1, "explore.model.linked")
    wait_for_scene(explore, qtbot)
    assert whose.isVisibleTo(explore)
    assert [whose.itemText(i) for i in range(whose.count())] == ["Linked models", "Regularised · η = 0.08"]
    qtbot.keyClick(whose, Qt.Key.Key_Down)
    whose.activated.emit(whose.currentIndex())
    explore.directions.sliders[0].slider.setValue(500)
    wait_for_scene(explore, qtbot)
    first, second = explore.desk.scene.columns
    assert first.moved.rms == 0
    assert second.moved.rms == pytest.approx(0.05, rel=0.1)


def test_directions_can_be_the_decoders_or_the_axes(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    before = explore.desk.scene.columns[1].place
    act(explore, 1, "explore.directions.decoder")
    wait_for_scene(explore, qtbot)
    after = explore.desk.scene.columns[1].place
    assert after.kind == "decoder"
    assert not np.allclose(before.sigma[:8], after.sigma[:8])
    act(explore, 1, "explore.directions.axes")
    wait_for_scene(explore, qtbot)
    axes = explore.desk.scene.columns[1].place.directions
    assert ((axes == 0) | (axes.abs() == 1)).all()


def test_a_new_name_is_shown_everywhere(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.desk.rename_column("c2", "Mine")
    wait_for_scene(explore, qtbot)
    assert explore.panes.moved[1].accessibleName().startswith("Mine")


def test_matching_shows_how_well_the_models_agree(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    qtbot.mouseClick(explore.findChild(QToolButton, "explore.matched"), Qt.MouseButton.LeftButton)
    wait_for_scene(explore, qtbot)
    assert explore.bar.agreement.text().startswith("|cos| 0.")
    pushes = [view.place.push[:8].numpy() for view in explore.desk.scene.columns]
    cosines = [float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)) for a, b in zip(*pushes, strict=True)]
    assert min(cosines) > 0
    assert explore.desk.scene.columns[1].match.cosine[:8] == pytest.approx(cosines, abs=1e-3)
