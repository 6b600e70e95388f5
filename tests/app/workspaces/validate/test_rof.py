"""ROF in the window: the answer at first sight, real runs beside it, and what may be typed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.run_page import RunPage
from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.app.workspaces.validate.rof.page import SPEC
from jnn_studio.app.workspaces.validate.rof.plots import LABELS
from jnn_studio.labs.rof import reference
from jnn_studio.labs.rof.experiment import MEMBERS
from jnn_studio.labs.rof.targets import TwoBalls
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

PAGE = "validate.rof"
ENDLESS = "9999999"


def start(page: RunPage, **changes: str) -> Path:
    """Press Start; the run's folder. ``a__b`` stands for the setting a.b."""
    page.form.fill({name.replace("__", "."): value for name, value in changes.items()})
    button = page.findChild(QPushButton, f"{PAGE}.start")
    assert button.isVisible()
    assert button.isEnabled()
    button.click()
    assert page.status is not None
    return page.status.feed.path


def wait_for_state(qtbot: QtBot, page: RunPage, state: str) -> None:
    qtbot.waitUntil(lambda: page.status is not None and page.status.state == state)


def wait_for_maps(qtbot: QtBot, page: RunPage, titles: list[str]) -> None:
    qtbot.waitUntil(lambda: [one.title for one in page.plots.maps.maps] == titles)


def note(page: RunPage, name: str) -> str:
    return page.findChild(QLabel, f"{PAGE}.{name}.note").text()


def offered(page: RunPage) -> set[str]:
    names = ("start", "pause", "go_on", "stop", "discard", "resume", "back", "open")
    return {name for name in names if page.findChild(QPushButton, f"{PAGE}.{name}").isVisible()}


class TestBeforeARun:
    def test_the_target_and_the_right_solution_are_there(self, qtbot: QtBot, rof: RunPage) -> None:
        wait_for_maps(qtbot, rof, ["Target τ", "Right solution"])
        target, solution = rof.plots.maps.maps
        assert set(np.unique(target.values)) == {0.0, 1.0}
        assert float(solution.values.max()) == pytest.approx(0.8)
        assert "0.800" in solution.caption
        assert offered(rof) == {"start", "open"}

    def test_they_follow_what_is_typed(self, qtbot: QtBot, rof: RunPage) -> None:
        rof.form.fill({"problem.eta": "0.2"})
        qtbot.waitUntil(
            lambda: bool(rof.plots.maps.maps) and abs(rof.plots.maps.maps[-1].values.max() - 0.6) < 1e-6
        )

    def test_beyond_the_plane_there_is_a_profile_in_place_of_maps(self, qtbot: QtBot, rof: RunPage) -> None:
        rof.form.fill({"problem.n": "4"})
        qtbot.waitUntil(lambda: "profile" in rof.plots.section.accessibleName())
        assert rof.plots.maps.isHidden()
        assert rof.plots.section.series("reference").y[0] == pytest.approx(0.6)

    def test_nothing_of_another_problem_stands_under_the_right_solution(
        self, qtbot: QtBot, rof: RunPage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reference, "FINE_CELLS", 32)
        wait_for_maps(qtbot, rof, ["Target τ", "Right solution"])
        maps, told = rof.plots.maps, []
        clear = maps.clear
        monkeypatch.setattr(maps, "clear", lambda why: (clear(why), told.append((why, len(maps.maps)))))
        rof.form.fill({"problem.target.kind": "box", "measuring.grid": "16"})
        qtbot.waitUntil(lambda: bool(maps.maps) and "on a grid, ±" in maps.maps[-1].caption)
        assert ("Finding the right solution…", 0) in told

    def test_an_annulus_may_have_more_of_it_left_than_volume_over_perimeter_says(
        self, qtbot: QtBot, rof: RunPage
    ) -> None:
        rof.form.fill({"problem.target.kind": "annulus", "problem.eta": "0.26"})
        wait_for_maps(qtbot, rof, ["Target τ", "Right solution"])
        assert rof.plots.maps.maps[1].caption.startswith("in 0.230 · hole 0.230 · out 0.127")
        rof.form.fill({"problem.eta": "0.31"})
        qtbot.waitUntil(lambda: "constant 0.147" in "".join(m.caption for m in rof.plots.maps.maps))


class TestWhatIsTyped:
    def test_is_refused_at_the_field_with_the_reason(self, rof: RunPage) -> None:
        start = rof.findChild(QPushButton, f"{PAGE}.start")
        for name, text, reason in (
            ("problem.eta", "0.5", "1/n"),
            ("problem.half_width", "0.5", "larger than the target"),
            ("problem.target.radius", "-1", "Must be more than 0"),
            ("schedule.steps", "x", "Enter a whole number"),
        ):
            field = rof.findChild(QLineEdit, f"{PAGE}.{name}")
            before = field.text()
            field.setText(text)
            assert reason in note(rof, name)
            assert not start.isEnabled()
            field.setText(before)
            assert start.isEnabled()

    def test_depends_on_the_target(self, rof: RunPage) -> None:
        fields = rof.form.fields
        box = rof.findChild(QComboBox, f"{PAGE}.problem.target.kind")
        box.setCurrentIndex(box.findData("annulus"))
        assert fields["problem.target.radius"].isHidden()
        assert not fields["problem.target.inner"].isHidden()
        assert rof.form.config.problem.target.kind == "annulus"

    def test_is_remembered_with_the_drawing(self, qtbot: QtBot, rof: RunPage, context: AppContext) -> None:
        rof.form.fill({"problem.target.kind": "drawn", "problem.eta": "0.05"})
        rof.form.parts["points"].set_points([(0, 0), (1, 0), (0, 1)])
        other = RunPage(context, SPEC)
        qtbot.addWidget(other)
        other.form.restore(rof.form.state())
        assert other.form.config == rof.form.config
        assert other.form.config is not None
        context.bridge.close()  # nothing may arrive at what is about to go

    def test_is_remembered_as_earlier_versions_wrote_it(self, rof: RunPage) -> None:
        rof.form.restore(
            '{"values": {"problem.target.kind": "drawn", "problem.eta": "0.05"}, '
            '"points": [[0, 0], [1, 0], [0, 1]]}'
        )
        assert rof.form.config.problem.eta == 0.05
        assert rof.form.config.problem.target.points == ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))

    def test_begins_at_the_default_of_another_target(self, rof: RunPage) -> None:
        box = rof.findChild(QComboBox, f"{PAGE}.problem.target.kind")
        rof.findChild(QLineEdit, f"{PAGE}.problem.target.radius").setText("0.9")
        box.setCurrentIndex(box.findData("two-balls"))
        assert rof.form.config.problem.target == TwoBalls()

    def test_says_whether_it_is_still_the_preset_and_where_it_is_saved(
        self, rof: RunPage, tmp_path: Path
    ) -> None:
        rof.form.start_from("rof-2d-quick")
        edited = rof.findChild(QLabel, f"{PAGE}.edited")
        assert not edited.isVisible()
        rof.findChild(QLineEdit, f"{PAGE}.problem.eta").setText("0.2")
        assert edited.isVisible()
        rof.findChild(QLineEdit, f"{PAGE}.save_to").setText(str(tmp_path / "mine"))
        assert rof.form.target(rof.form.config) == tmp_path / "mine"

    def test_a_preset_fills_the_form(self, rof: RunPage) -> None:
        box = rof.findChild(QComboBox, f"{PAGE}.preset")
        box.setCurrentIndex(box.findData("rof-5d"))
        box.activated.emit(box.currentIndex())
        assert rof.form.config.problem.n == 5


class TestDrawing:
    @pytest.fixture
    def area(self, rof: RunPage) -> QWidget:
        rof.form.fill({"problem.target.kind": "drawn", "problem.eta": "0.05"})
        found: QWidget = rof.findChild(QWidget, f"{PAGE}.canvas.area")
        return found

    def test_an_outline_is_asked_for(self, rof: RunPage, area: QWidget) -> None:
        assert "Draw" in note(rof, "problem.target.kind")
        assert area.isVisible()

    def test_the_mouse_draws_it(self, qtbot: QtBot, rof: RunPage, area: QWidget) -> None:
        middle = area.rect().center()
        corners = [middle + QPoint(*at) for at in ((-40, -40), (40, -40), (40, 40), (-40, 40))]
        qtbot.mousePress(area, Qt.MouseButton.LeftButton, pos=corners[0])
        for corner in corners[1:]:
            qtbot.mouseMove(area, corner)
        qtbot.mouseRelease(area, Qt.MouseButton.LeftButton, pos=corners[-1])
        assert rof.form.problems == []
        target = rof.form.config.problem.target
        assert len(target.points) == 4
        x, y = target.points[0]
        assert x < 0 < y  # upwards is up
        assert target.volume(2) == pytest.approx((2 * abs(x)) ** 2, rel=0.1)

    def test_the_keyboard_chooses_one(self, rof: RunPage, area: QWidget) -> None:
        shapes = rof.findChild(QComboBox, f"{PAGE}.canvas.shapes")
        for index in range(1, shapes.count()):
            shapes.activated.emit(0)
            shapes.setCurrentIndex(index)
            shapes.activated.emit(index)
            assert rof.form.problems == []
            assert len(rof.form.config.problem.target.points) >= 6

    def test_clear_asks_for_another(self, rof: RunPage, area: QWidget) -> None:
        rof.form.parts["points"].set_points([(0, 0), (1, 0), (0, 1)])
        assert rof.form.config is not None
        rof.findChild(QPushButton, f"{PAGE}.canvas.clear").click()
        assert rof.form.config is None


class TestARun:
    def test_shows_three_solutions_beside_the_right_one(self, qtbot: QtBot, rof: RunPage) -> None:
        start(rof)
        wait_for_state(qtbot, rof, "finished")
        wait_for_maps(qtbot, rof, ["Right solution", *(LABELS[member] for member in MEMBERS)])
        qtbot.waitUntil(
            lambda: [*rof.plots.errors.series(("draws", "mae")).x] == [0, 5, 10, 15, 20], timeout=10_000
        )
        for member in MEMBERS:
            for term in ("objective", "tightness_gap"):
                assert len(rof.plots.objectives.series((member, term))) == 5
            assert len(rof.plots.objectives.series((member, "seconds_per_step"))) > 0
            assert len(rof.plots.errors.series((member, "mae_whole_space"))) == 5
        assert "Theory" in rof.plots.summary.text()
        assert "from (8)" in rof.plots.summary.text()
        assert offered(rof) == {"start", "open"}

    def test_maps_and_section_agree_wherever_the_line_is(self, qtbot: QtBot, rof: RunPage) -> None:
        start(rof)
        wait_for_state(qtbot, rof, "finished")
        wait_for_maps(qtbot, rof, ["Right solution", *(LABELS[member] for member in MEMBERS)])
        maps = rof.plots.maps
        maps.setFocus()
        before = maps.row
        qtbot.keyClick(maps, Qt.Key.Key_Up)
        assert maps.row == before + 1
        shown = rof.plots.section.series("exact").y
        np.testing.assert_allclose(shown, maps.maps[1].values[before + 1], rtol=1e-6)
        box = maps._boxes()[0]
        qtbot.mouseClick(maps, Qt.MouseButton.LeftButton, pos=(box.bottomLeft().toPoint() + QPoint(5, -2)))
        assert maps.row == 0

    def test_can_be_paused_stopped_and_taken_up_again(self, qtbot: QtBot, rof: RunPage) -> None:
        path = start(rof, schedule__steps=ENDLESS)
        wait_for_state(qtbot, rof, "running")
        assert offered(rof) == {"pause", "stop", "discard", "open"}
        rof.controls.run_actions["pause"].trigger()
        wait_for_state(qtbot, rof, "paused")
        rof.controls.run_actions["stop"].trigger()
        wait_for_state(qtbot, rof, "stopped")
        assert RunFolder.open(path).state().state == "stopped"
        rof.controls.run_actions["resume"].trigger()
        wait_for_state(qtbot, rof, "running")
        rof.controls.run_actions["stop"].trigger()
        wait_for_state(qtbot, rof, "stopped")

    def test_can_be_discarded(self, qtbot: QtBot, rof: RunPage) -> None:
        path = start(rof, schedule__steps=ENDLESS)
        wait_for_state(qtbot, rof, "running")
        rof.controls.run_actions["discard"].trigger()
        rof.findChild(QPushButton, "train.discard_now").click()
        wait_for_state(qtbot, rof, "discarded")
        assert not path.exists()

    def test_in_one_dimension_is_one_plot_of_functions(self, qtbot: QtBot, rof: RunPage) -> None:
        start(rof, problem__n="1")
        wait_for_state(qtbot, rof, "finished")
        qtbot.waitUntil(lambda: len(rof.plots.section.series("draws")) == 16)
        assert rof.plots.maps.isHidden()

    def test_beyond_the_plane_shows_profiles_with_their_spread(self, qtbot: QtBot, rof: RunPage) -> None:
        start(rof, problem__n="3")
        wait_for_state(qtbot, rof, "finished")
        plot = rof.plots.section
        qtbot.waitUntil(lambda: len(plot.series("draws")) > 0)
        low, mean, high = (plot.series(key).y for key in (("exact", "low"), "exact", ("exact", "high")))
        assert np.all(low <= mean)
        assert np.all(mean <= high)


class TestOpening:
    def test_a_finished_folder_is_shown_as_it_was(self, qtbot: QtBot, rof: RunPage, tmp_path: Path) -> None:
        config = rof.form.config
        for _ in start_run(config, tmp_path / "elsewhere", Commands()):
            pass
        rof.open_run(tmp_path / "elsewhere")
        wait_for_state(qtbot, rof, "finished")
        wait_for_maps(qtbot, rof, ["Right solution", *(LABELS[member] for member in MEMBERS)])
        qtbot.waitUntil(lambda: len(rof.plots.errors.series(("exact", "mae"))) == 5)

    def test_a_folder_being_written_is_followed(self, qtbot: QtBot, rof: RunPage, tmp_path: Path) -> None:
        events = start_run(rof.form.config, tmp_path / "elsewhere", Commands())
        for event in events:
            if type(event).__name__ == "Arrays":
                break
        rof.open_run(tmp_path / "elsewhere")
        wait_for_state(qtbot, rof, "running")
        assert offered(rof) == {"start", "open"}
        for _ in events:
            pass
        wait_for_state(qtbot, rof, "finished")
        qtbot.waitUntil(lambda: len(rof.plots.errors.series(("exact", "mae"))) == 5)

    def test_another_kind_of_run_is_refused_in_words(
        self, qtbot: QtBot, rof: RunPage, tmp_path: Path
    ) -> None:
        rof.open_run(tmp_path)
        label = rof.message.findChild(QLabel, "message.text")
        qtbot.waitUntil(lambda: label.isVisible())
        assert str(tmp_path) in label.text()

    def test_a_run_of_another_page_is_refused_with_the_page_that_opens_it(
        self, qtbot: QtBot, rof: RunPage, trained: Path
    ) -> None:
        rof.open_run(trained)
        label = rof.message.findChild(QLabel, "message.text")
        wanted = f"{trained} holds a run of kind 'autoencoder-pair'; open it in Train"
        qtbot.waitUntil(lambda: wanted in label.text())
        assert rof.status is None


class TestOneRunAtATime:
    def test_each_page_says_that_the_other_trains(
        self, qtbot: QtBot, rof: RunPage, context: AppContext
    ) -> None:
        train = TrainWorkspace(context)
        qtbot.addWidget(train)
        train.show()
        start(rof, schedule__steps=ENDLESS)
        wait_for_state(qtbot, rof, "running")
        there = train.findChild(QLabel, "train.elsewhere")
        qtbot.waitUntil(lambda: there.isVisible())
        assert "“small”" in there.text()
        assert not train.findChild(QPushButton, "train.start").isVisible()
        rof.controls.run_actions["stop"].trigger()
        wait_for_state(qtbot, rof, "stopped")
        qtbot.waitUntil(lambda: train.findChild(QPushButton, "train.start").isVisible())
        assert there.isHidden()
        train.hide()


def test_maps_are_saved(qtbot: QtBot, rof: RunPage, tmp_path: Path) -> None:
    wait_for_maps(qtbot, rof, ["Target τ", "Right solution"])
    for suffix in ("png", "svg", "csv"):
        rof.plots.maps.save(tmp_path / f"maps.{suffix}")
    lines = (tmp_path / "maps.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "x,y,Target τ,Right solution"
    assert len(lines) == 1 + 16 * 16
    assert (tmp_path / "maps.png").stat().st_size > 1000
    assert (tmp_path / "maps.svg").stat().st_size > 1000
