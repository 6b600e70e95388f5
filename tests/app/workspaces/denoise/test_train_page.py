"""Denoise's training page: from typed settings to trained denoisers on show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.checking import check_run, relevant
from jnn_studio.app.steering.run_page import RunPage
from jnn_studio.app.widgets.typed import typed_with_defaults
from jnn_studio.app.workspaces.denoise.train.page import SPEC
from jnn_studio.app.workspaces.denoise.train.settings import (
    ANY_SIGMA,
    GROUPS,
    KIND,
    METHODS,
    NETWORK,
    PATH,
    WIDTHS,
    WORDS,
)
from jnn_studio.data.dead_leaves import draw_dead_leaves
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.denoisers.methods import LEARNT, PENALISED, SURE, open_denoisers
from jnn_studio.labs.denoise.denoisers.telling import common_range
from jnn_studio.models.config import ConditionedDenoiserConfig
from jnn_studio.training.configuration.presets import load_preset, preset_names

SMALL = {
    "name": "small",
    "data.count": "24",
    "schedule.crop": "16",
    "schedule.held_out": "8",
    "schedule.batch_size": "4",
    "schedule.steps": "4",
    "schedule.device": "cpu",
    "noise.sigma": "0.5",
    WIDTHS: "2 3, 4 4",
    "logging.metrics_every": "1",
    "logging.spectrum_every": "2",
    "logging.preview_every": "2",
    "logging.checkpoint_every": "2",
}

FIVE = DenoiseConfig().methods


@pytest.fixture
def page(qtbot: QtBot, settings: QSettings) -> Iterator[RunPage]:
    context = AppContext(settings)
    made = RunPage(context, SPEC)
    made.resize(1208, 740)
    made.show()
    yield made
    made.hide()
    made.deleteLater()
    context.close()


def button(page: RunPage, name: str) -> QPushButton:
    return page.findChild(QPushButton, f"denoise.train.{name}")


def test_the_form_begins_with_the_quick_preset_and_every_preset_can_be_started(page: RunPage) -> None:
    assert page.form.config == load_preset("denoise-quick")
    for name in preset_names({"denoise"}):
        page.form.start_from(name)
        assert page.form.config == load_preset(name), name
        assert not page.form.problems


def test_a_network_that_is_told_sigma_can_be_chosen(page: RunPage, qtbot: QtBot, tmp_path: Path) -> None:
    fields = page.form.fields
    page.form.boxes["network"].set_folded(False)
    assert fields["noise.eta"].isVisible()
    assert not fields["model.sigmas"].isVisible()
    page.form.fill({NETWORK: ANY_SIGMA})
    assert fields[WIDTHS].reason.startswith("Enter whole numbers of 1 or more: of the paper's network four")
    page.form.start_from("denoise-any")
    assert {name for name in fields if name.startswith("model.")} == {
        f"model.{name}" for name in ("kind", "sigmas", "widths", "blocks", "channels")
    }
    assert all(fields[f"model.{name}"].isVisible() for name in ("sigmas", "blocks", "channels"))
    assert not fields["noise.eta"].isVisible()
    page.form.fill({"model.sigmas": "1, 0.5"})
    assert fields["model.sigmas"].reason.startswith("Enter two numbers")
    page.form.fill({**SMALL, WIDTHS: "4", "model.sigmas": "0.1 1"})
    assert page.form.config.model == ConditionedDenoiserConfig(widths=(4,), sigmas=(0.1, 1.0))
    wanted: list[Path] = []
    page.explore_wanted.connect(wanted.append)
    QTest.mouseClick(button(page, "start"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.status is not None and page.status.state == "finished")
    labels = [member.label for member in page.status.started.members]
    names = ("Supervised", "Noise2Noise", "Penalised", "SURE", "Recorrupted2Recorrupted", "Neighbor2Neighbor")
    assert labels == [f"{name}, any σ" for name in names]
    captions = page.plots.previews.accessibleDescription()
    assert "Penalised, any σ η = σ²" in captions
    assert "Supervised, any σ η = 0" in captions
    QTest.mouseClick(button(page, "explore"), Qt.MouseButton.LeftButton)
    assert common_range(open_denoisers(wanted[0])) == (0.1, 1.0)


def test_what_was_typed_becomes_the_run() -> None:
    base = load_preset("denoise-quick")
    assert isinstance(base, DenoiseConfig)
    fields = {setting.name for group in GROUPS for setting in group.settings}
    values = {name: text for name, text in (typed_with_defaults(base) | SMALL).items() if name in fields}
    matter = relevant(base, WORDS, values | {METHODS: ", ".join(LEARNT)})
    typed = {name: text for name, text in values.items() if name in matter}
    config, reasons = check_run(base, WORDS, typed, {METHODS: list(LEARNT)})
    assert not reasons
    assert config is not None
    assert config.model.widths == (2, 3, 4, 4)
    assert config.noise.sigma == 0.5
    assert config.noise.weight == 0.25


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (WIDTHS, "8, 16", "paper's network four"),
        (WIDTHS, "8, 16, many, 32", "paper's network four"),
        ("schedule.crop", "20", "multiple of 8"),
        ("noise.sigma", "0", "more than 0"),
        ("noise.eta", "much", "number"),
    ],
)
def test_a_wrong_value_is_marked_at_its_field(page: RunPage, name: str, text: str, reason: str) -> None:
    page.form.fill({name: text})
    assert reason in page.form.fields[name].reason
    assert not button(page, "start").isEnabled()


def test_without_a_method_there_is_nothing_to_start(page: RunPage) -> None:
    for box in page.form.parts["methods"].boxes.values():
        box.setChecked(False)
    assert page.form.problems == ["Choose at least one method."]
    page.form.parts["methods"].boxes[PENALISED].setFocus()
    QTest.keyClick(page.form.parts["methods"].boxes[PENALISED], Qt.Key.Key_Space)
    assert page.form.config.methods == (PENALISED,)
    assert METHODS not in page.form.fields


def test_a_folder_that_is_dropped_is_what_is_trained_on(page: RunPage, tmp_path: Path) -> None:
    page.form.fill({KIND: "crops", PATH: str(tmp_path)})
    assert page.form.config.data.path == tmp_path
    assert not page.form.fields["data.count"].isVisible()
    page.form.fill({PATH: " "})
    assert page.form.fields[PATH].reason == "Choose a folder or zip of photographs."


def test_five_methods_are_trained_and_shown_and_can_be_taken_to_photos(page: RunPage, qtbot: QtBot) -> None:
    page.form.fill(SMALL)
    wanted: list[Path] = []
    page.explore_wanted.connect(wanted.append)
    QTest.mouseClick(button(page, "start"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.status is not None and page.status.state == "finished")
    qtbot.waitUntil(lambda: page.plots.previews.step == 4)
    for key in FIVE:
        assert len(page.plots.loss.series((key, "held_out_psnr")).x) == 3
        assert len(page.plots.spectrum.series(key).x)
    assert "Noisy what all methods are given" in page.plots.previews.accessibleDescription()
    QTest.mouseClick(button(page, "explore"), Qt.MouseButton.LeftButton)
    assert list(open_denoisers(wanted[0])) == list(FIVE)


def test_the_trace_stands_under_its_bound_on_one_plot(page: RunPage, qtbot: QtBot) -> None:
    page.form.fill({**SMALL, "schedule.steps": "12"})
    for key, box in page.form.parts["methods"].boxes.items():
        box.setChecked(key in (SURE, PENALISED))
    QTest.mouseClick(button(page, "start"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.status is not None and page.status.state == "finished")
    loss = page.plots.loss
    QTest.mouseClick(page.findChild(QPushButton, "denoise.train.loss.term.trace"), Qt.MouseButton.LeftButton)
    assert loss.log
    for method in (SURE, PENALISED):
        trace, bound = (loss.series((method, term)) for term in ("trace", "penalty"))
        assert len(trace.x) == len(bound.x) == 12
        # One probe each: they scatter, and 12 steps tell them apart.
        assert trace.y.mean() < bound.y.mean()
    on_show = {key for key, curve in loss._curves.items() if curve.visible}
    assert on_show == {(method, term) for method in (SURE, PENALISED) for term in ("trace", "penalty")}
    QTest.mouseClick(page.findChild(QPushButton, "denoise.train.loss.term.data"), Qt.MouseButton.LeftButton)
    assert {key for key, curve in loss._curves.items() if curve.visible} == {
        (SURE, "data"),
        (PENALISED, "data"),
    }


def test_photographs_smaller_than_a_square_are_told(page: RunPage, qtbot: QtBot, tmp_path: Path) -> None:
    for name, side in (("small", 8), ("large", 32), ("other", 32)):
        pixels = (255 * draw_dead_leaves(side, side, 3, 1)).astype("uint8").transpose(1, 2, 0)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    page.form.fill({**SMALL, KIND: "crops", PATH: str(tmp_path), "data.per_photo": "6"})
    QTest.mouseClick(button(page, "start"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.status is not None and page.status.state == "finished")
    assert page.status.started.notes == (
        "1 of 3 files gave no image; the first is small.png: 8 × 8 pixels, smaller than the 16 × 16 cut out "
        "of it",
        "Of 12 images 1, an eighth, are held out, not 8.",
    )


def test_settings_are_remembered(page: RunPage, settings: QSettings) -> None:
    page.form.fill(SMALL)
    page.form.parts["methods"].boxes[PENALISED].setChecked(False)
    before = page.form.config
    state = page.form.state()
    page.form.start_from("denoise-quick")
    page.form.restore(state)
    assert page.form.config == before
    page.form.restore("{}")
    assert page.form.config == before


def test_settings_remembered_before_pages_were_alike_come_back(page: RunPage) -> None:
    page.form.restore('{"values": {"schedule.steps": "7", "noise.sigma": "2"}, "methods": ["supervised"]}')

    assert page.form.config.methods == ("supervised",)
    assert (page.form.config.schedule.steps, page.form.config.noise.sigma) == (7, 2.0)


def test_a_folder_dropped_anywhere_on_the_form_is_trained_on(
    page: RunPage, qtbot: QtBot, tmp_path: Path, drop_on: Any
) -> None:
    assert drop_on(page.form, tmp_path / "nowhere")

    assert page.form.fields[KIND].value == "crops"
    assert page.form.fields[PATH].value == str(tmp_path / "nowhere")
    reason = "There is no folder or file of this name."
    qtbot.waitUntil(lambda: page.form.fields[PATH].reason == reason)
