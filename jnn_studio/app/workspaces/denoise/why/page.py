"""Why a denoiser denoises: the spectrum of its Jacobian at a crop of the noisy photograph."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.plain_text import literal
from jnn_studio.app.plots.curves import SpectrumPlot
from jnn_studio.app.theme import GRID, scaled, ui_font
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.widgets.note import note
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspaces.denoise.crop_picker import CropPicker
from jnn_studio.app.workspaces.denoise.dropping import let_drop
from jnn_studio.app.workspaces.denoise.entries import NOISY, method_label
from jnn_studio.app.workspaces.denoise.method_colors import method_color
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.app.workspaces.denoise.why.spectra import Spectra, SpectrumQuestion
from jnn_studio.app.workspaces.denoise.why.vector_strips import VectorStrips
from jnn_studio.labs.denoise.denoisers.methods import LEARNT, PENALISED, SUPERVISED
from jnn_studio.models.denoiser import STRIDE

PAGE = "denoise.why"
SIDES = (32, 16, 64)
"""Sides of a crop in pixels, the first one at first."""
FIRST = frozenset({SUPERVISED, PENALISED})
ROUGH = "rough"


class WhyPage(QWidget):
    """The crop and the methods at the left; their singular values and vectors at the right.

    Nothing is computed while the page cannot be seen.
    """

    def __init__(self, context: AppContext, desk: PhotoDesk) -> None:
        super().__init__()
        self.setObjectName(PAGE)
        self._desk = desk
        self.spectra = Spectra(context, self)
        self.methods: dict[str, QCheckBox] = {}
        self._chosen = set(FIRST)
        self._curves: list[str] = []
        self.picker = CropPicker(f"{PAGE}.crop", "Crop of the noisy photograph", SIDES[0])
        self.sides = SegmentedControl(
            {str(side): (f"{side} px", f"A crop of {side} × {side} pixels") for side in sorted(SIDES)},
            f"{PAGE}.side",
            "Side of the crop in pixels",
        )
        self.sides.current = str(SIDES[0])
        self.note = note(f"{PAGE}.note", lines=4)
        self.message = MessageBar()
        self.message.setObjectName(f"{PAGE}.message")
        let_drop(self, desk, self.message)
        self.plot = SpectrumPlot(f"{PAGE}.plot", "Singular values of the denoisers’ Jacobians at the crop")
        self.strips = VectorStrips(f"{PAGE}.vectors")
        self._boxes = QVBoxLayout()
        self._arrange()
        # Several things change in one go: they are followed once.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._follow)
        self.sides.currentChanged.connect(lambda side: self.picker.set_side(int(side)))
        self.picker.cropChanged.connect(self._soon.start)
        desk.photo_changed.connect(self._forget_all)
        desk.noisy_changed.connect(self._soon.start)
        desk.settings_changed.connect(self._soon.start)
        desk.models_changed.connect(self._forget_all)
        self.spectra.arrived.connect(self._show_answers)
        self.spectra.work_changed.connect(self._show_note)
        self.spectra.failed.connect(self._failed)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The methods on show, in their order."""
        return tuple(method for method, box in self.methods.items() if box.isChecked())

    def save_state(self, settings: QSettings) -> None:
        """Remember the crop's side and the methods."""
        settings.setValue("why", f"{self.sides.current} {' '.join(sorted(self._chosen))}")

    def restore_state(self, settings: QSettings) -> None:
        """Go on as remembered; what is not known any more is passed over."""
        side, _, chosen = str(settings.value("why", "")).partition(" ")
        if side in map(str, SIDES):
            self.sides.current = side
            self._chosen = set(chosen.split()) & set(LEARNT) or set(FIRST)

    # --- inside ----------------------------------------------------------------------------------------

    def _forget_all(self) -> None:
        """Another photograph or other denoisers: what is on show has nothing to do with them."""
        for method in (*self.spectra.waiting, *self.spectra.answers, *self.spectra.failures):
            self.spectra.forget(method)
        self.message.hide()
        self._soon.start()

    def _follow(self) -> None:
        """Show, and have computed, what belongs to the desk as it is now."""
        if not self.isVisible():
            return
        if list(self.methods) != list(self._desk.models):
            self._make_boxes()
        noisy, levels = self._desk.noisy, self._desk.levels.get(NOISY, ())
        self.picker.set_pixels(levels[0] if noisy is not None and levels else None)
        crop = self.picker.crop
        questions = {}
        if noisy is not None and crop is not None:
            # The network itself is looked at, which no transform of counted photons comes before.
            models, sigma = self._desk.models, self._desk.noise.told(stabilised=False)
            questions = {m: SpectrumQuestion(models[m], noisy, crop, sigma) for m in self.chosen}
        self.spectra.want(questions)
        self._show_answers()
        self._show_note()

    def _show_answers(self) -> None:
        """Draw what has been found for the chosen methods."""
        chosen = list(self.chosen)
        if chosen != self._curves:
            for method in self._curves:
                self.plot.remove_curve(method)
                self.plot.remove_curve((method, ROUGH))
            for method in chosen:
                color, style = method_color(method)
                self.plot.add_model(method, method_label(method), color, style)
                label = f"{method_label(method)}, not converged"
                self.plot.add_curve((method, ROUGH), label, color, "dash", faint=True)
            self._curves = chosen
        for method in chosen:
            found = self.spectra.answers.get(method)
            sigma = np.zeros(0) if found is None else found.spectrum.sigma.double().numpy()
            sound = 0 if found is None else found.spectrum.converged
            self.plot.set_spectrum(method, sigma[:sound])
            rest = np.arange(max(0, sound - 1), len(sigma)) if sound < len(sigma) else np.arange(0)
            scale = sigma[0] if len(sigma) and sigma[0] > 0 else 1.0
            self.plot.set_data((method, ROUGH), rest + 1, sigma[rest] / scale)
        self.plot.autoscale()
        answers = {m: self.spectra.answers[m] for m in chosen if m in self.spectra.answers}
        self.strips.set_strips({method: found.strip for method, found in answers.items()})

    def _show_note(self) -> None:
        """What is on show, or what is being done about it."""
        empty = self._reason()
        words = empty or self._work() or self._shown()
        self.note.setText(words)
        self.plot.set_empty_text(empty or "Computing…")

    def _reason(self) -> str:
        """Why there is nothing to compute; "" if there is."""
        if self._desk.noisy is None:
            return "The noisy photograph is not there yet"
        if self.picker.crop is None:
            return f"The photograph is too small: a crop needs {STRIDE} × {STRIDE} pixels"
        if not self._desk.models:
            known = self._desk.models_known
            return "No denoisers are open: open some under Photo" if known else "Opening the denoisers…"
        if not self.chosen:
            return "No method is chosen"
        return ""

    def _work(self) -> str:
        waiting = self.spectra.waiting
        if not waiting:
            return ""
        method = next(iter(waiting))
        words = f"Computing {method_label(method)}"
        if method in self.spectra.portions:
            done, most = self.spectra.portions[method]
            words += f": portion {done + 1}, {most} at most"
        old = any(m in self.spectra.answers for m in waiting)
        return f"{words}… Until then as before." if old else f"{words}…"

    def _shown(self) -> str:
        crop = self.picker.crop
        found = [self.spectra.answers[m].spectrum for m in self.chosen if m in self.spectra.answers]
        if crop is None or not found:
            return ""
        wanted = int(self.sides.current)
        smaller = f", as wide as the photograph allows instead of {wanted}" if crop.side < wanted else ""
        worst = max(spectrum.residual for spectrum in found)
        first = min(spectrum.converged for spectrum in found)
        rough = ""
        if first < len(found[0].sigma):
            rough = f" Number {first + 1} and later have not converged (dashed): they are too low."
        return (
            f"The {len(found[0].sigma)} largest singular values at the crop of {crop.side} × {crop.side} "
            f"pixels at row {crop.top}, column {crop.left}{smaller}. Residual at most {worst:.1g} of σ₁."
            f"{rough}"
        )

    def _make_boxes(self) -> None:
        """One for each open denoiser; choices are kept."""
        for box in self.methods.values():
            self._boxes.removeWidget(box)
            box.hide()
            box.deleteLater()
        models = list(self._desk.models)
        chosen = self._chosen & set(models) or set(models[:1])
        self.methods = {}
        for method in models:
            box = QCheckBox(literal(method_label(method)), objectName=f"{PAGE}.method.{method}")
            box.setAccessibleName(f"Show {method_label(method)}")
            box.setToolTip(f"Show the Jacobian of {method_label(method)}")
            box.setChecked(method in chosen)
            box.toggled.connect(self._choose)
            self.methods[method] = box
            self._boxes.addWidget(box)

    def _choose(self) -> None:
        self._chosen -= set(self.methods)
        self._chosen |= set(self.chosen)
        self._soon.start()

    def _failed(self, title: str, failure: Failure) -> None:
        self.message.show_error(title, failure.text, failure.details)

    def _arrange(self) -> None:
        heading = QLabel("Crop of the noisy photograph")
        heading.setFont(ui_font(bold=True))
        sides = QHBoxLayout()
        sides.setSpacing(GRID)
        sides.addWidget(QLabel("Side"))
        sides.addWidget(self.sides)
        sides.addStretch()
        methods = QLabel("Denoisers")
        methods.setFont(ui_font(bold=True))
        self._boxes.setSpacing(GRID)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(heading)
        column.addWidget(self.picker, 3)
        column.addLayout(sides)
        column.addSpacing(GRID)
        column.addWidget(methods)
        column.addLayout(self._boxes)
        column.addSpacing(GRID)
        column.addWidget(self.note)
        column.addStretch(2)
        left.setFixedWidth(scaled(44 * GRID))
        scroll = QScrollArea(objectName=f"{PAGE}.vectors.scroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.strips)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.plot)
        halves.addWidget(scroll)
        halves.setSizes([50 * GRID, 36 * GRID])
        right = QVBoxLayout()
        right.setSpacing(GRID)
        right.addWidget(halves, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2 * GRID)
        whole.addWidget(left)
        whole.addLayout(right, 1)
        self.message.lie_over(halves)

    # --- Qt's own --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._soon.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.spectra.stop()
