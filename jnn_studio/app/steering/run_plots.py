"""Everything one sees of a run as it goes on: three plots and the previews."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from jnn_studio.app.colors import Style
from jnn_studio.app.plots.curves import LossPlot, RankPlot, SpectrumPlot
from jnn_studio.app.steering.previews import Previews
from jnn_studio.app.steering.run_view import RunView
from jnn_studio.app.theme import GRID
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import MemberInfo, Metrics, Preview, Spectrum
from jnn_studio.training.kind import find_kind
from jnn_studio.training.words import ETA, PSNR, RunWords, eta_words

ROLES = 4
"""Colours there are for models without one of their own."""


def model_color(index: int, key: str) -> tuple[str, Style]:
    """Regularised and unregularised models have colours of their own, others by their place in the run."""
    return key if key in ("regularised", "unregularised") else f"model-{1 + index % ROLES}", "solid"


@dataclass(frozen=True)
class Look:
    """What differs from one page to another.

    ``color`` gives a model's role and line by its place in the run and its key; ``unit`` follows a held-out
    PSNR; ``rows`` of previews that are no model's have a name and words beside it.
    """

    page: str
    color: Callable[[int, str], tuple[str, Style]] = model_color
    unit: str = "dB PSNR"
    tall: bool = False
    """Many rows of previews: they have a column of their own, and effective rank gives way to them."""
    rows: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class RunPlots(RunView):
    """Losses and singular values above effective rank and previews, all of one run.

    ``add_…`` draws nothing until `refresh`. A step that was logged before is passed over: a resumed run
    repeats the steps since its last checkpoint.
    """

    def __init__(self, look: Look, words: RunWords) -> None:
        super().__init__()
        self._look, self._words = look, words
        page = look.page
        self.loss = LossPlot(f"{page}.loss", "Losses", words.terms, words.bounds)
        self.loss.smoothing = 1
        self.spectrum = SpectrumPlot(f"{page}.spectrum")
        self.rank = None if look.tall else RankPlot(f"{page}.rank")
        self.previews = Previews(page)
        self._plots = tuple(plot for plot in (self.loss, self.spectrum, self.rank) if plot is not None)
        for plot, text in zip(self._plots, words.empty, strict=False):
            plot.set_empty_text(text)
        self._config: RunConfig | None = None
        self._members: dict[str, MemberInfo] = {}
        self._captions: dict[str, str] = {}
        self._quality: dict[str, str] = {}
        self._newest: dict[tuple[str, str], int] = {}
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        if self.rank is None:
            plots = _splitter(f"{page}.split.plots", down, self.loss, self.spectrum)
            whole = _splitter(f"{page}.split.columns", across, plots, self.previews)
            self._splitters = (whole, plots)
        else:
            upper = _splitter(f"{page}.split.upper", across, self.loss, self.spectrum)
            lower = _splitter(f"{page}.split.lower", across, self.rank, self.previews)
            whole = _splitter(f"{page}.split.rows", down, upper, lower)
            self._splitters = (whole, upper, lower)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(whole)
        self.reset_layout()

    # --- what a run tells -------------------------------------------------------------------------------

    def clear(self) -> None:
        """Forget the run."""
        self._newest.clear()
        self._quality.clear()
        for plot in self._plots:
            plot.clear()
        self._show_target()
        self.previews.clear()

    def show_config(self, config: RunConfig) -> None:
        """The run that what follows belongs to."""
        self._config = config
        self._show_target()

    @property
    def _target(self) -> float | None:
        """The effective rank that the run is to reach."""
        return None if self._config is None else self._words.aim(self._config)

    def _show_target(self) -> None:
        if self.rank is not None and self._config is not None:
            self.rank.set_target(self._target, self._config.schedule.steps)

    def set_models(self, members: tuple[MemberInfo, ...]) -> None:
        """The models of the run, in the order they are shown."""
        for key, (name, words) in self._look.rows.items():
            self.previews.add_model(key, name, words, "muted")
        for index, member in enumerate(members):
            role, style = self._look.color(index, member.key)
            if member.key not in self._captions:
                for plot in self._plots:
                    plot.add_model(member.key, member.label, role, style)
            self._members[member.key] = member
            self._captions[member.key] = self._caption(member)
            self.previews.add_model(member.key, member.label, self._captions[member.key], role)

    def _caption(self, member: MemberInfo, target: float | None = None) -> str:
        """What stands beside a model's name: its η, and what else its kind has a symbol for."""
        config = self._config
        kind = None if config is None else find_kind(config.kind)
        own = "" if kind is None else kind.eta_symbol(config, member.key)
        number = [eta_words(float(f"{member.eta:.3g}"), target)] if math.isfinite(member.eta) else []
        parts = [f"η = {own}"] if own else number
        if kind is not None and self._words.facts:
            facts = kind.facts(config, member.key)
            parts += [f"{symbol} = {float(facts[key]):.3g}" for key, symbol in self._words.facts.items()]
        return ",  ".join(parts)

    def add_metrics(self, metrics: Sequence[Metrics]) -> None:
        """Append logged values to their curves."""
        found: dict[tuple[str, str], tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        for logged in metrics:
            for term, value in logged.terms.items():
                key = (logged.member, term)
                if logged.step > self._newest.get(key, -1):
                    self._newest[key] = logged.step
                    steps, values = found[key]
                    steps.append(logged.step)
                    values.append(value)
        for (member, term), (steps, values) in found.items():
            self.loss.add_term(term, self._words.further_terms.get(term))
            self.loss.extend((member, term), steps, values)
            if term == ETA and member in self._members:
                now = replace(self._members[member], eta=values[-1])
                self._captions[member] = self._caption(now, self._target)
            if term == PSNR:
                self._quality[member] = f"{values[-1]:.2f} {self._look.unit}"
        for member in {member for member, term in found if term in (ETA, PSNR)}:
            words = (self._captions.get(member, ""), self._quality.get(member, ""))
            self.previews.set_caption(member, ",  ".join(filter(None, words)))

    def add_spectra(self, spectra: Sequence[Spectrum]) -> None:
        """Append effective ranks; show the newest spectrum of each model."""
        newest: dict[str, Spectrum] = {}
        ranks: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
        for spectrum in spectra:
            key = (spectrum.member, "effective rank")
            if spectrum.step > self._newest.get(key, -1):
                self._newest[key] = spectrum.step
                newest[spectrum.member] = spectrum
                steps, values = ranks[spectrum.member]
                steps.append(spectrum.step)
                values.append(spectrum.effective_rank)
        for member, (steps, values) in ranks.items():
            if self.rank is not None:
                self.rank.extend(member, steps, values)
            self.spectrum.set_spectrum(member, newest[member].sigma)

    def show_preview(self, preview: Preview) -> None:
        """The newest reconstructions."""
        self.previews.set_preview(preview)

    def refresh(self) -> None:
        """Draw what is new and can be seen."""
        for plot in self._plots:
            plot.refresh()

    # --- layout ------------------------------------------------------------------------------------------

    def reset_layout(self) -> None:
        """Dividers as at first."""
        for splitter in self._splitters:
            splitter.setSizes([1_000_000] * splitter.count())


def _splitter(name: str, orientation: Qt.Orientation, *parts: QWidget) -> QSplitter:
    """Equal parts, which can be dragged but not lost."""
    splitter = QSplitter(orientation)
    splitter.setObjectName(name)
    splitter.setHandleWidth(GRID)
    splitter.setChildrenCollapsible(False)
    for index, part in enumerate(parts):
        splitter.addWidget(part)
        splitter.setStretchFactor(index, 1)
    return splitter
