"""Inverse problems on the photograph: what a learnt denoiser adds to total variation."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QSettings, QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QAction, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.plots.plot import StudioPlot
from jnn_studio.app.theme import GRID, scaled, ui_font
from jnn_studio.app.widgets.compare.viewer import BLINK, SIDE_BY_SIDE, SPLIT, Viewer
from jnn_studio.app.widgets.compare.viewer_bar import ViewerBar
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.widgets.note import note
from jnn_studio.app.widgets.segmented import SegmentedControl
from jnn_studio.app.workspaces.denoise.crop_picker import CropPicker
from jnn_studio.app.workspaces.denoise.dropping import let_drop
from jnn_studio.app.workspaces.denoise.entries import method_label
from jnn_studio.app.workspaces.denoise.method_colors import method_color
from jnn_studio.app.workspaces.denoise.models_bar import ModelsBar
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.app.workspaces.denoise.restore.denoisers import RestoreDenoisers
from jnn_studio.app.workspaces.denoise.restore.entries import (
    CONTROL,
    CONTROL_ROLE,
    CONTROL_TITLE,
    CONVENTION,
    LEARNT,
    entries_of,
    progress,
)
from jnn_studio.app.workspaces.denoise.restore.form import RestoreForm
from jnn_studio.app.workspaces.denoise.restore.restoring import DegradationQuestion, Prior, Restoring
from jnn_studio.app.workspaces.denoise.restore.settings import PAGE, SECTIONS, check, defaults, relevant
from jnn_studio.app.workspaces.denoise.saving import PictureSaver
from jnn_studio.base.reading import parse_json
from jnn_studio.labs.denoise.denoisers.methods import PENALISED
from jnn_studio.labs.denoise.measuring.measures import CONVENTIONS
from jnn_studio.labs.denoise.restoring.priors import prior_of
from jnn_studio.labs.denoise.restoring.restoration import PriorConfig
from jnn_studio.models.denoiser import STRIDE

SIDES = (128, 256, 512)
"""Sides of a crop in pixels: a step on the largest takes about half a second on one core."""
FIRST_SIDE = 256
PSNR, CHANGE, SIGMA, LIPSCHITZ = "psnr", "change", "sigma", "lipschitz"
QUANTITIES = {
    PSNR: ("PSNR", "How near to the photograph", f"{CONVENTIONS['psnr_plain'].label} in dB"),
    CHANGE: ("Change", "What each step still changes: how it converges", "Change of a step, RMS"),
    SIGMA: (
        "σ",
        "Which σ the denoiser is asked about at every step: it falls where the denoiser is told σ",
        "σ asked about",
    ),
    LIPSCHITZ: (
        "Lipschitz",
        "The largest singular value of the denoiser's Jacobian at every step, for the σ it is asked about, "
        "at the middle 64 × 64 pixels: above 1 it stretches some change of its input",
        "Largest σ of J",
    ),
}


class RestorePage(QWidget):
    """Which part, what is wrong with it and how it is undone at the left; pictures and PSNR at the right.

    A problem is posed as soon as its settings are there; restoring waits for Start and goes on unseen.
    """

    def __init__(self, context: AppContext, desk: PhotoDesk) -> None:
        super().__init__()
        self.setObjectName(PAGE)
        self._desk = desk
        self.restoring = Restoring(context, self)
        self.denoisers = RestoreDenoisers(context, desk, self)
        self._method = PENALISED
        self._curve = ""
        self.picker = CropPicker(f"{PAGE}.crop", "Crop of the photograph", FIRST_SIDE)
        self.sides = SegmentedControl(
            {str(side): (str(side), f"Restore a crop of {side} × {side} pixels") for side in SIDES},
            f"{PAGE}.side",
            "Side of the crop in pixels",
        )
        self.sides.current = str(FIRST_SIDE)
        self.form = RestoreForm(PAGE, SECTIONS, check, relevant)
        self.form.fill(defaults())
        self.start = QPushButton("Start", objectName=f"{PAGE}.start")
        self.start.setAccessibleName("Start or stop restoring")
        self.start.setProperty("primary", True)
        self.models_bar = ModelsBar(desk, PAGE)
        self.methods = QComboBox(objectName=f"{PAGE}.method")
        self.methods.setToolTip("Which of the denoisers is the prior")
        self.methods.setAccessibleName("The denoiser that is the prior")
        self.methods.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.message = MessageBar()
        self.message.setObjectName(f"{PAGE}.message")
        let_drop(self, desk, self.message)
        self._saver = PictureSaver(self, context, self.message)
        self.viewer = Viewer(f"{PAGE}.viewer")
        self.viewer_bar = ViewerBar(self.viewer, PAGE)
        self.note = note(f"{PAGE}.note", lines=3)
        self.quantity = SegmentedControl(
            {key: (words, tip) for key, (words, tip, _) in QUANTITIES.items()},
            f"{PAGE}.quantity",
            "What is plotted after every step",
        )
        self.plot = StudioPlot(f"{PAGE}.plot", "After every step")
        self.plot.canvas.x_axis.integers = True
        self.plot.set_labels(x="Step", y=QUANTITIES[CHANGE][2])
        self.plot.log = True
        self.plot.set_labels(y=QUANTITIES[PSNR][2])
        self.plot.set_empty_text("PSNR of both restorations, step by step")
        self.plot.add_curve(CONTROL, CONTROL_TITLE, CONTROL_ROLE, "dash")
        self._arrange()
        # Several things change in one go: they are followed once.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._follow)
        self.quantity.currentChanged.connect(self._show_quantity)
        self.sides.currentChanged.connect(lambda side: self.picker.set_side(int(side)))
        self.picker.cropChanged.connect(self._soon.start)
        self.form.changed.connect(self._settings_changed)
        self.methods.activated.connect(self._choose_method)
        self.start.clicked.connect(self.start_or_stop)
        for changed in (desk.photo_changed, desk.work_changed, desk.settings_changed):
            changed.connect(self._soon.start)
        desk.models_changed.connect(self._soon.start)
        self.denoisers.changed.connect(self._models_changed)
        self.denoisers.failed.connect(self._failed)
        self.restoring.changed.connect(self._show)
        self.restoring.failed.connect(self._failed)
        self.viewer.save_asked.connect(self.ask_where_to_save)
        self._actions = self._make_actions()
        self._models_changed()
        self._show()
        self.viewer_bar.prefer(CONTROL, LEARNT)

    def commands(self) -> list[QAction]:
        """For the menu and the command palette, while the page is on show."""
        return [*self._actions, *self.viewer_bar.actions_]

    def save_state(self, settings: QSettings) -> None:
        """Remember what is asked for and how pictures are looked at."""
        state = {
            "form": self.form.state(),
            "method": self._method,
            "side": self.sides.current,
            "mode": self.viewer.mode,
        }
        settings.setValue("restore", json.dumps(state))

    def restore_state(self, settings: QSettings) -> None:
        """The inverse of `save_state`; what cannot be used is passed over."""
        try:
            state = dict(parse_json(str(settings.value("restore", ""))))
        except (ValueError, TypeError):
            return
        self.form.restore(str(state.get("form", "")))
        self._method = str(state.get("method", PENALISED))
        self._models_changed()
        if state.get("side") in [str(side) for side in SIDES]:
            self.sides.current = str(state["side"])
        if state.get("mode") in (SIDE_BY_SIDE, SPLIT, BLINK):
            self.viewer_bar.modes.current = str(state["mode"])

    # --- by hand ---------------------------------------------------------------------------------------

    def start_or_stop(self) -> None:
        """What the button says."""
        if self.restoring.running:
            self.restoring.stop()
            return
        self._follow()  # what was chosen this moment counts
        prior = self._prior()
        if prior is not None:
            self.message.hide()
            self.restoring.start(prior)

    def ask_where_to_save(self, key: str) -> None:
        """Choose a file for one of the pictures."""
        entry = self.viewer.entries.get(key)
        if entry is not None and entry.levels and self._desk.photo is not None:
            self._saver.ask(self._desk.photo.name, key, entry.title, lambda: entry.levels[0])

    def save(self, key: str, path: Path) -> None:
        """Write one of the pictures as a PNG, in its own resolution."""
        entry = self.viewer.entries[key]
        if entry.levels:
            self._saver.save(entry.title, lambda: entry.levels[0], path)

    # --- following -------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Have posed what the desk and the settings say now."""
        if not self.isVisible():
            return
        photo, config = self._desk.photo, self.form.config
        if config is not None:
            self.denoisers.follow(config.problem.noise)
        self.picker.set_empty_text(f"Opening {self._desk.opening}…" if self._desk.opening else "")
        self.picker.set_pixels(None if photo is None else photo.pixels)
        crop = self.picker.crop
        if photo is None or crop is None or config is None:
            self.restoring.want(None)
        else:
            self.restoring.want(DegradationQuestion(photo, crop, config.problem))
        self._show()

    def _settings_changed(self) -> None:
        if self.restoring.running:
            prior = self.form.config.prior if self.form.config is not None else None
            if self.restoring.snapshot is None or self.restoring.snapshot.prior.config != prior:
                self.restoring.stop()
        self._soon.start()

    def _models_changed(self) -> None:
        """Offer the methods there are; what they are asked for stays chosen while it is there."""
        self.restoring.stop()
        models = self.denoisers.models
        with QSignalBlocker(self.methods):
            self.methods.clear()
            for method in models:
                self.methods.addItem(method_label(method), method)
            self.methods.setCurrentIndex(max(self.methods.findData(self._method), 0) if models else -1)
        self.methods.setEnabled(bool(models))
        self._soon.start()

    def _choose_method(self) -> None:
        self._method = str(self.methods.currentData())
        self.restoring.stop()
        self._soon.start()

    def _prior(self) -> Prior | None:
        """What Start would go by; None while there is a `_reason`."""
        method, config = self.methods.currentData(), self.form.config
        loaded = self.denoisers.models.get(method)
        if loaded is None or config is None or self.restoring.posed is None:
            return None
        asked = prior_of(loaded)
        prior: PriorConfig = config.prior
        return None if asked is None else Prior(str(method), loaded, asked, prior)

    def _reason(self) -> str:
        """Why nothing can be started; "" if it can."""
        desk, loaded = self._desk, self.denoisers.models.get(self.methods.currentData())
        if self.form.problems:
            return self.form.problems[0]
        if desk.photo is None:
            return f"Opening {desk.opening}…" if desk.opening else "Open a photograph under Photo."
        if self.picker.crop is None:
            return f"The photograph is too small: a crop needs {STRIDE} × {STRIDE} pixels."
        if self.restoring.refusal:
            return self.restoring.refusal
        if loaded is None:
            known = self.denoisers.known
            return "No denoisers are open: open or train some." if known else "Opening the denoisers…"
        if prior_of(loaded) is None:
            return "This denoiser's file does not say for which σ it was trained: take another one."
        return "" if self.restoring.posed is not None else "Preparing…"

    # --- showing ---------------------------------------------------------------------------------------

    def _show(self) -> None:
        restoring, reason = self.restoring, self._reason()
        self.start.setText("Stop" if restoring.running else "Start")
        self.start.setEnabled(restoring.running or not reason)
        tip = "Stop here and keep what there is" if restoring.running else "Restore what is seen"
        self.start.setToolTip(f"{reason or tip} (Ctrl+Shift+Return)")
        self._steer.setText("&Stop restoring" if restoring.running else "&Start restoring")
        self._steer.setEnabled(self.start.isEnabled())
        self.viewer.show_entries(entries_of(restoring, reason))
        words = progress(restoring, self._prior(), reason, self.picker.crop, self._desk)
        self.note.setText(words)
        self._show_curves()

    def _show_curves(self) -> None:
        snapshot = self.restoring.snapshot
        if snapshot is None:
            self.plot.clear()
            return
        method = snapshot.prior.method
        if method != self._curve:
            if self._curve:
                self.plot.remove_curve(LEARNT)
            self.plot.add_curve(LEARNT, f"Learnt prior: {method_label(method)}", *method_color(method))
            self._curve = method
        steps = range(1, snapshot.step + 1)  # beside the first guess the rest would be one line
        learnt, control = {
            PSNR: (snapshot.learnt_psnr, snapshot.control_psnr),
            CHANGE: (snapshot.learnt_change, snapshot.control_change),
            SIGMA: (snapshot.sigmas, ()),
            LIPSCHITZ: (snapshot.lipschitz, ()),
        }[self.quantity.current]
        for key, values in ((LEARNT, learnt[1:]), (CONTROL, control[1:])):
            self.plot.set_data(key, steps if values else (), values)
        self.plot.refresh()

    def _show_quantity(self, quantity: str) -> None:
        self.plot.set_labels(y=QUANTITIES[quantity][2])
        self.plot.set_visible(CONTROL, quantity in (PSNR, CHANGE))
        self.plot.set_empty_text(
            "Choose “Lipschitz constant: Yes” at the left, and start"
            if quantity == LIPSCHITZ
            else "Both restorations, step by step"
        )
        self._show_curves()
        self.plot.autoscale()

    def _failed(self, title: str, failure: Failure) -> None:
        self.message.show_error(title, failure.text, failure.details)

    def _arrange(self) -> None:
        heading = QLabel("Crop of the photograph")
        heading.setFont(ui_font(bold=True))
        top = QHBoxLayout()
        top.addWidget(heading)
        top.addStretch()
        top.addWidget(self.sides)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self.picker, 2)
        column.addWidget(self.form, 3)
        column.addWidget(self.note)
        left.setFixedWidth(scaled(44 * GRID))
        label = QLabel("&Prior")
        label.setBuddy(self.methods)
        first = QHBoxLayout()
        first.setSpacing(GRID)
        first.addWidget(self.start)
        first.addStretch(1)
        first.addWidget(self.models_bar)
        first.addSpacing(GRID)
        first.addWidget(label)
        first.addWidget(self.methods)
        second = QHBoxLayout()
        second.addWidget(self.viewer_bar)
        second.addStretch(1)
        convention = QLabel(CONVENTION, objectName=f"{PAGE}.convention")
        convention.setProperty("tone", "muted")
        convention.setWordWrap(True)
        convention.setFont(ui_font(0.92))
        pictures = QWidget()
        shown = QVBoxLayout(pictures)
        shown.setContentsMargins(0, 0, 0, 0)
        shown.setSpacing(GRID // 2)
        shown.addWidget(self.viewer, 1)
        below = QHBoxLayout()
        below.setSpacing(2 * GRID)
        below.addWidget(convention, 1)
        below.addWidget(self.quantity)
        shown.addLayout(below)
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.setChildrenCollapsible(False)
        halves.addWidget(pictures)
        halves.addWidget(self.plot)
        halves.setStretchFactor(0, 1)
        halves.setStretchFactor(1, 0)
        halves.setSizes([60 * GRID, 24 * GRID])
        right = QVBoxLayout()
        right.setSpacing(GRID)
        right.addLayout(first)
        right.addLayout(second)
        right.addWidget(halves, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2 * GRID)
        whole.addWidget(left)
        whole.addLayout(right, 1)
        self.message.lie_over(halves)

    def _make_actions(self) -> list[QAction]:
        self._steer = QAction("&Start restoring", self, objectName=f"{PAGE}.action.start")
        self._steer.setShortcut(QKeySequence("Ctrl+Shift+Return"))
        self._steer.triggered.connect(self.start_or_stop)
        save = QAction("Sa&ve picture…", self, objectName=f"{PAGE}.action.save")
        save.setShortcut(QKeySequence(QKeySequence.StandardKey.Save))
        save.triggered.connect(self._save_current)
        found = [self._steer, save]
        for action in found:
            action.setVisible(False)
        return found

    def _save_current(self) -> None:
        """The picture with the keyboard, or the restored one."""
        focused = next((key for key, pane in self.viewer.panes.items() if pane.hasFocus()), LEARNT)
        self.ask_where_to_save(focused)

    # --- Qt's own --------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for action in self._actions:
            action.setVisible(True)
        self._soon.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        for action in self._actions:
            action.setVisible(False)
