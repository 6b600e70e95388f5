"""Everything one sees of a ROF run: maps or profile, cross-section, errors, objectives."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QVBoxLayout

from jnn_studio.app.context import AppContext
from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.steering.run_view import RunView
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.workspaces.validate.rof.field_maps import FieldMap, FieldMaps
from jnn_studio.app.workspaces.validate.rof.settings import PAGE
from jnn_studio.app.workspaces.validate.rof.truth import Truth
from jnn_studio.app.workspaces.validate.term_plot import TermPlot
from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.experiment import MEMBERS
from jnn_studio.labs.rof.reference import FLAT
from jnn_studio.labs.rof.result import OBJECTIVE
from jnn_studio.labs.rof.solution import DIFFERENCE, Theory, theory
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Arrays, Metrics

LABELS = {"exact": "Exact nuclear (8)", "composite": "Composite (9), exact", "draws": "Composite (9), draws"}
SHORT = {"exact": "Nuclear (8)", "composite": "Composite (9)", "draws": "Draws (9)"}
COLORS = {member: f"solver-{i}" for i, member in enumerate(MEMBERS, start=1)}
FINDING = "Finding the right solution…"
TITLES = {"target": "Target τ", "reference": "Right solution"}
ERRORS = {
    "mae": ("Box", f"Against the right solution on the box. {DIFFERENCE}", "Mean absolute error on the box"),
    "mae_whole_space": (
        "Whole space",
        f"Against (1 − nη)τ, as in the paper's figure. {DIFFERENCE}",
        "Mean absolute error, whole space",
    ),
}
OBJECTIVES = {
    "objective": ("Objective", "(8) of the exact solver and (9) of the others; they meet", "Objective"),
    "tightness_gap": (
        "Gap",
        "½(‖Jg‖² + ‖Jh‖²) − ‖Jf‖_*: how far the penalty stands above the nuclear norm",
        "Tightness gap",
    ),
    "seconds_per_step": ("Seconds", "Seconds per optimiser step of each solver", "Seconds per step"),
}


class RofPlots(RunView):
    """Newest figures above maps (n = 2), cross-section or profile, errors, and objectives.

    Before a run there are the target and the right solution alone.
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._truth = Truth(self, context, self._show_plan, self.failed)
        self.summary = QLabel()
        self.summary.setObjectName(f"{PAGE}.summary")
        self.summary.setTextFormat(Qt.TextFormat.RichText)
        self.summary.setFont(ui_font(0.92, digits=True))
        self.summary.setToolTip("Newest figures of each solver; theory is the closed solution on the box")
        self.summary.hide()
        self.maps = FieldMaps(f"{PAGE}.maps")
        self.section = StudioPlot(f"{PAGE}.section", "Cross-section")
        self.errors = TermPlot(f"{PAGE}.errors", "Error", ERRORS)
        self.objectives = TermPlot(f"{PAGE}.objectives", "Objectives", OBJECTIVES, log=True)
        self.section.add_curve("target", TITLES["target"], "muted", style="dash")
        self.section.add_curve("reference", TITLES["reference"], "accent", style="dash")
        for member in MEMBERS:
            style: Literal["solid", "dash"] = "dash" if member == "draws" else "solid"  # it often covers (9)
            self.section.add_curve(member, SHORT[member], COLORS[member], style)
            for side in ("low", "high"):
                self.section.add_curve((member, side), f"{SHORT[member]} ± sd", COLORS[member], faint=True)
            self.errors.add_model(member, SHORT[member], COLORS[member], style)
            self.objectives.add_model(member, SHORT[member], COLORS[member], style)
        for plot in (self.errors, self.objectives):
            plot.set_empty_text("Press Start: three solvers of the same problem on the same batches")
        self.maps.lineMoved.connect(self._show_section)
        lower = QSplitter(Qt.Orientation.Horizontal)
        for part in (self.section, self.errors, self.objectives):
            lower.addWidget(part)
        rows = QSplitter(Qt.Orientation.Vertical)
        rows.addWidget(self.maps)
        rows.addWidget(lower)
        for splitter in (rows, lower):
            splitter.setHandleWidth(GRID)
            splitter.setChildrenCollapsible(False)
            splitter.setSizes([1_000_000] * splitter.count())
        rows.setSizes([460_000, 540_000])  # as the maps' width leaves them
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.summary)
        column.addWidget(rows, 1)
        self._theory: Theory | None = None
        self._config: RofConfig | None = None
        self._arrays: Mapping[str, Mapping[str, np.ndarray]] = {}
        self._latest: dict[tuple[str, str], float] = {}
        self._newest: dict[tuple[str, str], int] = {}

    # --- what a run tells -------------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget the run; the truth stays until there is another."""
        self._newest.clear()
        self._latest.clear()
        self.errors.clear()
        self.objectives.clear()
        self._show_values({"": self._arrays[""]} if "" in self._arrays else {})
        self._show_summary()

    def show_plan(self, config: RunConfig | None) -> None:
        """Have the right solution of what was typed found."""
        if isinstance(config, RofConfig) and self._truth.find(config):
            # What is on show answers another question: nothing is better than that.
            self._set_problem(config)
            self._show_values({})

    def show_config(self, config: RunConfig) -> None:
        """The problem that what follows belongs to."""
        self._truth.forget()
        if isinstance(config, RofConfig):
            self._set_problem(config)
        self._show_summary()

    def _set_problem(self, config: RofConfig) -> None:
        self._config, self._theory = config, theory(config.problem)
        self.errors.offer("mae_whole_space", self._theory is not None)

    def _show_plan(self, config: RofConfig, truth: Mapping[str, np.ndarray]) -> None:
        self._set_problem(config)
        self._show_values({"": truth})

    def add_metrics(self, metrics: Sequence[Metrics]) -> None:
        """Append logged values to their curves; steps logged before are passed over."""
        found: dict[tuple[str, str], tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        for logged in metrics:
            for term, value in logged.terms.items():
                key = (logged.member, term)
                if logged.step > self._newest.get(key, -1) and math.isfinite(value):
                    self._newest[key] = logged.step
                    self._latest[key] = value
                    steps, values = found[key]
                    steps.append(logged.step)
                    values.append(value)
        for (member, term), (steps, values) in found.items():
            if term in ERRORS:
                self.errors.extend((member, term), steps, values)
            elif term == OBJECTIVE.get(member):
                self.objectives.extend((member, "objective"), steps, values)
            elif term in OBJECTIVES:
                self.objectives.extend((member, term), steps, values)

    def show_arrays(self, arrays: Arrays) -> None:
        """The newest solutions."""
        self._show_values(arrays.values)

    def refresh(self) -> None:
        """Draw what is new and can be seen."""
        for plot in (self.section, self.errors, self.objectives):
            plot.refresh()
        self._show_summary()

    # --- showing ----------------------------------------------------------------------------------------

    def _show_values(self, values: Mapping[str, Mapping[str, np.ndarray]]) -> None:
        self._arrays = values
        truth = values.get("", {})
        plane = "axis" in truth and truth["reference"].ndim == 2
        to_come = not truth and self._config is not None and self._config.problem.n == 2
        self.maps.setVisible(plane or to_come)
        if not plane:
            self.maps.clear(FINDING)
        self.section.set_empty_text(FINDING)
        if plane:
            members = [member for member in MEMBERS if member in values]
            names = ["reference"] if members else ["target", "reference"]
            maps = [FieldMap(TITLES[name], self._caption(name), truth[name]) for name in names]
            maps += [
                FieldMap(LABELS[member], self._caption(member), values[member]["field"]) for member in members
            ]
            low, high = float(truth["reference"].min()), float(truth["reference"].max())
            self.maps.show_maps(truth["axis"], maps, (min(0.0, low), max(1.0, high)))
        self._show_section()

    def _show_section(self) -> None:
        values, truth = self._arrays, self._arrays.get("", {})
        if not truth:
            self.section.clear()
            return
        plane = "axis" in truth and truth["reference"].ndim == 2
        profile = "radius" in truth
        x = truth["radius"] if profile else truth["axis"]
        row = self.maps.row

        def along(field: np.ndarray) -> np.ndarray:
            return field[row] if plane else field

        for name in ("target", "reference"):
            self.section.set_data(name, x, along(truth[name]))
        for member in MEMBERS:
            found = values.get(member, {})
            mean = found.get("profile_mean" if profile else "field")
            self.section.set_data(member, [] if mean is None else x, [] if mean is None else along(mean))
            for side, sign in (("low", -1), ("high", 1)):
                spread = found.get("profile_sd")
                curve = [] if mean is None or spread is None else mean + sign * spread
                self.section.set_data((member, side), x if len(curve) else [], curve)
        if profile:
            title, axis = "Radial profile, mean ± sd over directions", "|x|"
        elif plane:
            title, axis = f"Cross-section at y = {float(x[row]):.2f}", "x"
        else:
            title, axis = "Solutions", "x"
        self.section.set_labels(title=title, x=axis, y="f(x)")
        self.section.refresh()

    def _caption(self, name: str) -> str:
        if name == "reference":
            return self._truth_caption()
        found = [
            f"{word} {self._latest[name, term]:.3f}"
            for word, term in (("in", "mean_inside"), ("hole", "mean_hole"), ("out", "mean_outside"))
            if (name, term) in self._latest
        ]
        return " · ".join(found)

    def _truth_caption(self) -> str:
        """Values in closed form, or how far the grid's solution may be off."""
        truth, closed = self._arrays.get("", {}), self._theory
        reference = truth["reference"]
        if float(np.ptp(reference)) < FLAT:
            return f"constant {float(reference.mean()):.3f}: nothing is left"
        if closed is not None:
            hole = "" if closed.hole is None else f" · hole {closed.hole:.3f}"
            return f"in {closed.inside:.3f}{hole} · out {closed.outside:.3f}"
        error = truth.get("reference_error")
        return "" if error is None else f"on a grid, ± {float(error.ravel()[0]):.2g} in the mean"

    def _show_summary(self) -> None:
        text = self._figures()
        self.summary.setText(text)
        self.summary.setVisible(bool(text))

    def _figures(self) -> str:
        """The newest figures in one line a solver, as rich text."""
        lines = []
        for member in MEMBERS:
            parts = [
                f"{word} <b>{self._latest[member, term]:.3g}</b>{unit}"
                for term, word, unit in (
                    ("mae", "MAE", ""),
                    ("mae_inside", "in the target", ""),
                    (OBJECTIVE[member], "objective", ""),
                    ("mean_inside", "inside", ""),
                    ("mean_hole", "hole", ""),
                    ("mean_outside", "outside", ""),
                    ("seconds_per_step", "step", " s"),
                )
                if (member, term) in self._latest
            ]
            if parts:
                lines.append(f"{LABELS[member]}: {' · '.join(parts)}")
        if lines and self._theory is not None:
            closed = self._theory
            hole = "" if closed.hole is None else f" · hole <b>{closed.hole:.3g}</b>"
            lines.insert(
                0,
                f"Theory: inside <b>{closed.inside:.3g}</b>{hole} · outside <b>{closed.outside:.3g}</b> on "
                "the box, whose solution keeps the mean of τ; 0 on all of space, where nothing has to",
            )
        if together := self._together():
            lines.append(together)
        return "<br>".join(lines)

    def _together(self) -> str:
        """How far the objectives are from meeting, and what the draws cost."""
        latest, parts = self._latest, []
        nuclear = latest.get(("exact", OBJECTIVE["exact"]))
        composite = latest.get(("composite", OBJECTIVE["composite"]))
        if nuclear and composite is not None:
            parts.append(f"objective (9) stands <b>{100 * (composite / nuclear - 1):+.1f} %</b> from (8)")
        exact, draws = (latest.get((member, "seconds_per_step")) for member in ("composite", "draws"))
        if exact and draws:
            parts.append(f"a step with draws takes <b>{draws / exact:.1f}×</b> as long as the exact (9)")
        return " · ".join(parts)
