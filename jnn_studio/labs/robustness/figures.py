"""The figures of a robustness run, drawn without pyplot: any thread can."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from jnn_studio.base.drawing import Axes, Figure, drawing
from jnn_studio.data.corruptions import CORRUPTIONS
from jnn_studio.labs.figure_files import write_figure
from jnn_studio.labs.robustness.regularisers import (
    ADVERSARIAL,
    DECAY,
    DEEP,
    FROBENIUS,
    NONE,
    NUCLEAR,
    REGULARISERS,
    SCHATTEN,
)
from jnn_studio.labs.robustness.report import Number, ReportRow, RobustnessReport

COLORS = {
    NONE: "#d1590a",
    DECAY: "#8a6d00",
    FROBENIUS: "#009e73",
    NUCLEAR: "#0a6eb4",
    SCHATTEN: "#56b4e9",
    DEEP: "#5e1580",
    ADVERSARIAL: "#1b2027",
}
"""No regulariser and the penalty have the program's two colours."""
GRID, FAILED = "#e6e8ec", "#c62f3b"

_SETTINGS = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}


def write_figures(report: RobustnessReport, folder: Path) -> list[Path]:
    """Write each figure as .png and .svg into ``folder``; the files.

    Raises:
        OSError: a file cannot be written.
    """
    written: list[Path] = []
    draw: dict[str, Callable[[RobustnessReport], Figure]] = {
        "accuracy-epsilon": _curves,
        "trade-off": _trade_off,
        "spectra": _spectra,
        "generalisation": _generalisation,
        "corruptions": _corruptions,
    }
    if any(row.mean.get("margin_along") is not None for row in report.rows):
        draw["tangent"] = _tangent
    for name, make in draw.items():
        with drawing(_SETTINGS):
            written += write_figure(make(report), folder, name)
    return written


def chosen(report: RobustnessReport) -> list[ReportRow]:
    """One row of each regulariser: the strongest at equal clean accuracy, else the weakest."""
    found: dict[str, ReportRow] = {}
    for row in report.rows:
        if row.equal or row.regulariser not in found:
            found[row.regulariser] = row
    return list(found.values())


def _axes(figure: Figure, place: int = 1, of: int = 1) -> Axes:
    axes = figure.add_subplot(1, of, place)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    return axes


def _numbers(values: Sequence[Number]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], float)


def _curves(report: RobustnessReport) -> Figure:
    figure = Figure(figsize=(9.5, 4.0), layout="constrained")
    for place, (norm, epsilons, words) in enumerate(
        (("linf", report.linf, "L∞"), ("l2", report.l2, "L2")), 1
    ):
        axes = _axes(figure, place, 2)
        for row in chosen(report):
            share, sd = 100 * _numbers(row.curves[norm]), 100 * _numbers(row.spreads[norm])
            color = FAILED if row.failed else COLORS[row.regulariser]
            label = row.label + (" (a check failed)" if row.failed else "")
            axes.plot(epsilons, share, color=color, marker="o", ms=3, label=label)
            axes.fill_between(epsilons, share - sd, share + sd, color=color, alpha=0.15, lw=0)
            black = row.curves.get(f"{norm}_black_box")
            if black is not None:
                axes.plot(epsilons, 100 * _numbers(black), color=color, ls=":", lw=1)
        axes.set(xlabel=f"ε, {words}, images in [0, 1]", ylabel="Told rightly in %", ylim=(0, 101))
        axes.set_title(f"PGD, {words}; dotted: HopSkipJump, fewer images", fontsize=9)
    axes.legend(frameon=False, fontsize=7)
    return figure


def _trade_off(report: RobustnessReport) -> Figure:
    """Robust against clean accuracy: one curve a regulariser, over its strengths."""
    figure = Figure(figsize=(6.2, 4.2), layout="constrained")
    axes = _axes(figure)
    middle = len(report.linf) // 2
    for key in REGULARISERS:
        rows = [row for row in report.rows if row.regulariser == key]
        if not rows:
            continue
        clean = 100 * _numbers([row.mean["accuracy"] for row in rows])
        robust = 100 * _numbers([row.curves["linf"][middle] for row in rows])
        spread = 100 * np.nan_to_num(_numbers([row.spreads["linf"][middle] for row in rows]))
        across = 100 * np.nan_to_num(_numbers([row.sd["accuracy"] for row in rows]))
        axes.errorbar(
            clean,
            robust,
            spread,
            across,
            color=COLORS[key],
            marker="o",
            ms=4,
            lw=1.2,
            elinewidth=0.6,
            label=REGULARISERS[key].label,
        )
        for row, x, y in zip(rows, clean, robust, strict=True):
            if row.strength:
                axes.annotate(f" {row.strength:g}", (x, y), fontsize=6, color=COLORS[key])
            if row.failed:
                axes.plot([x], [y], "x", color=FAILED, ms=9)
    axes.set(
        xlabel="Clean accuracy in %", ylabel=f"Told rightly under PGD, L∞ ε = {report.linf[middle]:g}, in %"
    )
    axes.set_title("Numbers: strengths; red crosses: a check failed", fontsize=9)
    axes.legend(frameon=False, fontsize=8)
    return figure


def _spectra(report: RobustnessReport) -> Figure:
    figure = Figure(figsize=(6.2, 4.0), layout="constrained")
    axes = _axes(figure)
    for row in chosen(report):
        sigma = _numbers(row.curves["sigma"])
        axes.plot(
            range(1, len(sigma) + 1), sigma, color=COLORS[row.regulariser], marker="o", ms=3, label=row.label
        )
    axes.set(xlabel="Index", ylabel="Singular value of the logits' Jacobian", yscale="log")
    axes.legend(frameon=False, fontsize=8)
    return figure


def _generalisation(report: RobustnessReport) -> Figure:
    figure = Figure(figsize=(9.5, 4.0), layout="constrained")
    for place, (name, words) in enumerate(
        (("gap", "Training − held-out accuracy"), ("accuracy", "Held-out accuracy")), 1
    ):
        axes = _axes(figure, place, 2)
        for row in chosen(report):
            values = 100 * _numbers([row.mean[f"{name}_{size}"] for size in report.sizes])
            spread = 100 * np.nan_to_num(_numbers([row.sd[f"{name}_{size}"] for size in report.sizes]))
            axes.errorbar(
                report.sizes, values, spread, color=COLORS[row.regulariser], marker="o", ms=3, label=row.label
            )
        axes.set(xlabel="Images in the training set", ylabel=f"{words} in %", xscale="log")
        axes.set_xticks(report.sizes, [str(size) for size in report.sizes])
        axes.minorticks_off()
    axes.legend(frameon=False, fontsize=7)
    return figure


def _corruptions(report: RobustnessReport) -> Figure:
    figure = Figure(figsize=(9.5, 3.8), layout="constrained")
    axes = _axes(figure)
    rows = chosen(report)
    width = 0.8 / len(rows)
    for index, row in enumerate(rows):
        at = np.arange(len(CORRUPTIONS)) - 0.4 + (index + 0.5) * width
        values = 100 * _numbers([row.mean[f"corrupted_{name}"] for name in CORRUPTIONS])
        spread = 100 * np.nan_to_num(_numbers([row.sd[f"corrupted_{name}"] for name in CORRUPTIONS]))
        axes.bar(
            at,
            values,
            width,
            yerr=spread,
            color=COLORS[row.regulariser],
            label=row.label,
            error_kw={"lw": 0.6},
        )
    axes.set_xticks(range(len(CORRUPTIONS)), list(CORRUPTIONS))
    axes.set(ylabel="Told rightly in %")
    axes.legend(frameon=False, fontsize=7, ncols=2)
    return figure


def _tangent(report: RobustnessReport) -> Figure:
    """Margins along and off the true tangent space, and what of the smallest perturbation lies in it."""
    figure = Figure(figsize=(9.5, 3.8), layout="constrained")
    rows = chosen(report)
    axes = _axes(figure, 1, 2)
    for index, (name, words) in enumerate(
        (("along", "along the tangent space"), ("off", "orthogonal to it"))
    ):
        values = _numbers([row.mean.get(f"margin_{name}") for row in rows])
        spread = np.nan_to_num(_numbers([row.sd.get(f"margin_{name}") for row in rows]))
        colors = [COLORS[row.regulariser] for row in rows]
        at = np.arange(len(rows)) + 0.2 * (2 * index - 1)
        axes.bar(at, values, 0.38, yerr=spread, color=colors, alpha=(0.55, 1.0)[index], label=words)
    axes.set_xticks(range(len(rows)), [row.label for row in rows], rotation=25, ha="right", fontsize=7)
    axes.set(ylabel="Median smallest perturbation, L2")
    axes.set_title("Pale: along the true tangent space; full: orthogonal to it", fontsize=9)
    axes = _axes(figure, 2, 2)
    values = 100 * _numbers([row.mean.get("tangent_share") for row in rows])
    spread = 100 * np.nan_to_num(_numbers([row.sd.get("tangent_share") for row in rows]))
    axes.bar(range(len(rows)), values, 0.6, yerr=spread, color=[COLORS[row.regulariser] for row in rows])
    axes.set_xticks(range(len(rows)), [row.label for row in rows], rotation=25, ha="right", fontsize=7)
    axes.set(ylabel="Share of the energy in %")
    axes.set_title("Of the smallest perturbation, in the true tangent space", fontsize=9)
    return figure
