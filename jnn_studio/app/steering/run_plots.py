"""Everything one sees of a run as it goes on: three plots and the previews."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from jnn_studio.app.colors import Style
from jnn_studio.app.plots.curves import LOSS_TERMS, LossPlot, RankPlot, SpectrumPlot, Terms
from jnn_studio.app.steering.previews import Previews
from jnn_studio.app.theme import GRID
from jnn_studio.training.events import Arrays, MemberInfo, Metrics, Preview, Spectrum

PSNR = "held_out_psnr"
PAIR_TERMS: Terms = LOSS_TERMS | {
    "tightness_gap": (
        "Gap",
        "Tightness gap: how far the penalty stands above the nuclear norm; 0 once the factors balance",
        "½(‖Jg‖² + ‖Jh‖²) − ‖Jf‖_*",
    ),
    PSNR: ("PSNR", "Quality on held-out images: more is better", "Held-out PSNR in dB"),
}
Layout = list[QByteArray]


def _own_role(key: str) -> tuple[str, Style]:
    """Regularised and unregularised models have colours of their own."""
    return key, "solid"


@dataclass(frozen=True)
class Look:
    """What differs from one kind of run to another: names, terms, colours, words.

    ``color`` gives a model's role and line by its key; ``empty`` is said by plots of losses, singular values
    and effective rank, where it is shown, before there is a run; ``unit`` follows a held-out PSNR.
    """

    page: str = "train"
    terms: Terms = field(default_factory=lambda: PAIR_TERMS)
    color: Callable[[str], tuple[str, Style]] = _own_role
    empty: tuple[str, ...] = (
        "Losses of both models and their PSNR on held-out images",
        "Singular values of both encoders' Jacobians",
        "In how many directions the encoders are sensitive",
    )
    unit: str = "dB PSNR"
    tall: bool = False
    """Many rows of previews: they have a column of their own, and effective rank gives way to them."""


class RunPlots(QWidget):
    """Losses and singular values above effective rank and previews, all of one run.

    ``add_…`` draws nothing until `refresh`. A step that was logged before is passed over: a resumed run
    repeats the steps since its last checkpoint.
    """

    def __init__(self, look: Look | None = None) -> None:
        super().__init__()
        self._look = look or Look()
        page = self._look.page
        self.loss = LossPlot(f"{page}.loss", "Losses", self._look.terms)
        self.loss.smoothing = 1
        self.spectrum = SpectrumPlot(f"{page}.spectrum")
        self.rank = None if self._look.tall else RankPlot(f"{page}.rank")
        self.previews = Previews(page)
        self._plots = tuple(plot for plot in (self.loss, self.spectrum, self.rank) if plot is not None)
        for plot, text in zip(self._plots, self._look.empty, strict=True):
            plot.set_empty_text(text)
        self._etas: dict[str, float] = {}
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
        for plot in self._plots:
            plot.clear()
        self.previews.clear()

    def set_models(self, members: tuple[MemberInfo, ...]) -> None:
        """The models of the run, in the order they are shown."""
        for member in members:
            role, style = self._look.color(member.key)
            if member.key not in self._etas:
                for plot in self._plots:
                    plot.add_model(member.key, member.label, role, style)
            self._etas[member.key] = member.eta
            self.previews.add_model(member.key, member.label, f"η = {member.eta:.3g}", role)

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
            if term in self._look.terms:
                self.loss.extend((member, term), steps, values)
            if term == PSNR:
                caption = f"η = {self._etas[member]:.3g},  {values[-1]:.2f} {self._look.unit}"
                self.previews.set_caption(member, caption)

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

    def show_arrays(self, arrays: Arrays) -> None:
        """These runs have none."""

    def refresh(self) -> None:
        """Draw what is new and can be seen."""
        for plot in self._plots:
            plot.refresh()

    # --- layout ------------------------------------------------------------------------------------------

    def save_layout(self) -> Layout:
        """Where the dividers stand."""
        return [splitter.saveState() for splitter in self._splitters]

    def restore_layout(self, layout: object) -> None:
        """The inverse of `save_layout`; anything else changes nothing."""
        if isinstance(layout, list) and len(layout) == len(self._splitters):
            for splitter, state in zip(self._splitters, layout, strict=True):
                if isinstance(state, QByteArray):
                    splitter.restoreState(state)

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
