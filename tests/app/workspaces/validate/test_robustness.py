"""Robustness in the window: a real run, its attacked pictures under one slider, and its networks measured."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QSlider, QTableWidget, QToolButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.steering.run_page import RunPage
from jnn_studio.app.workspaces.validate.robustness.attacked_strip import AttackedStrip
from jnn_studio.app.workspaces.validate.robustness.page import SPEC
from jnn_studio.app.workspaces.validate.robustness.plots import RobustnessPlots
from jnn_studio.app.workspaces.validate.robustness.report_view import EMPTY
from jnn_studio.labs.robustness.paths import POINTS

PAGE = "validate.robustness"
SMALL = {
    "name": "small",
    "data.factors": "hair-length, skin-tone",
    "sets.sizes": "8, 16",
    "sets.held_out": "12",
    "model.size": "16",
    "model.widths": "4",
    "model.hidden": "6",
    "strengths.decay": "",
    "strengths.frobenius": "",
    "strengths.nuclear": "0.01, 0.1",
    "strengths.schatten": "",
    "strengths.adversarial": "0.05",
    "schedule.steps": "6",
    "schedule.batch_size": "8",
    "schedule.repeats": "2",
    "schedule.device": "cpu",
    "evaluation.images": "6",
    "evaluation.epsilons_linf": "0.02, 0.2",
    "evaluation.epsilons_l2": "0.5",
    "evaluation.steps": "3",
    "evaluation.restarts": "1",
    "evaluation.black_box_images": "0",
    "logging.metrics_every": "2",
    "logging.measure_every": "3",
    "logging.checkpoint_every": "3",
}


@pytest.fixture
def page(context: AppContext) -> Iterator[RunPage]:
    made = RunPage(context, SPEC)
    made.resize(1208, 740)
    made.show()
    made.form.fill(SMALL)
    yield made
    made.hide()
    made.deleteLater()


def plots(page: RunPage) -> RobustnessPlots:
    assert isinstance(page.plots, RobustnessPlots)
    return page.plots


def press(page: RunPage, name: str) -> None:
    button = page.findChild(QPushButton, f"{PAGE}.{name}") or page.findChild(QToolButton, f"{PAGE}.{name}")
    assert button is not None
    assert button.isEnabled()
    button.click()


def test_a_run_is_trained_attacked_looked_at_and_measured(
    qtbot: QtBot, page: RunPage, context: AppContext
) -> None:
    measure = page.findChild(QPushButton, f"{PAGE}.measure")
    strip, slider = page.findChild(AttackedStrip), page.findChild(QSlider, f"{PAGE}.pictures.slider")
    assert not measure.isEnabled()
    assert strip.accessibleDescription() == "Pictures, once the run has measured them"
    assert page.form.problems == []
    press(page, "start")
    qtbot.waitUntil(lambda: page.status is not None and page.status.state == "finished", timeout=60_000)
    qtbot.waitUntil(lambda: len(strip.columns) == 3, timeout=20_000)
    view = plots(page)

    # One model of each regulariser, all at the same ε of the same picture.
    assert [one.name for one in strip.columns] == ["None", "Nuclear 0.1", "Adversarial 0.05"]
    press(page, "strength.weakest")
    assert [one.name for one in strip.columns] == ["None", "Nuclear 0.01", "Adversarial 0.05"]
    assert len(view.terms.series(("nuclear-0.01", "accuracy"))) == 3
    slider.setValue(0)
    assert all(np.abs(one.away).max() == 0 for one in strip.columns)
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert slider.value() == POINTS - 1
    moved = [np.abs(one.away).max() for one in strip.columns]
    assert all(10 < one <= 0.2 * 255 + 1 for one in moved)
    view.pictures.typed.setValue(0.051)
    assert view.pictures.epsilon == pytest.approx(0.05, abs=0.005)
    assert all(0 < np.abs(one.away).max() <= 0.055 * 255 + 1 for one in strip.columns)
    press(page, "pictures.mode.flip")
    assert not slider.isEnabled()
    for one in strip.columns:
        assert one.right == one.flip.startswith("holds")

    # Live curves, then those of the full attacks.
    assert view.curves.choice.current == "quick"
    assert list(view.curves.series("none").x) == pytest.approx([0, 0.02, 0.2])
    press(page, "curves.choice.gap")
    assert list(view.curves.series("none").x) == [8, 16]
    press(page, "curves.choice.quick")
    assert view.report.currentWidget().text() == EMPTY  # type: ignore[attr-defined]
    press(page, "measure")
    qtbot.waitUntil(lambda: measure.text() == "&Measure", timeout=120_000)
    assert view.curves.choice.current == "linf"
    table = page.findChild(QTableWidget, f"{PAGE}.report.table")
    assert [table.item(row, 0).text().removesuffix(" *") for row in range(table.rowCount())] == [
        "None",
        "Nuclear η = 0.01",
        "Nuclear η = 0.1",
        "Adversarial ε = 0.05",
    ]
    assert page.status is not None
    path = page.status.feed.path
    assert (path / "robustness.json").is_file()

    # The same run opened elsewhere knows what was measured.
    other = RunPage(context, SPEC)
    other.show()
    other.open_run(path)
    qtbot.waitUntil(lambda: plots(other).curves.choice.current == "linf", timeout=30_000)
    qtbot.waitUntil(lambda: len(plots(other).pictures.strip.columns) == 3, timeout=30_000)
    other.hide()
    other.deleteLater()

    # What cannot be measured is said.
    for checkpoint in (path / "checkpoints").iterdir():
        checkpoint.unlink()
    press(page, "measure")
    qtbot.waitUntil(lambda: page.message.isVisible(), timeout=30_000)
    assert any("has no checkpoint yet" in label.text() for label in page.message.findChildren(QLabel))
