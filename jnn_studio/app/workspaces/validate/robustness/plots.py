"""What one sees of a robustness run: accuracy against ε, how training goes, spectra, attacked pictures."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout

from jnn_studio.app.context import AppContext
from jnn_studio.app.plots.curves import SpectrumPlot
from jnn_studio.app.steering.run_view import RunView
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.widgets.switched_pages import SwitchedPage, SwitchedPages
from jnn_studio.app.workspaces.validate.robustness.attacked import AttackedPictures
from jnn_studio.app.workspaces.validate.robustness.curves import RobustnessCurves
from jnn_studio.app.workspaces.validate.robustness.looks import STRENGTHS, Looked, looked_at
from jnn_studio.app.workspaces.validate.robustness.measuring import Measuring
from jnn_studio.app.workspaces.validate.robustness.report_view import ReportView
from jnn_studio.app.workspaces.validate.robustness.settings import COLORS, PAGE, TERMS
from jnn_studio.app.workspaces.validate.term_plot import TermPlot
from jnn_studio.base.text import counted
from jnn_studio.base.watch import Progress
from jnn_studio.labs.robustness.config import RobustnessConfig
from jnn_studio.labs.robustness.report import RobustnessReport
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Arrays, Metrics, Spectrum

EMPTY = "Press Start: classifiers that differ in the regulariser alone"
LEAST = 30 * GRID
"""Height of a plot: below a legend of six lines there is to be a plot."""


class RobustnessPlots(RunView):
    """Plots above attacked pictures, or the table of what was measured; one model of each regulariser."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._measuring = Measuring(
            self, context, self._show_report, self._measured_so_far, self._not_measured
        )
        self.strength = SegmentedControl(STRENGTHS, f"{PAGE}.strength", "Strength")
        self.strength.current = "strongest"
        self.strength.currentChanged.connect(self._look)
        self.measure = QPushButton("&Measure", objectName=f"{PAGE}.measure")
        self.measure.setToolTip(
            "Attack the newest networks with restarts and without gradients, find the smallest "
            "perturbations, "
            "corrupt images: as `jnn-studio robustness` does. Takes a minute or more"
        )
        self.measure.setAutoDefault(False)
        self.measure.setEnabled(False)
        self.measure.clicked.connect(self._measure)
        self.standing = ElidingLabel(object_name=f"{PAGE}.standing")
        self.standing.setProperty("tone", "muted")
        self.curves = RobustnessCurves(f"{PAGE}.curves")
        self.terms = TermPlot(f"{PAGE}.terms", "Training", TERMS)
        self.spectrum = SpectrumPlot(f"{PAGE}.spectrum", "Singular values")
        for plot in self._plots:
            plot.set_empty_text(EMPTY)
            plot.setMinimumHeight(LEAST)
        self.pictures = AttackedPictures(f"{PAGE}.pictures")
        self.pictures.epsilonMoved.connect(self.curves.mark)
        self.report = ReportView(f"{PAGE}.report")
        self._lower = SwitchedPages(
            f"{PAGE}.lower",
            "Pictures or table",
            {
                "pictures": SwitchedPage(
                    "Pictures",
                    "Held-out images and what attacks make of them",
                    "Perturbed by a quick PGD in L∞, each model against itself.",
                    self.pictures,
                ),
                "table": SwitchedPage(
                    "Table",
                    "What was measured of the networks",
                    "Mean ± standard deviation over the repeats; a check that failed is red.",
                    self.report,
                ),
            },
        )
        self._lay_out()
        self._config: RobustnessConfig | None = None
        self._known: set[str] = set()
        self._newest: dict[tuple[str, str], int] = {}
        self._spectra: dict[str, int] = {}

    @property
    def _plots(self) -> tuple[RobustnessCurves, TermPlot, SpectrumPlot]:
        return self.curves, self.terms, self.spectrum

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(GRID)
        label = QLabel("Strengths")
        bar.addWidget(label)
        bar.addWidget(self.strength)
        bar.addWidget(self.standing, 1)
        bar.addWidget(self.measure)
        upper = QSplitter(Qt.Orientation.Horizontal)
        for plot in self._plots:
            upper.addWidget(plot)
        rows = QSplitter(Qt.Orientation.Vertical)
        rows.addWidget(upper)
        rows.addWidget(self._lower)
        self._splitters = (rows, upper)
        for splitter, name in ((rows, "rows"), (upper, "upper")):
            splitter.setObjectName(f"{PAGE}.split.{name}")
            splitter.setHandleWidth(GRID)
            splitter.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(bar)
        column.addWidget(rows, 1)
        self.reset_layout()

    # --- what a run tells -------------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget the run."""
        self._measuring.forget()
        self._newest.clear()
        self._spectra.clear()
        for plot in self._plots:
            plot.clear()
        self.curves.forget()
        self.pictures.forget()
        self.report.show_report(None)
        self.standing.setText("")
        self.measure.setEnabled(False)

    def show_config(self, config: RunConfig) -> None:
        """The run that what follows belongs to."""
        if not isinstance(config, RobustnessConfig):
            return
        self._config = config
        for arm in config.arms:
            if arm.key not in self._known:
                self._known.add(arm.key)
                role = COLORS[arm.regulariser.key]
                self.terms.add_model(arm.key, arm.short, role, "solid")
                self.spectrum.add_model(arm.key, arm.short, role)
                self.curves.add_model(arm.key, arm.short, role)
        self.curves.show_config(config)
        self.pictures.show_config(config)
        self._look()

    def show_place(self, path: Path) -> None:
        """Where the run is; what was measured of it before is shown."""
        self.measure.setEnabled(True)
        self._measuring.look_for_report(path)

    def add_metrics(self, metrics: Sequence[Metrics]) -> None:
        """Append logged values to their curves; steps logged before are passed over."""
        found: dict[tuple[str, str], tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        for logged in metrics:
            for term, value in logged.terms.items():
                key = (logged.member, term)
                if logged.step > self._newest.get(key, -1) and math.isfinite(value):
                    self._newest[key] = logged.step
                    found[key][0].append(logged.step)
                    found[key][1].append(value)
        for (member, term), (steps, values) in found.items():
            if member not in self._known:
                continue
            if term in TERMS:
                self.terms.extend((member, term), steps, values)
            elif term.startswith("gap_"):
                self.curves.set_gap(member, term.removeprefix("gap_"), values[-1])

    def add_spectra(self, spectra: Sequence[Spectrum]) -> None:
        """Show the newest spectrum of each model."""
        for spectrum in spectra:
            if spectrum.member in self._known and spectrum.step > self._spectra.get(spectrum.member, -1):
                self._spectra[spectrum.member] = spectrum.step
                self.spectrum.set_spectrum(spectrum.member, spectrum.sigma)

    def show_arrays(self, arrays: Arrays) -> None:
        """The newest quick attacks."""
        self.curves.show_arrays(arrays)
        self.pictures.show_arrays(arrays)

    def refresh(self) -> None:
        """Draw what is new and can be seen."""
        for plot in self._plots:
            plot.refresh()

    # --- choosing what to look at -----------------------------------------------------------------------

    def _look(self) -> None:
        if self._config is None:
            return
        looked: tuple[Looked, ...] = looked_at(self._config, self.strength.current)
        keys = [one.key for one in looked]
        self.terms.show_models(keys)
        self.curves.show_models(keys)
        for key in self._known:
            self.spectrum.set_visible(key, key in keys)
        self.pictures.look_at(looked)
        self.refresh()

    # --- measuring --------------------------------------------------------------------------------------

    def _measure(self) -> None:
        if self._measuring.under_way:
            self._measuring.cancel()
        else:
            self.standing.setText("Measuring…")
            self._measuring.begin()
            self._show_measuring()

    def _show_measuring(self) -> None:
        busy = self._measuring.under_way
        self.measure.setText("Stop &measuring" if busy else "&Measure")

    def _measured_so_far(self, progress: Progress) -> None:
        self.standing.setText(
            f"Measuring {progress.what}, {progress.done} of {counted(progress.total, 'network')}"
        )

    def _show_report(self, report: RobustnessReport | None) -> None:
        self._show_measuring()
        if report is None:
            self.standing.setText("")
            return
        failed = sum(bool(row.failed) for row in report.rows)
        self.standing.setText(
            f"Measured on {counted(report.images, 'image')}"
            + (f"; checks failed of {counted(failed, 'model')}" if failed else "")
        )
        self.curves.show_report(report)
        self.pictures.show_classes(report.classes)
        self.report.show_report(report)

    def _not_measured(self, text: str, details: str) -> None:
        self._show_measuring()
        self.standing.setText("")
        self.failed.emit("The networks were not measured", text, details)

    # --- layout ------------------------------------------------------------------------------------------

    def reset_layout(self) -> None:
        """Dividers as at first."""
        rows, upper = self._splitters
        rows.setSizes([1_300_000, 1_000_000])
        upper.setSizes([1_100_000, 1_000_000, 1_000_000])
