"""Training denoisers: several methods side by side on the same images and noise."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.plots.curves import LOSS_TERMS
from jnn_studio.app.steering.controls import Controls
from jnn_studio.app.steering.desk import RunDesk
from jnn_studio.app.steering.progress import ProgressView
from jnn_studio.app.steering.run_plots import PSNR, Look, RunPlots
from jnn_studio.app.theme import GRID
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.app.workspaces.denoise.method_colors import method_color
from jnn_studio.app.workspaces.denoise.train.form import TrainForm
from jnn_studio.app.workspaces.denoise.train.settings import PAGE
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.experiment import NOISY, SPECTRUM_SIDE
from jnn_studio.training.events import MemberInfo

WORDS = {
    "start": ("&Start", "Train a network for each chosen method with the settings of the form"),
    "open": ("&Open run…", "Show a denoising run: finished, stopped, or being written elsewhere"),
    "explore": ("&Use on photos", "Take this run's denoisers, as of its newest checkpoint, to the photo"),
}
INVITATION = "Press Start to train the chosen methods on the same images and noise."
LOOK = Look(
    PAGE,
    {
        PSNR: (
            "PSNR",
            "Quality on held-out images, range 2 (images in [-1, 1]), clipped: more is better",
            "Held-out PSNR in dB, range 2, clipped",
        ),
        "data": (
            "Data",
            "½‖f(y) − target‖² against what the method learns from: clean, noisy again, or y itself; "
            "comparable between methods that have the same target only",
            "½ squared error per image",
        ),
        "penalty": LOSS_TERMS["penalty"],
        "total": ("Total", "What is minimised: data + η · penalty", "Total loss per image"),
    },
    method_color,
    (
        "Losses of all methods and their PSNR on held-out images",
        f"Singular values of the denoisers' Jacobians at a noisy {SPECTRUM_SIDE} × {SPECTRUM_SIDE} crop",
    ),
    "dB PSNR (range 2, clipped)",
    tall=True,
)


class _Plots(RunPlots):
    """Adds the noisy images' own row."""

    def set_models(self, members: tuple[MemberInfo, ...]) -> None:
        self.previews.add_model(NOISY, "Noisy", "what all methods are given", "muted")
        super().set_models(members)


class TrainPage(RunDesk, QWidget):
    """Settings at the left, the run on show at the right.

    Signals:
        photo_wanted: (path) somebody wants to see this run's denoisers on a photo.
    """

    photo_wanted = Signal(object)

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName(PAGE)
        self.context = context
        self.init_desk(PAGE, DenoiseConfig, "denoisers", "Denoise/recent_runs")
        self.form = TrainForm(context)
        self.controls = Controls(PAGE, WORDS)
        self.progress = ProgressView(PAGE, INVITATION)
        self.message = MessageBar()
        self.message.setObjectName(f"{PAGE}.message")
        self.plots = _Plots(LOOK)
        right = QVBoxLayout()
        right.setSpacing(GRID)
        for part in (self.controls, self.progress, self.message):
            right.addWidget(part)
        right.addWidget(self.plots, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(GRID)
        whole.addWidget(self.form)
        whole.addLayout(right, 1)
        self.addActions(self.commands())
        self.connect_desk()
        self._show_status()

    def commands(self) -> list[QAction]:
        """What can be asked of the run on show."""
        return list(self.controls.run_actions.values())

    def _explore(self) -> None:
        if self.status is not None:
            self.photo_wanted.emit(self.status.feed.path)
