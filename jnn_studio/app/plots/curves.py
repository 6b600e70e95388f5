"""The plots of a run: loss terms, singular values, effective rank. One colour per model in all of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSlider, QWidget

from jnn_studio.app.colors import Style
from jnn_studio.app.plots.curve import Line
from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.plots.smoothing import ExponentialMean
from jnn_studio.app.theme import GRID, ui_font
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.base.text import capitalised, printable
from jnn_studio.training.words import LOSS_TERMS, Terms

WINDOWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Points that smoothing reaches over; one point is no smoothing."""

SPECTRUM_FLOOR = 1e-6
"""Singular values below this share of the largest are single-precision noise."""


BOUND: Mapping[Style, Line] = {"solid": "dot", "dash": "dash-dot"}
"""The line of a term that is drawn beside the chosen one, by the line of its model: none that a model has."""

TARGET = "target"
"""The curve of the effective rank that is aimed at."""


class LossPlot(StudioPlot):
    """One loss term at a time, one curve per model: smoothed in front, as measured behind.

    The curve of a term has the key (model, term). Beside a term that has one in ``bounds`` that other term is
    drawn, in the models' colours with lines of its own; they share a log axis at first.
    """

    def __init__(
        self,
        object_name: str,
        title: str = "Loss",
        terms: Terms = LOSS_TERMS,
        bounds: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(object_name, title, parent)
        self._terms = dict(terms)
        self._bounds = dict(bounds or {})
        self._models: dict[str, tuple[str, str, Style]] = {}
        self._means: dict[Hashable, ExponentialMean] = {}
        self.canvas.x_axis.integers = True
        self._logs["η"] = True  # what is searched for by factors
        self._logs |= {self._axis(term): True for term in self._bounds}

        options = {key: (label, tip) for key, (label, tip, *_) in terms.items()}
        self._choice = SegmentedControl(options, f"{object_name}.term", "Loss term")
        self._choice.currentChanged.connect(self._on_choice)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName(f"{object_name}.smoothing")
        self._slider.setAccessibleName("Smoothing")
        self._slider.setToolTip(
            "Exponential moving average, bias corrected, over about this many points; the points as measured"
            " stay visible behind it"
        )
        self._slider.setRange(0, len(WINDOWS) - 1)
        self._slider.setPageStep(3)
        self._slider.setFixedWidth(10 * GRID)
        self._slider.valueChanged.connect(self._on_window)
        self._amount = QLabel()
        self._amount.setFont(ui_font(0.9, digits=True))
        self._amount.setProperty("tone", "muted")
        self._amount.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._amount.setFixedWidth(self._amount.fontMetrics().horizontalAdvance("mean of 1000 "))
        self.header.insertWidget(2, self._amount)
        self.header.insertWidget(3, self._slider)
        self.controls.addWidget(self._choice)
        self.controls.addStretch()
        self.set_labels(x="Training step")
        self.smoothing = 20

    def add_model(self, key: str, label: str, color: str, style: Style = "solid") -> None:
        """Add a model: one curve per term. `color`: a role of the theme."""
        self._models[key] = label, color, style
        for term in self._terms:
            self._add_curves(key, term)
        self._on_choice()

    def add_term(self, term: str, words: tuple[str, ...] | None = None) -> None:
        """Offer a further term, by its name where there are no words; one that is offered stays as it is."""
        if term in self._terms:
            return
        name = printable(term).replace("_", " ")
        self._terms[term] = words or (capitalised(name), f"What the run logs as {term}")
        self._choice.add(term, *self._terms[term][:2])
        for key in self._models:
            self._add_curves(key, term)
        self._on_choice()

    def _add_curves(self, key: str, term: str) -> None:
        label, color, style = self._models[key]
        self.add_curve((key, term), label, color, style)
        self.add_curve((key, term, "smooth"), label, color, style)

    @property
    def term(self) -> str:
        """The term shown."""
        return self._choice.current

    @term.setter
    def term(self, term: str) -> None:
        self._choice.current = term

    @property
    def smoothing(self) -> int:
        """Points that the moving average reaches over; 1 is none."""
        return WINDOWS[self._slider.value()]

    @smoothing.setter
    def smoothing(self, points: int) -> None:
        self._slider.setValue(min(range(len(WINDOWS)), key=lambda i: abs(WINDOWS[i] - points)))

    def set_data(self, key: Hashable, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        self._means.pop(key, None)
        super().set_data(key, x, y)

    def clear(self) -> None:
        self._means.clear()
        super().clear()

    def _draw(self, pixel: float) -> None:
        if self.smoothing > 1:
            for model in self._models:
                for term in filter(None, (self.term, self._bound)):
                    self._smooth((model, term))
        super()._draw(pixel)

    def _smooth(self, key: tuple[str, str]) -> None:
        """Bring the smoothed curve up to date with the measured one."""
        measured, smoothed = self.series(key), self.series((*key, "smooth"))
        mean = self._means.get(key)
        if mean is None:
            mean = self._means[key] = ExponentialMean(1 - 1 / self.smoothing)
            smoothed.clear()
        new = slice(mean.count, None)
        smoothed.extend(measured.x[new], mean.extend(measured.y[new]))

    def _on_window(self) -> None:
        self._means.clear()
        self._amount.setText(f"mean of {self.smoothing}" if self.smoothing > 1 else "not smoothed")
        self._on_choice()

    def _on_choice(self) -> None:
        """Show the chosen term, and its bound; the measured curve is faint where there is a smoothed one."""
        smooth, bound = self.smoothing > 1, self._bound
        for model, (_, _, style) in self._models.items():
            for term, (label, *_) in self._terms.items():
                shown, aside = term in (self.term, bound), term == bound
                for key, visible in (((model, term), shown), ((model, term, "smooth"), smooth and shown)):
                    line = BOUND[style] if aside else style
                    self.set_line(key, line, label if bound and shown else "", listed=not aside)
                    self.set_visible(key, visible)
                self.set_faint((model, term), smooth)
        self.set_line_keys(self._keys_of(bound))
        self.set_labels(y=self._axis(self.term))
        self.autoscale()

    @property
    def _bound(self) -> str:
        """The term that is drawn beside the chosen one; "" for none."""
        bound = self._bounds.get(self.term, "")
        return bound if bound in self._terms else ""

    def _axis(self, term: str) -> str:
        label, _, *axis = self._terms[term]
        return axis[0] if axis else label

    def _keys_of(self, bound: str) -> list[tuple[str, Line]]:
        """What the legend says of the lines of a bound."""
        styles = {style for _, _, style in self._models.values()} if bound else set()
        words: dict[Style, str] = {"solid": "in the same colour", "dash": "of dashed curves"}
        return [
            (f"{self._terms[bound][0]} {said}", BOUND[style])
            for style, said in words.items()
            if style in styles
        ]


class SpectrumPlot(StudioPlot):
    """σᵢ / σ₁ of the Jacobian against i, one curve per model."""

    def __init__(
        self, object_name: str, title: str = "Singular values", parent: QWidget | None = None
    ) -> None:
        super().__init__(object_name, title, parent)
        self.y_floor = SPECTRUM_FLOOR
        self.canvas.x_axis.integers = True
        self.set_labels(x="Index i", y="σᵢ / σ₁")
        self.log = True

    def add_model(self, key: str, label: str, color: str, style: Style = "solid") -> None:
        """Add a model; its curve has its key. `color`: a role of the theme."""
        self.add_curve(key, label, color, style, dots=True)

    def set_spectrum(self, model: str, sigma: npt.ArrayLike) -> None:
        """The singular values of a model's Jacobian, shape (k,), largest first; none at all if σ₁ is zero."""
        sigma = np.asarray(sigma, np.float64)
        if not len(sigma) or not sigma[0] > 0:
            self.set_data(model, [], [])
        else:
            self.set_data(model, np.arange(1, len(sigma) + 1), sigma / sigma[0])

    def set_highlight(self, direction: int | None) -> None:
        """Mark a direction, counted from 1; None: none."""
        self.set_marker(direction, f"direction {direction}")


class RankPlot(StudioPlot):
    """Effective rank of the Jacobian against training step, one curve per model."""

    def __init__(
        self, object_name: str, title: str = "Effective rank", parent: QWidget | None = None
    ) -> None:
        super().__init__(object_name, title, parent)
        self.canvas.x_axis.integers = True
        self.set_labels(x="Training step", y="Effective rank")

    def set_target(self, target: float | None, steps: int) -> None:
        """A line across the run at the effective rank that it is to reach; None: none."""
        if target is None:
            if TARGET in self._curves:
                self.remove_curve(TARGET)
            return
        if TARGET not in self._curves:
            self.add_curve(TARGET, "Target", "muted", "dash")
        self.set_data(TARGET, [0, steps], [target, target])

    def add_model(self, key: str, label: str, color: str, style: Style = "solid") -> None:
        """Add a model; its curve has its key. `color`: a role of the theme."""
        self.add_curve(key, label, color, style, dots=True)
