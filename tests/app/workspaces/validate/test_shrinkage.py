"""Optimal shrinkage in the window: solved at first sight, live under the slider, never in the way."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.validate.shrinkage.page import ShrinkagePage
from jnn_studio.labs.shrinkage.config import ShrinkageConfig

PAGE = "validate.shrinkage"


def settle(qtbot: QtBot, page: ShrinkagePage) -> None:
    qtbot.waitUntil(lambda: page.last is not None and page.last.done)


def note(page: ShrinkagePage, name: str) -> str:
    return page.findChild(QLabel, f"{PAGE}.{name}.note").text()


def test_the_default_problem_is_solved_without_being_asked(qtbot: QtBot, context: AppContext) -> None:
    page = ShrinkagePage(context)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page.last is not None and page.last.gap < 1e-3)
    assert page.solution is not None
    assert page.solution.problem.config == ShrinkageConfig()
    assert len(page.plots.values.series("closed")) == 50
    assert len(page.plots.error.series("closed")) > 100
    page.hide()
    context.bridge.close()  # nothing may arrive at what is about to go


def test_the_descent_arrives_where_the_closed_form_is(qtbot: QtBot, shrinkage: ShrinkagePage) -> None:
    settle(qtbot, shrinkage)
    plot = shrinkage.plots.values
    np.testing.assert_allclose(plot.series("gradient").y, plot.series("closed").y, atol=1e-4)
    assert shrinkage.plots.convergence.series("gap").y[-1] < 1e-3
    assert "settled" in shrinkage.descent.text()


def test_the_slider_moves_the_closed_form_and_the_marker(qtbot: QtBot, shrinkage: ShrinkagePage) -> None:
    slider = shrinkage.findChild(QSlider, f"{PAGE}.eta_slider")
    before = shrinkage.solution
    assert before is not None
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    qtbot.waitUntil(lambda: shrinkage.solution is not None and shrinkage.solution.eta > before.eta)
    assert shrinkage.solution is not None
    assert shrinkage.solution.threshold > before.threshold
    assert shrinkage.plots.error.canvas.marker.value() == pytest.approx(shrinkage.solution.eta)
    threshold = shrinkage.plots.curve.series("threshold").x[0]
    assert threshold == pytest.approx(np.sqrt(shrinkage.solution.eta))


def test_the_marker_can_be_dragged(qtbot: QtBot, shrinkage: ShrinkagePage) -> None:
    marker = shrinkage.plots.error.canvas.marker
    assert marker.movable
    marker.setValue(2.5)
    marker.sigDragged.emit(marker)
    qtbot.waitUntil(lambda: shrinkage.solution is not None and shrinkage.solution.eta == 2.5)
    assert shrinkage.findChild(QLineEdit, f"{PAGE}.eta").text() == "2.5"


def test_reset_goes_back_to_the_noise(qtbot: QtBot, shrinkage: ShrinkagePage) -> None:
    shrinkage.form.fill({"eta": "2.5"})
    shrinkage.findChild(QToolButton, f"{PAGE}.eta_reset").click()
    qtbot.waitUntil(lambda: shrinkage.solution is not None and shrinkage.solution.eta == 1.0)


def test_the_descent_can_be_held(qtbot: QtBot, shrinkage: ShrinkagePage) -> None:
    settle(qtbot, shrinkage)
    hold = shrinkage.findChild(QToolButton, f"{PAGE}.hold")
    hold.click()
    shrinkage.form.fill({"eta": "2"})
    qtbot.waitUntil(lambda: shrinkage.solution is not None and shrinkage.solution.eta == 2.0)
    assert shrinkage.last is None
    hold.click()
    settle(qtbot, shrinkage)


def test_a_hidden_page_does_not_descend(qtbot: QtBot, shrinkage: ShrinkagePage) -> None:
    settle(qtbot, shrinkage)
    shrinkage.hide()
    shrinkage.form.fill({"eta": "2"})
    qtbot.waitUntil(lambda: shrinkage.solution is not None and shrinkage.solution.eta == 2.0)
    assert shrinkage.last is None
    shrinkage.show()
    settle(qtbot, shrinkage)


def test_a_bad_setting_is_refused_at_its_field(shrinkage: ShrinkagePage) -> None:
    before = shrinkage.solution
    for name, text, reason in (
        ("rank", "13", "At most D = 12"),
        ("samples", "2.5", "Enter a whole number"),
        ("sigma", "0", "Must be more than 0"),
        ("smallest", "5", "At most the largest, 3"),
        ("eta", "-1", "Must be 0 or more"),
    ):
        field = shrinkage.findChild(QLineEdit, f"{PAGE}.{name}")
        right = field.text()
        field.setText(text)
        assert reason.lower() in note(shrinkage, name).lower() + note(shrinkage, "rank").lower()
        assert shrinkage.solution is before
        field.setText(right)
        assert not note(shrinkage, name)


def test_depth_brings_its_reading_and_a_warning(qtbot: QtBot, shrinkage: ShrinkagePage) -> None:
    assert shrinkage.form.fields["reading"].isHidden()
    shrinkage.form.fill({"depth": "3"})
    assert not shrinkage.form.fields["reading"].isHidden()
    assert not shrinkage.note.isHidden()
    qtbot.waitUntil(lambda: "Schatten-2/L" in shrinkage.errors.text())
    shrinkage.form.fill({"reading": "nuclear"})
    assert shrinkage.note.isHidden()
    qtbot.waitUntil(lambda: "Schatten-2/L" not in shrinkage.errors.text())


def test_settings_are_remembered(qtbot: QtBot, shrinkage: ShrinkagePage, context: AppContext) -> None:
    shrinkage.form.fill({"rows": "14", "spectrum": "explicit", "values": "3, 2, 1"})
    other = ShrinkagePage(context)
    qtbot.addWidget(other)
    other.form.restore(shrinkage.form.state())
    assert other.form.config == shrinkage.form.config
    assert other.form.config.values == (3, 2, 1)
    qtbot.waitUntil(lambda: other.solution is not None and other.solution.problem.config.rows == 14)
    context.bridge.close()  # nothing may arrive at what is about to go
