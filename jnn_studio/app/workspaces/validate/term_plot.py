"""A plot that shows one of several quantities at a time, one curve per solver."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.widgets.segmented import SegmentedControl

Terms = Mapping[str, tuple[str, str, str]]
"""By term: its label, its tooltip and the name of its axis."""


class TermPlot(StudioPlot):
    """The curve of a term has the key (solver, term)."""

    def __init__(self, object_name: str, title: str, terms: Terms, log: bool = False) -> None:
        super().__init__(object_name, title)
        self.log_at_first = log
        self._terms = terms
        self._models: list[str] = []
        self._hidden: set[str] = set()
        self.canvas.x_axis.integers = True
        options = {key: (label, tip) for key, (label, tip, _) in terms.items()}
        self.choice = SegmentedControl(options, f"{object_name}.term", "Quantity")
        self.choice.currentChanged.connect(self._on_choice)
        self.controls.addWidget(self.choice)
        self.controls.addStretch()
        self.set_labels(x="Training step")

    def add_model(self, key: str, label: str, color: str, style: Literal["solid", "dash"]) -> None:
        """Add a solver: one curve per term."""
        for term in self._terms:
            self.add_curve((key, term), label, color, style)
        self._models.append(key)
        self._on_choice()

    def show_models(self, keys: Collection[str]) -> None:
        """Show the curves of these solvers alone."""
        self._hidden = set(self._models) - set(keys)
        self._on_choice()

    def offer(self, term: str, there_is: bool) -> None:
        """Whether a term can be chosen; the first takes the place of one that cannot."""
        if not there_is and self.choice.current == term:
            self.choice.current = next(iter(self._terms))
        self.choice.set_enabled(term, there_is)

    def _on_choice(self) -> None:
        for model in self._models:
            for term in self._terms:
                self.set_visible((model, term), term == self.choice.current and model not in self._hidden)
        self.set_labels(y=self._terms[self.choice.current][2])
        self.autoscale()
