"""The four plots of the shrinkage page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.theme import GRID
from jnn_studio.base.text import counted
from jnn_studio.labs.shrinkage.config import ShrinkageConfig
from jnn_studio.labs.shrinkage.descent import DescentState
from jnn_studio.labs.shrinkage.problem import shrinkage_curves
from jnn_studio.labs.shrinkage.report import LABELS, Solution, shown_methods

GRADIENT = "Factors, gradient descent"
COLORS = {
    "clean": "text",
    "raw": "muted",
    "closed": "accent",
    "deep": "model-3",
    "truncated": "model-2",
    "optimal": "warning",
    "gradient": "solver-3",
}


class ShrinkagePlots(QWidget):
    """Singular values and the shrinkage curve above error and convergence."""

    def __init__(self) -> None:
        super().__init__()
        page = "validate.shrinkage"
        self.values = StudioPlot(f"{page}.values", "Singular values")
        self.curve = StudioPlot(f"{page}.curve", "Shrinkage curve")
        self.error = StudioPlot(f"{page}.error", "Error against the clean data")
        self.convergence = StudioPlot(f"{page}.convergence", "Convergence of the factors")
        self._plots = (self.values, self.curve, self.error, self.convergence)
        self.values.canvas.x_axis.integers = True
        self.values.set_labels(x="Index i", y="σᵢ / √N")
        self.curve.set_labels(x="σ / √N of the noisy data", y="σ / √N afterwards")
        self.error.set_labels(x="η", y="‖AY − X‖ / ‖X‖")
        self.convergence.set_labels(x="Step", y="Distance to the optimum")
        self.convergence.canvas.x_axis.integers = True
        self.convergence.log = True
        self.error.let_marker_drag()
        for key, label in (("raw", LABELS["raw"]), ("clean", "Clean data")):
            self.values.add_curve(key, label, COLORS[key], dots=True)
        for key in ("closed", "deep", "truncated", "optimal"):
            self.values.add_curve(key, LABELS[key], COLORS[key], dots=True)
        self.curve.add_curve("raw", "Unchanged", COLORS["raw"])
        self.curve.add_curve("closed", "(σ² − Nη)₊ / σ", COLORS["closed"])
        self.curve.add_curve("deep", LABELS["deep"], COLORS["deep"])
        self.curve.add_curve("optimal", LABELS["optimal"], COLORS["optimal"], style="dash")
        self.error.add_curve("closed", LABELS["closed"], COLORS["closed"])
        for key in ("truncated", "optimal"):
            self.error.add_curve(key, LABELS[key], COLORS[key], style="dash")
        for plot in (self.values, self.curve):
            plot.add_curve("gradient", GRADIENT, COLORS["gradient"], style="dash", dots=True)
            plot.add_curve("threshold", "Threshold √(Nη)", "text", style="dash")
        self.error.add_curve("gradient", GRADIENT, COLORS["gradient"], dots=True)
        self.convergence.add_curve("gap", "‖A − A*‖ / ‖A*‖", COLORS["gradient"])
        self.convergence.add_curve("objective", "Objective above the optimum's", COLORS["closed"])
        rows = QSplitter(Qt.Orientation.Vertical)
        for plots in (self._plots[:2], self._plots[2:]):
            row = QSplitter(Qt.Orientation.Horizontal)
            for index, plot in enumerate(plots):
                row.addWidget(plot)
                row.setStretchFactor(index, 1)
            row.setSizes([1_000_000] * 2)
            rows.addWidget(row)
        rows.setSizes([1_000_000] * 2)
        for splitter in (rows, *rows.findChildren(QSplitter)):
            splitter.setHandleWidth(GRID)
            splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(rows)

    def show_solution(self, solution: Solution) -> None:
        """Everything in closed form."""
        problem, config = solution.problem, solution.problem.config
        unit = float(np.sqrt(problem.samples))
        index = np.arange(1, len(problem.sigma) + 1)
        shown = shown_methods(config)
        self.values.set_data("clean", index, problem.clean_sigma / unit)
        for key in ("raw", "closed", "truncated", "optimal", "deep"):
            self.values.set_data(key, index, solution.methods[key].sigma / unit)
        self.values.set_visible("deep", "deep" in shown)
        self.curve.set_visible("deep", "deep" in shown)
        threshold = solution.threshold / unit
        self.values.set_data("threshold", index[[0, -1]], [threshold] * 2)
        top = 1.1 * float(problem.sigma[0])
        sigma = np.linspace(0, top, 400)
        self.curve.set_data("raw", [0, top / unit], [0, top / unit])
        curves = shrinkage_curves(problem, solution.eta, sigma)
        for key in ("closed", "optimal", "deep"):
            self.curve.set_data(key, sigma / unit, curves[key] / unit)
        self.curve.set_data("threshold", [threshold] * 2, [0, top / unit])
        self.error.set_data("closed", solution.etas, solution.errors)
        for key in ("truncated", "optimal"):
            self.error.set_data(key, solution.etas[[0, -1]], [solution.methods[key].error] * 2)
        self.error.set_marker(solution.eta, f"η = {solution.eta:.4g}")
        self.refresh()

    def begin(self) -> None:
        """A descent begins: the last one's curves go."""
        for plot in (self.values, self.curve, self.error):
            plot.set_data("gradient", [], [])
        self.convergence.clear()

    def add_progress(self, solution: Solution, progress: Sequence[DescentState]) -> None:
        """Where the descent has come."""
        problem, last = solution.problem, progress[-1]
        unit = float(np.sqrt(problem.samples))
        steps = [one.step for one in progress]
        self.convergence.extend("gap", steps, [one.gap for one in progress])
        above = [max(one.objective - solution.optimum, 0.0) for one in progress]
        self.convergence.extend("objective", steps, above)
        after = problem.singular_values_after(last.map_) / unit
        self.values.set_data("gradient", np.arange(1, len(after) + 1), after)
        self.curve.set_data("gradient", problem.sigma[::-1] / unit, after[::-1])
        self.error.set_data("gradient", [solution.eta], [problem.relative_error(last.map_)])
        self.refresh()

    def describe(self, config: ShrinkageConfig) -> None:
        """Words for the depth that is solved."""
        power = {2: "nuclear norm"}.get(config.depth, f"Schatten-2/{config.depth}")
        self.convergence.set_labels(
            title=f"Convergence of {counted(config.depth, 'factor')}"
            + ("" if config.reading == "nuclear" or config.depth == 2 else f" ({power})")
        )

    def refresh(self) -> None:
        """Draw what is new and can be seen."""
        for plot in self._plots:
            plot.refresh()
