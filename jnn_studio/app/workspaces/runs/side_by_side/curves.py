"""The curves of several runs on one plot: one term at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QLabel

from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspaces.runs.side_by_side.drawn import DrawnMember
from jnn_studio.base.plugins import PluginError
from jnn_studio.runs.curves import RunCurves
from jnn_studio.runs.summary import RunSummary
from jnn_studio.training.kind import find_kind
from jnn_studio.training.words import LOSS_TERMS, QUALITY, Terms

FIRST = "total"
EMPTY = "Select one run or several to see their curves here"
READING = "Reading…"
NOTHING = "These runs have not logged it"


class RunCurvesPlot(StudioPlot):
    """Chooses the term, and whether all models of a run are drawn or the one that stands for it.

    Signals:
        wanted: another term, or other models, are to be read.
    """

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__("runs.curves", "Curves")
        self.canvas.x_axis.integers = True
        self.set_labels(x="Training step")
        self.set_empty_text(EMPTY)
        self._terms: dict[str, tuple[str, ...]] = {}
        self._drawn: tuple[DrawnMember, ...] = ()
        self.choice = QComboBox(objectName="runs.curves.term")
        self.choice.setAccessibleName("What is drawn")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.setToolTip("Which of the logged values is drawn")
        self.models = SegmentedControl(
            {
                "main": ("Main model", "One curve a run: of the model that is penalised most"),
                "all": ("All models", "Every model of every run; those that are not the main one are dashed"),
            },
            "runs.curves.models",
            "Models",
        )
        self.more = QLabel(objectName="runs.curves.more")
        self.more.setProperty("tone", "warning")
        self.controls.addWidget(self.choice)
        self.controls.addWidget(self.models)
        self.controls.addWidget(self.more)
        self.controls.addStretch()
        self._offer({FIRST: LOSS_TERMS[FIRST]})
        self.choice.currentIndexChanged.connect(lambda _: self.wanted.emit())
        self.models.currentChanged.connect(lambda _: self.wanted.emit())

    @property
    def term(self) -> str:
        """What is drawn."""
        return str(self.choice.currentData() or FIRST)

    def show_runs(self, runs: Sequence[RunSummary], drawn: Sequence[DrawnMember], most: int) -> None:
        """Offer what these runs have logged; their curves are still to come."""
        self._offer(_terms_of(runs))
        self.models.setEnabled(len(runs) > 1)
        self.more.setText(f"The first {most} of {len(runs)} are drawn" if len(runs) > most else "")
        if tuple(drawn) != self._drawn:
            for old in self._drawn:
                self.remove_curve(old.key)
            self._drawn = tuple(drawn)
            for new in drawn:
                self.add_curve(new.key, new.label, new.role, new.style)
            self.autoscale()
            self.set_empty_text(READING if drawn else EMPTY)

    def show_curves(self, runs: Sequence[RunSummary], curves: Mapping[Path, RunCurves]) -> None:
        """Draw what was read."""
        label, _, *axis = self._terms.get(self.term, (self.term, ""))
        self.set_labels(y=axis[0] if axis else label, title=label)
        for member in self._drawn:
            found = curves.get(runs[member.run].path)
            steps, values = found.curves.get(member.member, ([], [])) if found is not None else ([], [])
            self.set_data(member.key, steps, values)
        self.set_empty_text(NOTHING if runs else EMPTY)
        self.refresh()

    def _offer(self, terms: Mapping[str, tuple[str, ...]]) -> None:
        self._terms = dict(terms)
        known = [self.choice.itemData(index) for index in range(self.choice.count())]
        if known == list(terms):
            return
        before = self.term
        with QSignalBlocker(self.choice):
            self.choice.clear()
            for key, (label, *_) in terms.items():
                self.choice.addItem(label, key)
            self.choice.setCurrentIndex(max(0, self.choice.findData(before)))


def _terms_of(runs: Sequence[RunSummary]) -> dict[str, tuple[str, ...]]:
    """Words for everything that one of the runs has logged, the total first."""
    logged = {term: None for run in runs for member in run.members for term in member.last}
    words: dict[str, tuple[str, ...]] = {**LOSS_TERMS, **QUALITY}
    for run in runs:
        words |= _words_of(run.kind)
    names = [FIRST, *(term for term in words if term != FIRST), *logged]
    return {
        term: words.get(term, (term.replace("_", " ").capitalize(), ""))
        for term in dict.fromkeys(names)
        if term in logged or term == FIRST
    }


def _words_of(kind: str) -> Terms:
    try:
        words = find_kind(kind).words
    except (KeyError, PluginError):
        return {}
    return {} if words is None else {**words.terms, **words.further_terms}
