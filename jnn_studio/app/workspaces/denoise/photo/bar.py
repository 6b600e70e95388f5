"""Which photograph, and which noise."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSlider,
    QToolButton,
    QWidget,
)

from jnn_studio.app.file_dialogs import IMAGES, ask_file
from jnn_studio.app.icons import IconButton
from jnn_studio.app.plain_text import literal
from jnn_studio.app.recent import RecentPaths
from jnn_studio.app.theme import GRID, scaled, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.widgets.number_box import NumberBox, WholeNumberBox
from jnn_studio.app.workspaces.denoise.photo_desk import (
    MAX_PEAK,
    MAX_SEED,
    MAX_SIGMA,
    MIN_PEAK,
    MIN_SIGMA,
    PhotoDesk,
)
from jnn_studio.base.text import printable
from jnn_studio.labs.denoise.noisy.noise_model import BOTH, GAUSSIAN, POISSON

POSITIONS = 400
SLIDER_LOW, SLIDER_HIGH = 0.02, 2.0
PRESETS = (0.5, 1.0, 2.0)
_KINDS = {
    GAUSSIAN: ("Gaussian", "Gaussian noise of σ, everywhere alike"),
    POISSON: ("Poisson", "Counted photons: their variance is their mean"),
    BOTH: ("Poisson and Gaussian", "Counted photons, and Gaussian noise from reading them out"),
}


class PhotoBar(QWidget):
    """Shows and sets what a desk has open, its σ and its seed; `name` is for the page to place."""

    def __init__(self, desk: PhotoDesk, page: str) -> None:
        super().__init__()
        self.setObjectName(f"{page}.photo_bar")
        self._desk, self._page = desk, page
        self.recent = RecentPaths(desk.context.settings, "Denoise/recent_photos")
        self._build()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.open)
        row.addWidget(self.lately)
        row.addStretch(1)
        row.addWidget(self.already)
        row.addSpacing(GRID)
        kind: tuple[QWidget, ...] = (self.kind, self._peak_label, self.peak, self.stabilised)
        for part in (*kind, self._sigma_label, self.slider, self.sigma, *self.presets):
            row.addWidget(part)
        row.addSpacing(GRID)
        for part in (self._seed_label, self.seed, self.dice):
            row.addWidget(part)
        self.slider.valueChanged.connect(self._slid)
        self.sigma.valueChanged.connect(desk.set_sigma)
        self.seed.valueChanged.connect(desk.set_seed)
        self.dice.clicked.connect(lambda: desk.set_seed((desk.seed + 1) % (MAX_SEED + 1)))
        self.already.toggled.connect(desk.set_already_noisy)
        self.kind.activated.connect(lambda: desk.set_noise_kind(str(self.kind.currentData())))
        self.peak.valueChanged.connect(desk.set_peak)
        self.stabilised.toggled.connect(desk.set_stabilised)
        desk.photo_changed.connect(self._photo_changed)
        desk.work_changed.connect(self._show_name)
        desk.settings_changed.connect(self._show_settings)
        self._show_name()
        self._show_settings()

    def ask(self) -> None:
        """Choose a file."""
        path = self._desk.path
        ask_file(self, "Open a photograph", IMAGES, self._desk.open_photo, path.parent if path else None)

    def _build(self) -> None:
        page = self._page
        self.open = QPushButton("Open photo…", objectName=f"{page}.open")
        self.open.setToolTip("Open a photograph of any size (Ctrl+O), or drop one on the page")
        self.open.setAccessibleName("Open photo")
        self.open.clicked.connect(self.ask)
        self.lately = QPushButton("&Recent", objectName=f"{page}.recent")
        self.lately.setToolTip("Photographs opened lately, and the sample")
        self.lately.setAccessibleName("Recent photographs")
        menu = QMenu(self.lately)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(partial(self.fill_menu, menu))
        self.lately.setMenu(menu)
        self.name = ElidingLabel()
        self.name.setObjectName(f"{page}.name")
        self.name.setMinimumWidth(10 * GRID)
        self.already = QCheckBox("Already noisy", objectName=f"{page}.already_noisy")
        self.already.setToolTip(
            "Take the photograph as it is for the noisy image: no noise is added, and its σ is estimated"
        )
        self.already.setAccessibleName("Already noisy")
        self.kind = QComboBox(objectName=f"{page}.noise_kind")
        for kind, (words, tip) in _KINDS.items():
            self.kind.addItem(words, kind)
            self.kind.setItemData(self.kind.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.kind.setToolTip("Which noise: Gaussian, that of counted photons, or both")
        self.kind.setAccessibleName("Kind of noise")
        self._peak_label = QLabel("&Photons")
        self.peak = NumberBox(f"{page}.peak")
        self.peak.setRange(MIN_PEAK, MAX_PEAK)
        self.peak.setDecimals(1)
        self.peak.setStepType(NumberBox.StepType.AdaptiveDecimalStepType)
        self.peak.setKeyboardTracking(False)
        self.peak.setFixedWidth(scaled(12 * GRID))
        self.peak.setFont(ui_font(digits=True))
        self.peak.setAccessibleName("Photons that white counts")
        self.peak.setToolTip("How many photons a white pixel counts in the mean: fewer are more noise")
        self._peak_label.setBuddy(self.peak)
        self.stabilised = QCheckBox("Stabilise", objectName=f"{page}.stabilised")
        self.stabilised.setToolTip(
            "Make the variance of counts alike everywhere before methods for Gaussian noise are asked, and "
            "take that back from their answer (generalised Anscombe transform, exact unbiased inverse)"
        )
        self.stabilised.setAccessibleName("Stabilise the variance of counted photons")
        self._sigma_label = QLabel("&σ")
        self._sigma_label.setToolTip("Standard deviation of Gaussian noise, for images in [-1, 1]")
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName=f"{page}.sigma_slider")
        self.slider.setRange(0, POSITIONS)
        self.slider.setPageStep(POSITIONS // 20)
        self.slider.setMinimumWidth(14 * GRID)
        self.slider.setMaximumWidth(24 * GRID)
        self.slider.setAccessibleName("σ of the noise, for images in [-1, 1]")
        self.slider.setToolTip("σ of the noise for images in [-1, 1], on a logarithmic scale")
        self.sigma = NumberBox(f"{page}.sigma")
        self.sigma.setRange(MIN_SIGMA, MAX_SIGMA)
        self.sigma.setDecimals(3)
        self.sigma.setSingleStep(0.05)
        self.sigma.setKeyboardTracking(False)
        self.sigma.setFixedWidth(scaled(11 * GRID))
        self.sigma.setFont(ui_font(digits=True))
        self.sigma.setAccessibleName("σ of the noise, typed")
        self._sigma_label.setBuddy(self.sigma)
        self.presets = [self._preset(sigma) for sigma in PRESETS]
        self._seed_label = QLabel("S&eed")
        self.seed = WholeNumberBox(f"{page}.seed")
        self.seed.setRange(0, MAX_SEED)
        self.seed.setKeyboardTracking(False)
        self.seed.setFixedWidth(scaled(11 * GRID))
        self.seed.setFont(ui_font(digits=True))
        self.seed.setAccessibleName("Seed of the noise")
        self.seed.setToolTip("Which noise is drawn: the same seed gives the same noise")
        self._seed_label.setBuddy(self.seed)
        self.dice = IconButton("dice", "Draw other noise: the next seed", f"{page}.dice")

    def _preset(self, sigma: float) -> QToolButton:
        button = QToolButton(objectName=f"{self._page}.sigma_{sigma:g}")
        button.setText(f"{sigma:g}")
        button.setToolTip(f"σ = {sigma:g}, for images in [-1, 1]")
        button.setAccessibleName(f"σ = {sigma:g}")
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda: self._choose(sigma))
        return button

    def fill_menu(self, menu: QMenu) -> None:
        """What is offered to open again."""
        menu.clear()
        for path in self.recent.paths:
            action = menu.addAction(literal(path.name), partial(self._desk.open_photo, path))
            action.setToolTip(printable(str(path)))
        if self.recent.paths:
            menu.addSeparator()
        menu.addAction("Sample: dead leaves", self._desk.open_sample)

    def forget(self, path: Path) -> None:
        """A photograph that is gone is not offered again."""
        self.recent.remove(path)

    def _choose(self, sigma: float) -> None:
        self._desk.set_sigma(sigma)
        self._show_settings()

    def _slid(self, position: int) -> None:
        self._desk.set_sigma(round(_at(position), 3))

    def _photo_changed(self) -> None:
        if self._desk.path is not None:
            self.recent.add(self._desk.path)
        self._show_name()

    def _show_name(self) -> None:
        desk = self._desk
        text = ""
        if desk.opening:
            text = f"Opening {printable(desk.opening)}…"
        elif desk.photo is not None:
            height, width = desk.photo.pixels.shape[:2]
            text = f"{desk.photo.name} · {width} × {height} px"
        self.name.setText(text)
        self.name.setToolTip(printable(str(desk.path or text)))

    def _show_settings(self) -> None:
        desk = self._desk
        blocked: list[QWidget] = [
            self.slider,
            self.sigma,
            self.seed,
            self.already,
            self.peak,
            self.stabilised,
        ]
        blockers = [QSignalBlocker(widget) for widget in blocked]
        if round(_at(self.slider.value()), 3) != desk.sigma:
            self.slider.setValue(_position(desk.sigma))
        self.sigma.setValue(desk.sigma)
        self.seed.setValue(desk.seed)
        self.already.setChecked(desk.already_noisy)
        self.kind.setCurrentIndex(self.kind.findData(desk.noise_kind))
        self.peak.setValue(desk.peak)
        self.stabilised.setChecked(desk.stabilised)
        for blocker in blockers:
            blocker.unblock()
        gaussian = desk.noise_kind == GAUSSIAN
        for counted in (self._peak_label, self.peak, self.stabilised):
            counted.setVisible(not gaussian)
        for typed in (self._sigma_label, self.sigma):
            typed.setVisible(desk.noise_kind != POISSON)
        for part in (self.slider, *self.presets):
            part.setVisible(gaussian)
        for button, sigma in zip(self.presets, PRESETS, strict=True):
            button.setChecked(desk.sigma == sigma)
            button.setEnabled(not desk.already_noisy)
        self.slider.setEnabled(not desk.already_noisy)
        for part in (self._seed_label, self.seed, self.dice):
            part.setEnabled(not desk.already_noisy)
        self.sigma.setToolTip(
            "σ estimated from the finest detail, for images in [-1, 1], before any of it was cut off at "
            "black and white; BM3D goes by it; type what you know"
            if desk.already_noisy and gaussian
            else "σ of the Gaussian noise beside that of the photons, for images in [-1, 1]"
            if not gaussian
            else "σ of the noise that is added, for images in [-1, 1]"
        )


def _at(position: int) -> float:
    return float(SLIDER_LOW * (SLIDER_HIGH / SLIDER_LOW) ** (position / POSITIONS))


def _position(sigma: float) -> int:
    share = math.log(sigma / SLIDER_LOW) / math.log(SLIDER_HIGH / SLIDER_LOW)
    return round(POSITIONS * min(max(share, 0.0), 1.0))
