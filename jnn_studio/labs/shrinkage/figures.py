"""The figures of the shrinkage lab, as PNG and SVG. Drawn without pyplot: no display, no global state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from jnn_studio.base.drawing import Axes, Figure, drawing
from jnn_studio.labs.figure_files import write_figure
from jnn_studio.labs.shrinkage.descent import DescentState
from jnn_studio.labs.shrinkage.problem import shrinkage_curves
from jnn_studio.labs.shrinkage.report import LABELS, Solution, shown_methods

COLORS = {
    "clean": "#1b2027",
    "raw": "#8a919c",
    "closed": "#0f766e",
    "gradient": "#b0409a",
    "deep": "#9a4a60",
    "truncated": "#5e1580",
    "hard": "#4a7c00",
    "optimal": "#8a5a00",
}
"""As in the window; its orange and blue stand for unregularised and regularised models alone."""
MARKERS = {"truncated": "s", "hard": "^", "optimal": "D", "deep": "v"}


def write_figures(folder: Path, solution: Solution, history: Sequence[DescentState]) -> list[Path]:
    """Write each figure as .png and .svg into ``folder``; the files.

    Raises:
        OSError: a file cannot be written.
    """
    written = []
    drawings = {
        "singular-values": lambda axes: _singular_values(axes, solution, history[-1]),
        "shrinkage-curve": lambda axes: _curve(axes, solution, history[-1]),
        "error": lambda axes: _error(axes, solution, history[-1]),
        "convergence": lambda axes: _convergence(axes, solution, history),
    }
    with drawing({"font.size": 9, "axes.spines.top": False}):
        for name, draw in drawings.items():
            figure = Figure(figsize=(5.2, 3.6), layout="constrained")
            axes = figure.add_subplot()
            axes.spines["right"].set_visible(False)
            axes.grid(color="#e6e8ec", linewidth=0.8)
            axes.set_axisbelow(True)
            draw(axes)
            axes.legend(frameon=False, fontsize=8)
            written += write_figure(figure, folder, name)
    return written


def _singular_values(axes: Axes, solution: Solution, last: DescentState) -> None:
    problem = solution.problem
    index = np.arange(1, len(problem.sigma) + 1)
    axes.plot(index, problem.sigma, ".-", color=COLORS["raw"], label=LABELS["raw"])
    axes.plot(index, problem.clean_sigma, "_", ms=9, mew=2, color=COLORS["clean"], label="Clean data")
    for name in shown_methods(problem.config):
        if name not in ("raw", "hard"):
            values = solution.methods[name].sigma
            axes.plot(index, values, MARKERS.get(name, "o"), ms=4, color=COLORS[name], label=LABELS[name])
    after = problem.singular_values_after(last.map_)
    axes.plot(index, after, "x", ms=5, color=COLORS["gradient"], label="Factors, gradient descent")
    axes.axhline(solution.threshold, color=COLORS["clean"], lw=0.8, ls="--", label="Threshold √(Nη)")
    axes.set(xlabel="Index i", ylabel="Singular value", title=f"Before and after, η = {solution.eta:.4g}")


def _curve(axes: Axes, solution: Solution, last: DescentState) -> None:
    problem = solution.problem
    sigma = np.linspace(0, 1.1 * float(problem.sigma[0]), 400)
    axes.plot(sigma, sigma, color=COLORS["raw"], lw=1, label="Unchanged")
    curves = shrinkage_curves(problem, solution.eta, sigma)
    axes.plot(sigma, curves["closed"], color=COLORS["closed"], label="(σ² − Nη)₊/σ")
    axes.plot(sigma, curves["optimal"], "--", color=COLORS["optimal"], label=LABELS["optimal"])
    after = problem.singular_values_after(last.map_)
    axes.plot(problem.sigma, after, "x", ms=5, color=COLORS["gradient"], label="Factors, gradient descent")
    axes.axvline(solution.threshold, color=COLORS["clean"], lw=0.8, ls="--", label="Threshold √(Nη)")
    axes.set(xlabel="Singular value of Y", ylabel="After shrinkage", title="Shrinkage curve")


def _error(axes: Axes, solution: Solution, last: DescentState) -> None:
    problem = solution.problem
    axes.plot(solution.etas, solution.errors, color=COLORS["closed"], label=LABELS["closed"])
    for name in ("truncated", "hard", "optimal"):
        axes.axhline(solution.methods[name].error, lw=1, ls="--", color=COLORS[name], label=LABELS[name])
    error = problem.relative_error(last.map_)
    axes.plot([solution.eta], [error], "x", color=COLORS["gradient"], label="Factors, gradient descent")
    axes.axvline(problem.config.sigma**2, color=COLORS["clean"], lw=0.8, ls=":", label="η = σ_ε²")
    axes.set(xscale="log", xlabel="η", ylabel="‖AY − X‖ / ‖X‖", title="Error against the clean data")


def _convergence(axes: Axes, solution: Solution, history: Sequence[DescentState]) -> None:
    steps = [progress.step for progress in history]
    axes.plot(
        steps, [progress.gap for progress in history], color=COLORS["gradient"], label="‖A − A*‖ / ‖A*‖"
    )
    above = [progress.objective - solution.optimum for progress in history]
    shown = [(step, value) for step, value in zip(steps, above, strict=True) if value > 0]
    axes.plot(*zip(*shown, strict=True), color=COLORS["closed"], label="Objective above the optimum's")
    axes.set(yscale="log", xlabel="Step", ylabel="Distance", title="Gradient descent on the factors")
