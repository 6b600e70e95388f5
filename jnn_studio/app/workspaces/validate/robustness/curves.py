"""Accuracy against ε, while training goes on and as measured; the gap against the training set's size."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.labs.robustness.config import RobustnessConfig
from jnn_studio.labs.robustness.report import Number, RobustnessReport
from jnn_studio.training.events import Arrays

QUICK, LINF, L2, GAP = "quick", "linf", "l2", "gap"
CHOICES = {
    QUICK: ("Live", "Under a quick PGD in L∞, while training goes on, mean ± spread of the repeats"),
    LINF: ("L∞", "As measured: PGD in L∞ with restarts; dashed: HopSkipJump, without gradients"),
    L2: ("L2", "As measured: PGD in L2 with restarts; dashed: HopSkipJump, without gradients"),
    GAP: ("Gap", "Training minus held-out accuracy against the size of the training set"),
}
AXES = {
    QUICK: ("ε, L∞, images in [0, 1]", "Accuracy under attack"),
    LINF: ("ε, L∞, images in [0, 1]", "Accuracy under attack"),
    L2: ("ε, L2, images in [0, 1]", "Accuracy under attack"),
    GAP: ("Images in the training set", "Training − held-out accuracy"),
}
_SIDES = ("low", "high")


class RobustnessCurves(StudioPlot):
    """One quantity at a time, one colour per model."""

    def __init__(self, object_name: str) -> None:
        super().__init__(object_name, "Accuracy against ε")
        self.choice = SegmentedControl(CHOICES, f"{object_name}.choice", "Quantity")
        self.choice.currentChanged.connect(self._choose)
        self.controls.addWidget(self.choice)
        self.controls.addStretch()
        self._models: list[str] = []
        self._sizes: tuple[int, ...] = ()
        self._arrays: Mapping[str, Mapping[str, np.ndarray]] = {}
        self._gaps: dict[str, dict[str, float]] = {}
        self._report: RobustnessReport | None = None
        self._epsilon: float | None = None
        self.forget()
        self._label()

    def add_model(self, key: str, label: str, color: str) -> None:
        """Add a model, with its spread, and what is found without gradients."""
        self._models.append(key)
        self.add_curve(key, label, color, dots=True)
        self.add_curve((key, "black"), f"{label}, without gradients", color, "dash", faint=True)
        for side in _SIDES:
            self.add_curve((key, side), f"{label} ± sd", color, faint=True)

    def forget(self) -> None:
        """Another run, or none."""
        self._arrays, self._gaps, self._report = {}, {}, None
        for key in (LINF, L2):
            self.choice.set_enabled(key, False)
        if self.choice.current in (LINF, L2):
            self.choice.current = QUICK

    def show_config(self, config: RobustnessConfig) -> None:
        """The run that what follows belongs to."""
        self._sizes = config.sets.sizes
        self.choice.set_enabled(GAP, len(self._sizes) > 1)

    def show_models(self, keys: Collection[str]) -> None:
        """Show these models alone."""
        for key in self._models:
            for part in (key, (key, "black"), *((key, side) for side in _SIDES)):
                self.set_visible(part, key in keys)
        self.autoscale()

    def show_arrays(self, arrays: Arrays) -> None:
        """The newest quick attacks."""
        self._arrays = arrays.values
        self._draw_again()

    def set_gap(self, key: str, size: str, gap: float) -> None:
        """The newest gap of a model at one size of its training set."""
        self._gaps.setdefault(key, {})[size] = gap
        if self.choice.current == GAP:
            self._draw_again()

    def show_report(self, report: RobustnessReport) -> None:
        """What was measured; it is brought to the front."""
        self._report = report
        for key in (LINF, L2):
            self.choice.set_enabled(key, True)
        if self.choice.current == QUICK:
            self.choice.current = LINF
        self._draw_again()

    def mark(self, epsilon: float) -> None:
        """Which ε, L∞, the pictures are at."""
        self._epsilon = epsilon
        if self.choice.current in (QUICK, LINF):
            self.set_marker(epsilon, f"ε = {epsilon:.3g}")

    def _choose(self) -> None:
        self._label()
        self._draw_again()
        self.autoscale()

    def _label(self) -> None:
        x, y = AXES[self.choice.current]
        gap = self.choice.current == GAP
        self.set_labels(x=x, y=y, title="Gap against set size" if gap else "Accuracy against ε")
        if self.choice.current in (QUICK, LINF) and self._epsilon is not None:
            self.mark(self._epsilon)
        else:
            self.set_marker(None)

    def _draw_again(self) -> None:
        for key in self._models:
            x, mean, spread, black = self._of(key)
            self.set_data(key, x, mean)
            self.set_data((key, "black"), x if len(black) else [], black)
            for side, sign in zip(_SIDES, (-1, 1), strict=True):
                known = len(spread) == len(mean) and np.isfinite(spread).all()
                self.set_data((key, side), x if known else [], mean + sign * spread if known else [])
        self.refresh()

    def _of(self, key: str) -> tuple[Sequence[float], np.ndarray, np.ndarray, np.ndarray]:
        """x, mean, spread and what is found without gradients, of a model, in the quantity chosen."""
        none = np.zeros(0)
        choice = self.choice.current
        if choice == GAP:
            found = self._gaps.get(key, {})
            sizes = [size for size in self._sizes if str(size) in found]
            return sizes, np.array([found[str(size)] for size in sizes]), none, none
        if choice == QUICK:
            epsilons = self._arrays.get("", {}).get("epsilons", none)
            accuracy = self._arrays.get(key, {}).get("accuracy")
            if accuracy is None:
                return [], none, none, none
            spread = accuracy.std(0, ddof=1) if len(accuracy) > 1 else none
            return epsilons.tolist(), accuracy.mean(0), spread, none
        row = None if self._report is None else self._report.row(key)
        if row is None or self._report is None:
            return [], none, none, none
        epsilons_measured = self._report.linf if choice == LINF else self._report.l2
        black = row.curves.get(f"{choice}_black_box", [])
        return epsilons_measured, _numbers(row.curves[choice]), _numbers(row.spreads[choice]), _numbers(black)


def _numbers(values: Sequence[Number]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], float)
