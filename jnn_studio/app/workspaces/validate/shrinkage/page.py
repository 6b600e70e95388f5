"""Optimal shrinkage, live: the closed form follows the slider, gradient descent catches up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.icons import IconButton
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.widgets.setting_form import SettingForm
from jnn_studio.app.workspaces.validate.shrinkage.plots import ShrinkagePlots
from jnn_studio.app.workspaces.validate.shrinkage.settings import (
    CONVEXITY,
    PAGE,
    SECTIONS,
    check,
    relevant,
    typed,
)
from jnn_studio.labs.shrinkage.config import ShrinkageConfig
from jnn_studio.labs.shrinkage.descent import Descent, DescentState, descend
from jnn_studio.labs.shrinkage.problem import ShrinkageProblem, make_problem
from jnn_studio.labs.shrinkage.report import Solution, eta_range, shown_methods, solve

POSITIONS = 1000
CHUNK_SECONDS = 0.02
"""The inference thread is shared: so long it descends before it looks for other requests."""


class ShrinkagePage(QWidget):
    """The form at the left, η above, plots at the right."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName(PAGE)
        self._context = context
        self.problem: ShrinkageProblem | None = None
        self.solution: Solution | None = None
        self.last: DescentState | None = None
        """Where the descent stands."""
        self._descent: Iterator[DescentState] | None = None
        self._waiting = False
        """There is more to do once the page can be seen."""
        self._asked: ShrinkageConfig | None = None
        self.form = SettingForm(PAGE, SECTIONS, check, relevant)
        self.form.fields["eta"].editor.setPlaceholderText("σ_ε²")
        self.plots = ShrinkagePlots()
        self.message = MessageBar()
        self.message.setObjectName(f"{PAGE}.message")
        self._arrange()
        self.form.changed.connect(self._form_changed)
        self.slider.valueChanged.connect(self._slid)
        self.plots.error.markerDragged.connect(self._choose_eta)
        self.form.fill(typed(ShrinkageConfig()))

    def commands(self) -> list[QAction]:
        """It is worked by its controls alone."""
        return []

    def _arrange(self) -> None:
        label = QLabel("&η")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName(f"{PAGE}.eta_slider")
        self.slider.setRange(0, POSITIONS)
        self.slider.setPageStep(POSITIONS // 20)
        self.slider.setAccessibleName("η")
        self.slider.setToolTip(
            "Weight of the penalty η, on a logarithmic scale; arrow keys and Page keys step"
        )
        label.setBuddy(self.slider)
        self._amount = QLabel(objectName=f"{PAGE}.amount")
        self._amount.setFont(ui_font(bold=True, digits=True))
        self._amount.setFixedWidth(self._amount.fontMetrics().horizontalAdvance("η = 0.00000 = 00.00 σ²  "))
        self._reset = IconButton("reset", "Back to η = σ_ε², the paper's choice", f"{PAGE}.eta_reset")
        self._reset.clicked.connect(lambda: self.form.fill({"eta": ""}))
        self._hold = IconButton("pause", "Hold the descent", f"{PAGE}.hold")
        self._hold.setCheckable(True)
        self._hold.toggled.connect(self._held)
        self.errors = QLabel(objectName=f"{PAGE}.errors")
        self.descent = QLabel(objectName=f"{PAGE}.descent")
        self.note = QLabel(CONVEXITY, objectName=f"{PAGE}.note")
        self.note.setProperty("tone", "muted")
        for text in (self.errors, self.descent, self.note):
            text.setWordWrap(True)
            text.setTextFormat(Qt.TextFormat.RichText)
            text.setFont(ui_font(0.92, digits=True))
        self.errors.setToolTip("‖AY − X‖ / ‖X‖ for each method: less is better")
        self.descent.setToolTip("Nesterov's gradient descent on the factors from a random start, in float64")
        row = QHBoxLayout()
        row.setSpacing(GRID)
        for part in (label, self.slider, self._amount, self._reset):
            row.addWidget(part, 1 if part is self.slider else 0)
        state = QHBoxLayout()
        state.setSpacing(GRID)
        state.addWidget(self._hold)
        state.addWidget(self.descent, 1)
        right = QVBoxLayout()
        right.setSpacing(GRID // 2)
        right.addLayout(row)
        right.addWidget(self.errors)
        right.addLayout(state)
        right.addWidget(self.note)
        right.addWidget(self.plots, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(GRID)
        whole.addWidget(self.form)
        whole.addLayout(right, 1)
        self.message.lie_over(self.plots)

    # --- what is asked ---------------------------------------------------------------------------------

    def _form_changed(self) -> None:
        config = self.form.config
        if config is None:
            return
        before, self._asked = self._asked, config
        data = {"depth", "reading", "eta"}
        same = before is not None and before.model_dump(exclude=data) == config.model_dump(exclude=data)
        self.note.setVisible("deep" in shown_methods(config))
        self._show_eta(config)
        if same and self.problem is not None:
            self._solve(replace(self.problem, config=config))
        else:
            self._context.loading.request(
                self, f"{PAGE}.problem", lambda _: make_problem(config), self._made, self._failed
            )

    def _made(self, problem: ShrinkageProblem) -> None:
        asked = self._asked or problem.config
        self._solve(replace(problem, config=asked))

    def _solve(self, problem: ShrinkageProblem) -> None:
        self.problem = problem
        eta = problem.config.weight
        self._context.inference.forget(f"{PAGE}.descend")
        self._context.inference.request(
            self, f"{PAGE}.solve", lambda _: solve(problem, eta), self._solved, self._failed
        )

    def _slid(self, position: int) -> None:
        config = self.form.config
        if config is not None:
            low, high = eta_range(config)
            self._choose_eta(low * (high / low) ** (position / POSITIONS))

    def _choose_eta(self, eta: float) -> None:
        self.form.fill({"eta": f"{max(eta, 0.0):.4g}"})

    def _show_eta(self, config: ShrinkageConfig) -> None:
        low, high = eta_range(config)
        eta = config.weight
        share = np.log(max(eta, low) / low) / np.log(high / low)
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(POSITIONS * min(share, 1.0)))
        self._amount.setText(f"η = {eta:.4g} = {eta / config.sigma**2:.3g} σ²")

    # --- what arrives ------------------------------------------------------------------------------------

    def _solved(self, solution: Solution) -> None:
        self.message.hide()
        self.solution, self.last = solution, None
        self.plots.describe(solution.problem.config)
        self.plots.begin()
        self.plots.show_solution(solution)
        self._show_words()
        config = solution.problem.config
        self._descent = descend(solution.problem, Descent(solution.eta, config.depth, config.reading))
        self._go_on()

    def _failed(self, failure: Failure) -> None:
        self.message.show_error("The problem could not be solved", failure.text, failure.details)

    def _held(self, held: bool) -> None:
        self._hold.set_icon("play" if held else "pause")
        self._hold.set_tip("Let the descent go on" if held else "Hold the descent")
        if not held and self._waiting:
            self._go_on()

    def _go_on(self) -> None:
        """Have the next portion of the descent done, if anybody can see it."""
        descent = self._descent
        self._waiting = descent is not None
        if descent is None or not self.isVisible() or self._hold.isChecked():
            return
        self._context.inference.request(
            self, f"{PAGE}.descend", lambda _: _portion(descent), self._descended, self._failed
        )

    def _descended(self, progress: list[DescentState]) -> None:
        if self.solution is None or not progress:
            return
        self.last = progress[-1]
        self.plots.add_progress(self.solution, progress)
        self._show_words()
        if self.last.done:
            self._descent = None
        self._go_on()

    def _show_words(self) -> None:
        solution, last = self.solution, self.last
        if solution is None:
            return
        shown = {"closed": "closed form", "deep": "Schatten-2/L", "truncated": "truncated"}
        shown |= {"hard": "hard threshold", "optimal": "optimal shrinker", "raw": "noisy data"}
        parts = [
            f"{shown[name]} <b>{solution.methods[name].error:.3f}</b>"
            for name in shown_methods(solution.problem.config)
        ]
        if last is not None:
            parts.insert(1, f"gradient descent <b>{solution.problem.relative_error(last.map_):.3f}</b>")
        self.errors.setText("Error: " + " · ".join(parts) + f" · least at η = {solution.best:.3g}")
        if last is None:
            self.descent.setText("Gradient descent begins…")
        else:
            doing = "has settled" if last.done else "is under way"
            self.descent.setText(
                f"Gradient descent {doing}: step {last.step:,}, {last.seconds:.1f} s, "
                f"‖A − A*‖ / ‖A*‖ = {last.gap:.1e}"
            )

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._waiting:
            self._go_on()


def _portion(descent: Iterator[DescentState]) -> list[DescentState]:
    """What the descent does in a moment."""
    end = time.perf_counter() + CHUNK_SECONDS
    found = []
    for progress in descent:
        found.append(progress)
        if time.perf_counter() > end:
            break
    return found
