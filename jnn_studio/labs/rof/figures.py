"""The figures of a validation run (the paper's Figures 1–3), drawn without pyplot: any thread can."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from jnn_studio.base.drawing import Axes, Figure, drawing
from jnn_studio.labs.figure_files import write_figure
from jnn_studio.labs.rof.experiment import COMPOSITE, DRAWS, EXACT
from jnn_studio.labs.rof.result import OBJECTIVE, RofResult

COLORS = {"": "#1b2027", EXACT: "#0072b2", COMPOSITE: "#d55e00", DRAWS: "#009e73"}
"""Okabe and Ito's colours: apart for every kind of dichromacy. The right solution is black."""
STYLES = {EXACT: "-", COMPOSITE: "--", DRAWS: ":"}
MUTED, GRID = "#696973", "#e6e8ec"

_SETTINGS = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def figures(result: RofResult) -> dict[str, Figure]:
    """Figures by the name of their file: those there is something to draw of."""
    drawn = {}
    with drawing(_SETTINGS):
        if result.arrays is not None:
            n = result.config.problem.n
            if n == 2:
                drawn["heat-maps"] = _heat_maps(result)
            elif n == 1:
                drawn["solutions"] = _plot(_line, result)
            else:
                drawn["radial-profile"] = _plot(_profile, result)
        if any("mae" in terms for terms in result.curves.values()):
            drawn["error"] = _plot(_error, result)
            drawn["objectives"] = _plot(_objectives, result)
    return drawn


def write_figures(result: RofResult, folder: Path) -> list[Path]:
    """Write each figure as .png and .svg into ``folder``; the files.

    Raises:
        OSError: a file cannot be written.
    """
    written = []
    for name, figure in figures(result).items():
        with drawing(_SETTINGS):
            written += write_figure(figure, folder, name)
    return written


def _plot(draw: Callable[[Axes, RofResult], None], result: RofResult) -> Figure:
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    draw(axes, result)
    axes.legend(frameon=False, fontsize=8)
    return figure


def _heat_maps(result: RofResult) -> Figure:
    """Target, right solution and the solvers' on one colour scale; below, their values along y = 0."""
    assert result.arrays is not None
    values, problem = result.arrays.values, result.config.problem
    axis, half = values[""]["axis"], problem.half_width
    shown = [("Target τ", values[""]["target"]), ("Right solution", values[""]["reference"])]
    shown += [(member.label, values[member.key]["field"]) for member in result.members]
    figure = Figure(figsize=(11.5, 5.4), layout="constrained")
    grid = figure.add_gridspec(2, len(shown), height_ratios=(1, 1.05))
    image, maps = None, []
    row = len(axis) // 2
    for column, (title, field) in enumerate(shown):
        axes = figure.add_subplot(grid[0, column])
        image = axes.imshow(
            field, origin="lower", extent=(-half, half, -half, half), vmin=0, vmax=1, cmap="viridis"
        )
        axes.axhline(float(axis[row]), color="white", lw=0.8, ls="--")
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("x")
        if column == 0:
            axes.set_ylabel("y")
        else:
            axes.tick_params(labelleft=False)
        maps.append(axes)
    assert image is not None
    figure.colorbar(image, ax=maps, label="f", shrink=0.85)
    axes = figure.add_subplot(grid[1, :])
    axes.grid(color=GRID, linewidth=0.8)
    axes.plot(axis, values[""]["target"][row], color=MUTED, lw=0.8, label="Target τ")
    _solutions(axes, result, axis, lambda arrays, name: arrays[name][row], "field")
    axes.set(xlabel="x", ylabel=f"f along y = {axis[row]:.2g}", xlim=(-half, half))
    axes.legend(frameon=False, fontsize=8, loc="upper right")
    figure.suptitle(f"{_problem(result)}, step {result.arrays.step:,}", fontsize=10)
    return figure


def _line(axes: Axes, result: RofResult) -> None:
    assert result.arrays is not None
    arrays = result.arrays.values[""]
    axes.plot(arrays["axis"], arrays["target"], color=MUTED, lw=0.8, label="Target τ")
    _solutions(axes, result, arrays["axis"], lambda found, name: found[name], "field")
    axes.set(xlabel="x", ylabel="f(x)", title=f"{_problem(result)}, step {result.arrays.step:,}")


def _profile(axes: Axes, result: RofResult) -> None:
    assert result.arrays is not None
    arrays = result.arrays.values[""]
    radius = arrays["radius"]
    axes.plot(radius, arrays["target"], color=MUTED, lw=0.8, drawstyle="steps-mid", label="Target τ")
    _solutions(axes, result, radius, lambda found, name: found[name], "profile_mean")
    for member in result.members:
        found = result.arrays.values[member.key]
        mean, spread = found["profile_mean"], found["profile_sd"]
        axes.fill_between(radius, mean - spread, mean + spread, color=COLORS[member.key], alpha=0.18, lw=0)
    axes.set(
        xlabel="Distance from the middle |x|",
        ylabel="f, mean ± standard deviation",
        title=f"{_problem(result)}, step {result.arrays.step:,}",
        xlim=(0, float(radius[-1])),
    )


def _solutions(
    axes: Axes,
    result: RofResult,
    x: np.ndarray,
    pick: Callable[[Any, str], np.ndarray],
    name: str,
) -> None:
    """The right solution, and the solvers' on top of it."""
    assert result.arrays is not None
    values = result.arrays.values
    style = "steps-mid" if name == "profile_mean" else "default"
    right = pick(values[""], "reference")
    axes.plot(x, right, color=COLORS[""], lw=1.2, drawstyle=style, label="Right solution")
    for member in result.members:
        axes.plot(
            x,
            pick(values[member.key], name),
            STYLES[member.key],
            color=COLORS[member.key],
            label=member.label,
        )


def _error(axes: Axes, result: RofResult) -> None:
    for member in result.members:
        terms = result.curves[member.key]
        if "mae" in terms:
            axes.plot(*terms["mae"], STYLES[member.key], color=COLORS[member.key], label=member.label)
    axes.set(
        xlabel="Step", ylabel="Mean absolute error", yscale="log", title=f"{_problem(result)}, on the box"
    )


def _objectives(axes: Axes, result: RofResult) -> None:
    for member in result.members:
        terms, objective = result.curves[member.key], OBJECTIVE[member.key]
        if objective in terms:
            steps, values = terms[objective]
            style = STYLES[member.key]
            axes.plot(steps, np.log(values), style, color=COLORS[member.key], label=member.label)
    axes.set(xlabel="Step", ylabel="log objective", title=f"{_problem(result)}: (8) and (9)")


def _problem(result: RofResult) -> str:
    problem = result.config.problem
    return f"{problem.target.kind.replace('-', ' ')}, n = {problem.n}, η = {problem.eta:g}"
