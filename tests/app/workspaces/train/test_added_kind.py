"""A kind of run that somebody adds is trained in the window; nothing in ``app/`` knows of it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

import jnn_studio.labs
from jnn_studio.app.workspaces.train.workspace import TrainWorkspace
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.presets import load_preset, preset_names
from jnn_studio.training.events import Metrics
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.running import start_run
from jnn_studio.training.step.commands import Commands

MODULE = """
import math
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import Field

from jnn_studio.base.settings import Frozen
from jnn_studio.training.config import OptimiserConfig, RunConfig
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import MemberInfo, Metrics
from jnn_studio.training.experiment import Member
from jnn_studio.training.kind import RunKind


class Normal(Frozen):
    kind: Literal["normal"] = "normal"
    spread: float = Field(1.0, gt=0, description="Standard deviation of the points.")


class Uniform(Frozen):
    kind: Literal["uniform"] = "uniform"
    reach: float = Field(1.0, gt=0, description="How far the points lie from 0.")


class LineConfig(Frozen):
    slope: float = Field(2.0, description="What is to be found.")
    through_zero: bool = Field(False, description="Whether the line has no intercept.")
    error: Literal["squared", "absolute"] = Field("squared", description="What is minimised.")
    weights: tuple[float, float] = Field((1.0, 0.5), description="Of the left and the right half.")
    points: Annotated[Normal | Uniform, Field(discriminator="kind")] = Normal()


class LineRunConfig(RunConfig):
    kind: Literal["fit-a-line"] = "fit-a-line"
    line: LineConfig = LineConfig()
    optimiser: OptimiserConfig = OptimiserConfig(learning_rate=0.1)


class Lines:
    terms = ("total", "left_half", "right_half")
    notes = ()

    def __init__(self, config):
        self.config, self.device = config, choose_device("cpu")
        torch.manual_seed(config.schedule.seed)
        model = torch.nn.Linear(1, 1, bias=not config.line.through_zero)
        optimiser = torch.optim.SGD(model.parameters(), 0.1)
        self.members = (Member("line", "Line", math.nan, model, optimiser),)

    def batch(self, step):
        return torch.randn(16, 1, generator=torch.Generator().manual_seed(step))

    def losses(self, member, batch, step):
        error = (member.model(batch) - self.config.line.slope * batch).square()
        left, right = (error[side].sum() / len(batch) for side in (batch < 0, batch >= 0))
        a, b = self.config.line.weights
        return torch.stack([a * left + b * right, left, right])

    def watch(self, member, batch, step):
        return {}

    def due(self, step):
        return step % 4 == 0

    @torch.no_grad()
    def measure(self, step):
        yield Metrics(step, math.nan, "line", {"slope_found": float(self.members[0].model.weight)})

    def export(self, folder, step):
        pass


KIND = RunKind(
    "fit-a-line",
    LineRunConfig,
    lambda config: (MemberInfo("line", "Line", math.nan),),
    lambda config, preparation: Lines(config),
    presets=Path(__file__).with_name("presets"),
)
"""
PRESET = """
kind = "fit-a-line"
name = "steep-line"
[line]
slope = 3.0
[schedule]
steps = 60
batch_size = 16
[logging]
metrics_every = 2
checkpoint_every = 20
"""


@pytest.fixture(autouse=True)
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunConfig]:
    """The preset of a kind that was added by adding one folder."""
    folder = tmp_path / "labs" / "fit_a_line"
    (folder / "presets").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "run.py").write_text(MODULE)
    (folder / "presets" / "steep-line.toml").write_text(PRESET)
    monkeypatch.setattr(jnn_studio.labs, "__path__", [*jnn_studio.labs.__path__, str(tmp_path / "labs")])
    yield load_preset("steep-line")
    for name in [name for name in sys.modules if name.startswith("jnn_studio.labs.fit_a_line")]:
        del sys.modules[name]


@pytest.fixture
def chosen(page) -> None:
    """The form asks for a line."""
    page.choose_preset("steep-line")


def wait_until_logged(qtbot: QtBot, train: TrainWorkspace, last: int) -> None:
    """Both kinds of values that are logged are on show as far as this step."""
    loss = train.page.plots.loss

    def check() -> None:
        assert [*loss.series(("line", "total")).x][-1:] == [last]
        assert [*loss.series(("line", "slope_found")).x][-1:] == [last]

    qtbot.waitUntil(check)


def test_its_preset_stands_among_those_of_the_program(page, line: RunConfig) -> None:
    box = page.combo("preset")

    assert "steep-line" in {box.itemData(index) for index in range(box.count())}
    assert "steep-line" in preset_names()
    assert preset_names({"fit-a-line"}) == ("steep-line",)


def test_its_settings_are_asked_for_as_its_configuration_has_them(
    page, chosen: None, train: TrainWorkspace, line: RunConfig
) -> None:
    assert train.page.form.config == line
    assert page.edit("line.slope").text() == "3"
    assert "What is to be found." in page.edit("line.slope").toolTip()
    assert page.edit("line.weights").text() == "1, 0.5"
    error = page.combo("line.error")
    assert [error.itemText(index) for index in range(error.count())] == ["Squared", "Absolute"]
    assert page.combo("line.through_zero").currentText() == "No"
    assert page.edit("model.hidden") is None, "a pair's settings are gone"
    labels = {label.text() for label in train.page.form.findChildren(QLabel)}
    assert {"Slope", "Through zero", "Ste&ps", "&Learning rate"} <= labels

    page.choose("line.points.kind", "uniform")
    assert not page.edit("line.points.spread").isVisible()
    page.edit("line.points.reach").setText("2")
    page.edit("line.weights").setText("1 1")
    page.choose("line.through_zero", "True")
    changed = train.page.form.config.line
    assert (changed.points.kind, changed.points.reach) == ("uniform", 2.0)
    assert (changed.weights, changed.through_zero) == ((1.0, 1.0), True)


def test_a_wrong_value_says_why_at_its_field(page, chosen: None) -> None:
    for name, text, reason in (
        ("line.slope", "steep", "Enter a number."),
        ("line.weights", "1", "Enter 2 values with commas between them."),
        ("line.points.spread", "0", "Must be more than 0."),
        ("schedule.steps", "0", "Must be 1 or more."),
    ):
        before = page.edit(name).text()
        page.edit(name).setText(text)

        assert page.text(f"{name}.note") == reason
        assert not page.button("start").isEnabled()
        page.edit(name).setText(before)
        assert page.button("start").isEnabled()


def test_it_is_started_plotted_stopped_resumed_and_opened(
    page, chosen: None, train: TrainWorkspace, qtbot: QtBot
) -> None:
    page.edit("schedule.steps").setText("400")
    with page.held_at(4):
        page.click("start")
        path = page.status.feed.path
        page.wait_for_step(4)
        page.wait_for_offered({"pause", "stop", "discard", "open"})  # it has no latent to walk
        page.click("stop")
    page.wait_for_state("stopped")
    assert 0 < page.status.step < 400

    page.click("resume")
    assert page.status.resumed
    page.wait_for_state("finished")
    wait_until_logged(qtbot, train, 400)
    loss = train.page.plots.loss
    assert [*loss.series(("line", "left_half")).x] == list(range(2, 401, 2)), "the curve goes on where it was"
    assert loss.series(("line", "slope_found")).y[-1] == pytest.approx(3, abs=1e-3)
    loss.term = "slope_found"
    assert loss.canvas.y_axis.labelText == "Slope found"
    seen = {term: np.array(loss.series(("line", term)).y) for term in ("total", "left_half", "slope_found")}

    before = page.status
    train.page.open_run(path)
    qtbot.waitUntil(lambda: page.status is not before)
    page.wait_for_state("finished")
    wait_until_logged(qtbot, train, 400)
    for term, values in seen.items():
        np.testing.assert_allclose(train.page.plots.loss.series(("line", term)).y, values, rtol=1e-6)


def test_it_is_followed_while_another_process_writes_it(
    page,
    train: TrainWorkspace,
    qtbot: QtBot,
    line: RunConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jnn_studio.app.engine.follower.POLL_SECONDS", 0.05)
    events = start_run(line, tmp_path / "elsewhere", Commands())
    for event in events:
        if isinstance(event, Metrics) and event.step == 20 and "total" in event.terms:
            break

    train.page.open_run(tmp_path / "elsewhere")

    qtbot.waitUntil(lambda: page.text("state") == "Training “steep-line” in another process")
    for _ in events:
        pass
    page.wait_for_state("finished")
    wait_until_logged(qtbot, train, 60)


def test_one_whose_process_was_killed_is_resumed_beside_a_form_for_a_pair(
    page,
    train: TrainWorkspace,
    qtbot: QtBot,
    line: RunConfig,
    tmp_path: Path,
) -> None:
    events = start_run(line, tmp_path / "run", Commands())
    for event in events:
        if isinstance(event, Metrics) and event.step == 30 and "total" in event.terms:
            break
    shutil.copytree(tmp_path / "run", tmp_path / "killed")
    events.close()  # type: ignore[attr-defined]
    train.page.open_run(tmp_path / "killed")
    page.wait_for_state("stopped")
    page.wait_for_offered({"start", "resume", "open"})
    assert page.edit("model.hidden") is not None

    page.click("resume")

    page.wait_for_state("finished")
    wait_until_logged(qtbot, train, 60)
    assert RunFolder.open(tmp_path / "killed").state().step == 60


def test_the_settings_of_such_a_run_can_be_taken_over(
    page, train: TrainWorkspace, line: RunConfig, tmp_path: Path
) -> None:
    for _ in start_run(line, tmp_path / "run", Commands()):
        pass
    train.page.open_run(tmp_path / "run")
    page.wait_for_state("finished")

    page.choose_preset("As the run shown: steep-line")

    assert train.page.form.config == line


def test_the_form_is_remembered_with_its_kind(
    page, chosen: None, train: TrainWorkspace, settings: QSettings
) -> None:
    page.edit("line.slope").setText("0.5")
    train.save_state(settings)
    page.choose_preset("faces-quick")
    assert page.edit("line.slope") is None

    train.restore_state(settings)

    assert page.combo("preset").currentText() == "steep-line"
    assert train.page.form.config.line.slope == 0.5
