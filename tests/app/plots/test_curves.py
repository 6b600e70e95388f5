"""The plots of a run: one colour per model, one term at a time."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from jnn_studio.app.plots.curves import LOSS_TERMS, LossPlot, RankPlot, SpectrumPlot
from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.plots.smoothing import ExponentialMean
from jnn_studio.app.theme import theme

NOISE = np.random.default_rng(0).random(500)
STEPS = np.arange(500)


def shown(plot: StudioPlot) -> list[object]:
    """Keys of the curves that are drawn."""
    return [key for key, curve in plot._curves.items() if curve.item.curve.isVisible()]


def add_models(plot: LossPlot | SpectrumPlot | RankPlot) -> None:
    plot.add_model("u", "Unregularised", "unregularised")
    plot.add_model("r", "Regularised", "regularised")


class TestLossPlot:
    @pytest.fixture
    def plot(self, qtbot: QtBot) -> LossPlot:
        made = LossPlot("loss")
        add_models(made)
        qtbot.addWidget(made)
        for term in LOSS_TERMS:
            made.extend(("u", term), STEPS, NOISE)
        made.show()
        made.refresh()
        return made

    def test_one_term_is_shown_smoothed_over_what_was_measured(self, plot: LossPlot) -> None:
        assert shown(plot) == [("u", "total"), ("u", "total", "smooth")]
        assert plot.canvas.y_axis.labelText == "Total loss per image"

    def test_the_segments_choose_the_term(self, plot: LossPlot, qtbot: QtBot) -> None:
        qtbot.mouseClick(plot.findChild(QPushButton, "loss.term.penalty"), Qt.MouseButton.LeftButton)
        assert plot.term == "penalty"
        assert shown(plot) == [("u", "penalty"), ("u", "penalty", "smooth")]
        assert "‖Jg‖²" in plot.canvas.y_axis.labelText

    def test_without_smoothing_the_measured_curve_stands_in_front(self, plot: LossPlot) -> None:
        plot.smoothing = 1
        assert shown(plot) == [("u", "total")]
        legend = plot.canvas.legend.entries
        assert [entry.label for entry in legend] == ["Unregularised", "Regularised"]
        assert legend[1].color == theme().color("regularised")

    def test_the_smoothed_curve_grows_with_the_measured_one(self, plot: LossPlot) -> None:
        plot.smoothing = 50
        for start in range(500, 800, 7):
            new = np.arange(start, min(start + 7, 800))
            plot.extend(("u", "total"), new, np.sin(new))
            plot.refresh()
        measured = plot.series(("u", "total"))
        expected = ExponentialMean(1 - 1 / 50).extend(measured.y)
        np.testing.assert_allclose(plot.series(("u", "total", "smooth")).y, expected)

    @pytest.mark.parametrize(("asked", "given"), [(1, 1), (20, 20), (37, 50), (10**6, 1000)])
    def test_smoothing_takes_the_nearest_step(self, plot: LossPlot, asked: int, given: int) -> None:
        plot.smoothing = asked
        assert plot.smoothing == given

    def test_the_slider_changes_it_from_the_keyboard(self, plot: LossPlot, qtbot: QtBot) -> None:
        slider = plot.findChild(QSlider, "loss.smoothing")
        qtbot.keyClick(slider, Qt.Key.Key_Home)
        assert plot.smoothing == 1
        qtbot.keyClick(slider, Qt.Key.Key_Right)
        assert plot.smoothing == 2
        np.testing.assert_allclose(
            plot.series(("u", "total", "smooth")).y, ExponentialMean(0.5).extend(NOISE)
        )

    def test_replaced_and_cleared_data_are_smoothed_afresh(self, plot: LossPlot) -> None:
        plot.set_data(("u", "total"), STEPS, np.full(500, 3.0))
        plot.refresh()
        np.testing.assert_allclose(plot.series(("u", "total", "smooth")).y, 3)
        plot.clear()
        plot.extend(("u", "total"), STEPS, np.full(500, 4.0))
        plot.refresh()
        np.testing.assert_allclose(plot.series(("u", "total", "smooth")).y, 4)

    def test_terms_of_a_run_may_be_others(self, qtbot: QtBot) -> None:
        made = LossPlot("quality", "Quality", {"psnr": ("PSNR", "In dB", "PSNR (dB)"), "x": ("X", "Tip")})
        qtbot.addWidget(made)
        add_models(made)
        assert made.canvas.y_axis.labelText == "PSNR (dB)"
        made.term = "x"
        assert made.canvas.y_axis.labelText == "X"


class TestLogAxisOfATerm:
    TERMS: ClassVar = {
        "total": ("Total", "Sum", "Total loss"),
        "penalty": ("Penalty", "Bound", "Penalty"),
        "held_out_psnr": ("PSNR", "Quality", "Held-out PSNR in dB"),
    }

    @pytest.fixture
    def plot(self, qtbot: QtBot) -> LossPlot:
        made = LossPlot("loss", terms=self.TERMS)
        add_models(made)
        qtbot.addWidget(made)
        for term in self.TERMS:
            made.extend(("u", term), STEPS, NOISE + 1)
        made.show()
        made.refresh()
        return made

    def press(self, plot: LossPlot, qtbot: QtBot, name: str) -> QAbstractButton:
        button = plot.findChild(QAbstractButton, f"loss.{name}")
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        return button

    def test_each_term_keeps_its_own(self, plot: LossPlot, qtbot: QtBot) -> None:
        button = self.press(plot, qtbot, "log_button")
        assert plot.log
        self.press(plot, qtbot, "term.penalty")
        assert not plot.log
        assert not button.isChecked()
        self.press(plot, qtbot, "term.total")
        assert plot.log
        assert button.isChecked()

    def test_decibels_never_stand_on_one(self, plot: LossPlot, qtbot: QtBot) -> None:
        button = self.press(plot, qtbot, "log_button")
        self.press(plot, qtbot, "term.held_out_psnr")
        assert not plot.log
        assert not button.isEnabled()
        assert "Decibels" in button.toolTip()
        qtbot.keyClick(plot.canvas, Qt.Key.Key_L)
        plot.log = True
        assert not plot.log
        self.press(plot, qtbot, "term.total")
        assert plot.log
        assert button.isEnabled()

    def test_nor_does_a_psnr_that_nobody_has_words_for(self, plot: LossPlot) -> None:
        plot.add_term("train_psnr")
        plot.term = "train_psnr"
        plot.log = True
        assert not plot.log


class TestABoundBesideATerm:
    """Both terms of a model stand on the same axes, in its colour."""

    TERMS: ClassVar = {
        "total": ("Total", "Sum", "Total loss"),
        "penalty": ("Penalty", "Bound", "Penalty"),
        "trace": ("Trace", "Bounded", "Trace and its bound"),
    }

    @pytest.fixture
    def plot(self, qtbot: QtBot) -> LossPlot:
        made = LossPlot("loss", terms=self.TERMS, bounds={"trace": "penalty"})
        made.add_model("s", "SURE", "model-3")
        made.add_model("u", "UNSURE", "model-3", "dash")
        made.smoothing = 1
        qtbot.addWidget(made)
        for model in ("s", "u"):
            made.extend((model, "total"), STEPS, NOISE)
            made.extend((model, "penalty"), STEPS, 1000 + NOISE)
            made.extend((model, "trace"), STEPS, NOISE - 0.01)
        made.resize(600, 400)
        made.show()
        made.term = "trace"
        made.refresh()
        return made

    def test_it_is_drawn_in_the_models_colour_with_a_line_that_no_model_has(self, plot: LossPlot) -> None:
        assert shown(plot) == [(m, t) for m in ("s", "u") for t in ("penalty", "trace")]
        curves = plot._curves
        assert len({curve.looks(theme().colors).name() for curve in curves.values()}) == 1
        lines = [curves[key].line for key in shown(plot)]
        assert lines == ["dot", "solid", "dash-dot", "dash"]
        assert [plot._curves[key].item.opts["pen"].style() for key in shown(plot)] == [
            curves[key].style for key in shown(plot)
        ]

    def test_the_legend_names_each_model_once_and_says_what_the_lines_are(self, plot: LossPlot) -> None:
        entries = plot.canvas.legend.entries
        assert [entry.label for entry in entries] == [
            "SURE",
            "UNSURE",
            "Penalty in the same colour",
            "Penalty of dashed curves",
        ]
        assert [entry.style for entry in entries[2:]] == [Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine]

    def test_values_far_apart_can_both_be_read(self, plot: LossPlot, qtbot: QtBot) -> None:
        assert plot.log
        qtbot.keyClick(plot.canvas, Qt.Key.Key_L)
        assert not plot.log
        plot.term = "total"
        plot.term = "trace"
        assert not plot.log, "as somebody has it"

    def test_readings_and_tables_name_both(self, plot: LossPlot, qtbot: QtBot, tmp_path: Path) -> None:
        qtbot.keyClick(plot.canvas, Qt.Key.Key_Right)
        reading = plot.canvas.crosshair.readout.text()
        plot.save(tmp_path / "both.csv")
        with (tmp_path / "both.csv").open(encoding="utf-8-sig") as file:
            names = {row["curve"] for row in csv.DictReader(file)}
        assert names == {f"{model}: {term}" for model in ("SURE", "UNSURE") for term in ("Trace", "Penalty")}
        assert all(name in reading for name in names)

    def test_both_are_smoothed(self, plot: LossPlot) -> None:
        plot.smoothing = 20
        plot.refresh()
        for term in ("trace", "penalty"):
            expected = ExponentialMean(1 - 1 / 20).extend(plot.series(("s", term)).y)
            np.testing.assert_allclose(plot.series(("s", term, "smooth")).y, expected)
        assert plot._curves["s", "penalty", "smooth"].line == "dot"
        assert len(plot.canvas.legend.entries) == 4

    def test_another_term_stands_alone_with_the_models_own_lines(self, plot: LossPlot) -> None:
        plot.term = "penalty"
        plot.refresh()
        assert shown(plot) == [("s", "penalty"), ("u", "penalty")]
        assert [plot._curves[key].line for key in shown(plot)] == ["solid", "dash"]
        assert [entry.label for entry in plot.canvas.legend.entries] == ["SURE", "UNSURE"]
        assert plot._curves["s", "penalty"].name == "SURE"
        assert not plot.log


class TestSpectrumPlot:
    @pytest.fixture
    def plot(self, qtbot: QtBot) -> SpectrumPlot:
        made = SpectrumPlot("spectrum")
        add_models(made)
        qtbot.addWidget(made)
        made.show()
        return made

    def test_singular_values_are_relative_to_the_largest_counted_from_one(self, plot: SpectrumPlot) -> None:
        plot.set_spectrum("u", [4, 2, 1])
        assert plot.series("u").x.tolist() == [1, 2, 3]
        assert plot.series("u").y.tolist() == [1, 0.5, 0.25]

    def test_the_axis_is_logarithmic_down_to_single_precision(self, plot: SpectrumPlot) -> None:
        plot.set_spectrum("u", [1, 1e-3, 1e-20, 0])
        plot.refresh()
        assert plot.log
        assert plot.canvas.box.viewRange()[1][0] == pytest.approx(-6, abs=0.5)

    @pytest.mark.parametrize("sigma", [[], [0.0, 0.0], [np.nan]])
    def test_no_spectrum_is_no_curve(self, plot: SpectrumPlot, sigma: list[float]) -> None:
        plot.set_spectrum("u", [1, 0.5])
        plot.set_spectrum("u", sigma)
        assert len(plot.series("u")) == 0

    def test_a_direction_can_be_highlighted(self, plot: SpectrumPlot) -> None:
        plot.set_spectrum("u", [1, 0.5, 0.1])
        plot.refresh()
        plot.set_highlight(3)
        assert plot.canvas.marker.value() == 3
        plot.set_highlight(None)
        assert not plot.canvas.marker.isVisible()


def test_effective_rank_is_drawn_with_a_dot_per_sample(qtbot: QtBot) -> None:
    plot = RankPlot("rank")
    add_models(plot)
    qtbot.addWidget(plot)
    plot.extend("r", [0, 100, 200], [60, 40, 38])
    plot.show()
    assert shown(plot) == ["r"]
    assert len(plot._curves["r"].item.scatter.points()) == 3
