"""What the directions are: of a region, of all images, how many, and which basis stands for a group."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.workspaces.explore.desk import averaging as module
from jnn_studio.app.workspaces.explore.pictures.region_pane import RegionPane
from jnn_studio.app.workspaces.explore.walking.group_mark import GroupMark
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace
from jnn_studio.base.watch import Watch
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.explore.directions.averaged import AveragedDirections, average_directions
from jnn_studio.explore.painted import PaintedRegion
from jnn_studio.explore.saved.session_file import load_session, save_session
from jnn_studio.explore.scene.renderer import SceneRenderer
from jnn_studio.explore.walking.place import Place


def wait_for_scene(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: explore.desk.settled)


def open_faces(explore: ExploreWorkspace, qtbot: QtBot, count: int) -> None:
    explore.desk.open_source(FacesConfig(count=count))
    qtbot.waitUntil(
        lambda: explore.desk.source is not None and len(explore.desk.source) == count, timeout=30_000
    )
    wait_for_scene(explore, qtbot)


def places(explore: ExploreWorkspace) -> list[Place]:
    return [view.place for view in explore.desk.scene.columns]


def wait_for_groups(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    """They are found once the pictures are there, and then shown."""
    wait_for_scene(explore, qtbot)
    first = explore.findChild(GroupMark, "explore.slider.1.group")
    qtbot.waitUntil(lambda: len(first.marks) == len(places(explore)))


def note(explore: ExploreWorkspace, direction: int) -> list[str]:
    return [text for text, _ in explore.directions.sliders[direction - 1]._note_parts]


def drag(qtbot: QtBot, pane: QWidget, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From one point of the picture to another, in shares of its sides."""
    target = pane.picture_rect()  # type: ignore[attr-defined]

    def point(at: tuple[float, float]) -> QPoint:
        return QPoint(
            round(target.left() + at[0] * target.width()), round(target.top() + at[1] * target.height())
        )

    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=point(start))
    for share in (0.3, 0.6, 1.0):
        between = tuple(a + share * (b - a) for a, b in zip(start, end, strict=True))
        qtbot.mouseMove(pane, point(between))  # type: ignore[arg-type]
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=point(end))


# --- a region ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["explore.original", "explore.moved.0", "explore.moved.1"])
def test_a_rectangle_dragged_on_a_picture_gives_directions_that_change_that_part(
    explore: ExploreWorkspace, qtbot: QtBot, name: str
) -> None:
    drag(qtbot, explore.findChild(RegionPane, name), (0.7, 0.8), (0.3, 0.6))
    region = explore.desk.state.region
    assert region is not None
    assert (region.left, region.top, region.right, region.bottom) == pytest.approx(
        (0.3, 0.6, 0.7, 0.8), abs=0.02
    )
    wait_for_scene(explore, qtbot)
    for place in places(explore):
        assert place.kind == "region"
        inside = place.push.square()[:, region.inside((3, 64, 64))].sum(1) / place.push.square().sum(1)
        assert float(inside[0]) > 2 * (0.4 * 0.2), "far more than the rectangle's share of the picture"
    assert note(explore, 1)[0] == "in"
    assert note(explore, 1)[1].endswith("%")
    assert all(pane.region == region for pane in (explore.panes.original, *explore.panes.moved))


def test_a_drag_is_one_step_of_the_history(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    before = explore.desk.state
    drag(qtbot, explore.panes.moved[0], (0.3, 0.3), (0.6, 0.6))
    explore.desk.undo.undo()
    assert explore.desk.state == before
    explore.desk.undo.redo()
    assert explore.desk.state.region is not None


def test_a_press_without_a_drag_still_shows_the_base(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore.desk.set_amount(0, 0.08)
    wait_for_scene(explore, qtbot)
    pane, view = explore.panes.moved[0], explore.desk.scene.columns[0]
    middle = pane.picture_rect().center()
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=middle)
    assert (pane.array == view.place.reconstruction).all()
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=middle)
    assert (pane.array == view.moved.image).all()
    assert explore.desk.state.region is None


def test_escape_and_the_button_end_it(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    drag(qtbot, explore.panes.moved[0], (0.3, 0.3), (0.6, 0.6))
    qtbot.keyClick(explore.panes.moved[0], Qt.Key.Key_Escape)
    assert explore.desk.state.region is None
    wait_for_scene(explore, qtbot)
    assert [place.kind for place in places(explore)] == ["encoder", "encoder"]
    drag(qtbot, explore.panes.moved[0], (0.3, 0.3), (0.6, 0.6))
    row = explore.findChild(QWidget, "explore.region")
    assert row.isVisible()
    qtbot.mouseClick(explore.findChild(QToolButton, "explore.region.end"), Qt.MouseButton.LeftButton)
    assert explore.desk.state.region is None
    assert not row.isVisible()


def test_from_the_keyboard_it_begins_in_the_middle_and_arrows_move_it(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    explore._actions["region"].trigger()
    region = explore.desk.state.region
    assert region is not None
    wait_for_scene(explore, qtbot)
    pane = explore.panes.moved[0]
    qtbot.keyClick(pane, Qt.Key.Key_Left)
    assert explore.desk.state.region.left == pytest.approx(region.left - 1 / 64)
    qtbot.keyClick(pane, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    moved = explore.desk.state.region
    assert (moved.top, moved.bottom) == pytest.approx((region.top, region.bottom + 1 / 64))
    explore._actions["region"].trigger()
    assert explore.desk.state.region is None


def test_a_region_stands_in_sessions(explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path) -> None:
    drag(qtbot, explore.panes.moved[0], (0.3, 0.3), (0.6, 0.6))
    explore.desk.set_amount(0, 0.05)
    wait_for_scene(explore, qtbot)
    save_session(tmp_path / "region.jnnsession", explore.desk.state)
    shown = [view.moved.image for view in explore.desk.scene.columns]
    explore.directing.clear_region()
    wait_for_scene(explore, qtbot)
    explore.desk.open_state(load_session(tmp_path / "region.jnnsession").state, "open")
    wait_for_scene(explore, qtbot)
    assert all(
        (view.moved.image == old).all() for view, old in zip(explore.desk.scene.columns, shown, strict=True)
    )


def test_what_is_painted_gives_directions_that_change_that_part(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    explore._actions["paint"].trigger()
    assert explore.findChild(QWidget, "explore.region").isVisible()
    drag(qtbot, explore.panes.moved[1], (0.3, 0.7), (0.7, 0.7))
    region = explore.desk.state.region
    assert isinstance(region, PaintedRegion)
    assert region.marked[44, 20:44].all()
    assert region.marked.mean() == pytest.approx(0.4 * 0.1 + 3.14 * 0.05**2, rel=0.1)
    wait_for_scene(explore, qtbot)
    for place in places(explore):
        assert place.kind == "region"
        inside = place.push.square()[:, region.inside((3, 64, 64))].sum(1) / place.push.square().sum(1)
        assert float(inside[0]) > 2 * region.marked.mean()
    assert all(pane.region == region for pane in (explore.panes.original, *explore.panes.moved))
    explore.desk.undo.undo()
    assert explore.desk.state.region is None, "a stroke is one step of the history"


def test_painting_adds_to_a_rectangle_and_the_eraser_takes_away(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    pane = explore.panes.original
    drag(qtbot, pane, (0.3, 0.3), (0.6, 0.6))
    qtbot.mouseClick(explore.findChild(QToolButton, "explore.region.brush"), Qt.MouseButton.LeftButton)
    drag(qtbot, pane, (0.8, 0.8), (0.8, 0.8))
    region = explore.desk.state.region
    assert isinstance(region, PaintedRegion)
    assert region.marked[22:37, 22:37].all()
    assert region.marked[int(0.8 * 64), int(0.8 * 64)]
    explore.findChild(QSpinBox, "explore.region.width").setValue(50)
    qtbot.mouseClick(explore.findChild(QToolButton, "explore.region.eraser"), Qt.MouseButton.LeftButton)
    drag(qtbot, pane, (0.45, 0.3), (0.45, 0.6))
    left = explore.desk.state.region
    assert isinstance(left, PaintedRegion)
    assert not left.marked[22:37, 22:37].any()
    drag(qtbot, pane, (0.8, 0.8), (0.8, 0.8))
    assert explore.desk.state.region is None, "nothing is left"


def test_a_region_is_painted_from_the_keyboard_cleared_and_ended(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    explore._actions["paint"].trigger()
    pane = explore.panes.moved[0]
    qtbot.keyClick(pane, Qt.Key.Key_Left)
    assert explore.desk.state.region is None, "it only moves"
    qtbot.keyClick(pane, Qt.Key.Key_Space)
    dot = explore.desk.state.region
    assert isinstance(dot, PaintedRegion)
    assert dot.marked[32, 31]
    for _ in range(8):
        qtbot.keyClick(pane, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    longer = explore.desk.state.region
    assert isinstance(longer, PaintedRegion)
    assert longer.marked[32:40, 31].all()
    qtbot.mouseClick(explore.findChild(QToolButton, "explore.region.clear"), Qt.MouseButton.LeftButton)
    assert explore.desk.state.region is None
    assert pane.brush is not None
    qtbot.keyClick(pane, Qt.Key.Key_Escape)
    assert pane.brush is None
    assert not explore._actions["paint"].isChecked()
    assert not explore.findChild(QWidget, "explore.region").isVisible()


# --- how many ----------------------------------------------------------------------------------------


def test_more_directions_can_be_shown_and_walked(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore._actions["show_16"].trigger()
    wait_for_scene(explore, qtbot)
    sliders = explore.directions.sliders
    assert sum(slider.isVisibleTo(explore.directions) for slider in sliders) == 16
    before = [view.moved.image for view in explore.desk.scene.columns]
    sliders[11].set_value(0.06)
    wait_for_scene(explore, qtbot)
    for view, old in zip(explore.desk.scene.columns, before, strict=True):
        assert view.moved.rms == pytest.approx(0.06, rel=0.1)
        assert (view.moved.image != old).any()
    explore._actions["show_8"].trigger()
    wait_for_scene(explore, qtbot)
    assert sum(slider.isVisibleTo(explore.directions) for slider in sliders) == 8
    assert all(view.moved.rms == 0 for view in explore.desk.scene.columns), (
        "what cannot be seen is taken back"
    )


def test_keys_choose_the_first_eight(explore: ExploreWorkspace, qtbot: QtBot) -> None:
    explore._actions["show_24"].trigger()
    explore._actions["direction_8"].trigger()
    assert explore.window().focusWidget() is explore.directions.sliders[7].slider
    names = {action.objectName() for action in explore.commands()}
    assert "explore.direction_8" in names
    assert "explore.direction_9" not in names


# --- groups ------------------------------------------------------------------------------------------


def test_sliders_whose_directions_can_turn_into_each_other_have_a_bracket(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    explore._actions["show_32"].trigger()
    wait_for_groups(explore, qtbot)
    scene = explore.desk.scene
    assert any(place.group(d) for place in places(explore) for d in range(32))
    for d in range(32):
        mark = explore.findChild(GroupMark, f"explore.slider.{d + 1}.group")
        for found, view in zip(mark.marks, scene.columns, strict=True):
            (members,) = [group for group in view.place.grouping.find() if d in group]
            assert (found is not None) == (len(members) > 1)
            if found is not None:
                assert (found.role, found.above) == (view.role, d - 1 in members)
                assert found.below == (d + 1 in members)
        assert bool(mark.toolTip()) == any(found is not None for found in mark.marks)


def test_the_sparsest_basis_turns_what_has_a_bracket_and_nothing_else(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    explore._actions["show_32"].trigger()
    wait_for_groups(explore, qtbot)
    before = places(explore)
    explore._actions["basis_sparse"].trigger()
    wait_for_scene(explore, qtbot)
    for old, new in zip(before, places(explore), strict=True):
        cosines = (old.directions * new.directions).sum(0).abs()
        for d in range(32):
            if not old.group(d):
                assert float(cosines[d]) == pytest.approx(1, abs=1e-4)
        assert new.rotated
    explore.desk.undo.undo()
    assert explore._actions["basis_computed"].isChecked()


def test_towards_the_factors_each_direction_of_a_group_leaves_those_before_it_alone(
    explore: ExploreWorkspace, qtbot: QtBot
) -> None:
    explore._actions["show_16"].trigger()
    explore._actions["basis_attributes"].trigger()
    wait_for_scene(explore, qtbot)
    assert explore.desk.state.basis == "attributes"
    assert explore._actions["basis_attributes"].isChecked()
    assert any(place.rotated for place in places(explore))
    d = next(d for d in range(16) if places(explore)[1].group(d))
    tip = explore.findChild(GroupMark, f"explore.slider.{d + 1}.group").toolTip()
    assert "a basis towards the factors of the images" in tip


def test_towards_a_tables_attributes_once_they_are_read(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    """Which stand in the state, so that a session shows the same without the table."""
    open_faces(explore, qtbot, 160)
    source = explore.desk.source
    names, values = source.factor_names, source.factors(range(160)).tolist()
    rows = [",".join([source.label(i), *(f"{value:.4f}" for value in row)]) for i, row in enumerate(values)]
    (tmp_path / "table.csv").write_text("\n".join([",".join(["file", *names]), *rows]) + "\n")
    explore.explainer.open_table(tmp_path / "table.csv")
    qtbot.waitUntil(lambda: explore.explainer.table is not None)
    explore._actions["basis_attributes"].trigger()
    assert explore.desk.state.basis == "computed", "its readouts are still to be found"
    qtbot.waitUntil(lambda: explore.desk.state.basis == "attributes")
    aims = explore.desk.state.aims
    assert aims is not None
    assert set(aims.names) <= set(names)
    assert set(aims.weights) == {"unregularised", "regularised"}
    wait_for_scene(explore, qtbot)
    shown = places(explore)
    save_session(tmp_path / "aims.jnnsession", explore.desk.state)
    again = SceneRenderer().render(load_session(tmp_path / "aims.jnnsession").state)
    for one, other in zip(shown, again.columns, strict=True):
        torch.testing.assert_close(one.directions, other.place.directions, rtol=1e-4, atol=1e-4)


def test_where_nothing_is_known_of_the_images_it_says_what_to_do(
    explore: ExploreWorkspace, qtbot: QtBot, tmp_path: Path
) -> None:
    for number, pixels in enumerate(FaceSource(3, 40, seed=5).thumbnails(range(3), 40)):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    explore.desk.open_source(FolderConfig(path=tmp_path))
    qtbot.waitUntil(lambda: explore.desk.source is not None and len(explore.desk.source) == 3)
    explore._actions["basis_attributes"].trigger()
    assert explore.message.title.text() == "Nothing to turn groups towards"
    assert explore._actions["basis_computed"].isChecked()


# --- all images --------------------------------------------------------------------------------------


@pytest.fixture
def few_faces(explore: ExploreWorkspace, qtbot: QtBot) -> ExploreWorkspace:
    open_faces(explore, qtbot, 40)
    return explore


def test_directions_of_all_images_stand_beside_those_of_the_image(
    few_faces: ExploreWorkspace, qtbot: QtBot
) -> None:
    few_faces.panes.moved[1].scope_chosen.emit("c2", "images")
    wait_for_scene(few_faces, qtbot)
    one, other = places(few_faces)
    assert one.fit is None
    assert other.fit is not None
    assert note(few_faces, 1)[0] == "σ, fit"
    assert note(few_faces, 1)[2] == f"{other.fit[0]:.2f}"
    assert "fits this image" in few_faces.directions.sliders[0].toolTip() or other.fit[0] < 0.7
    few_faces.desk.select(few_faces.desk.state.base.image.model_copy(update={"index": 5}))
    wait_for_scene(few_faces, qtbot)
    again = places(few_faces)[1]
    cosines = (other.directions * again.directions).sum(0).abs()
    assert float(cosines.min()) == pytest.approx(1, abs=1e-5), "the same at every image"


def test_they_are_found_once(
    few_faces: ExploreWorkspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(*arguments: object) -> AveragedDirections:
        calls.append(arguments)
        return average_directions(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "average_directions", counted)
    for scope in ("images", "image", "images"):
        few_faces.directing.choose_scope(scope)  # type: ignore[arg-type]
        wait_for_scene(few_faces, qtbot)
    assert len(calls) == 2, "one for each model"


def test_new_weights_have_the_average_of_the_last_ones_only_while_a_run_is_followed(
    few_faces: ExploreWorkspace, qtbot: QtBot
) -> None:
    few_faces.directing.choose_scope("images")
    wait_for_scene(few_faces, qtbot)
    desk = few_faces.desk
    models = desk.opened.models(desk.state)
    known = desk.averaging.known(desk.state, models, desk.source, live=False)
    assert set(known) == {("unregularised", "encoder"), ("regularised", "encoder")}
    newer = models | {"regularised": dataclasses.replace(models["regularised"])}
    assert desk.averaging.known(desk.state, newer, desk.source, live=False) is None
    assert desk.averaging.known(desk.state, newer, desk.source, live=True) == known
    done = []
    desk.averaging.find(desk.state, newer, desk.source, lambda: done.append(True), lambda _: None)
    qtbot.waitUntil(lambda: bool(done))
    assert desk.averaging.known(desk.state, newer, desk.source, live=False) not in (None, known)


def test_finding_them_can_be_cancelled(
    few_faces: ExploreWorkspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(loaded: object, kind: object, source: object, watch: Watch) -> AveragedDirections:
        watch.step(1, 10, "Averaging")
        begun.set()
        threading.Event().wait(0.01)
        while True:
            watch.check()

    wait_until: Callable[..., None] = qtbot.waitUntil
    monkeypatch.setattr(module, "average_directions", endless)
    few_faces._actions["averaged"].trigger()
    wait_until(begun.is_set, timeout=10_000)
    button = few_faces.findChild(QPushButton, "explore.opening.cancel")
    wait_until(button.isVisible, timeout=10_000)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert {column.scope for column in few_faces.desk.state.columns} == {"image"}
    wait_for_scene(few_faces, qtbot)
    wait_until(lambda: not button.isVisible(), timeout=10_000)
