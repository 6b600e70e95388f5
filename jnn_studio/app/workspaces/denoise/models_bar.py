"""Which denoisers, and what noise they have learnt on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from jnn_studio.app.file_dialogs import MODELS, ask_file, ask_folder
from jnn_studio.app.run_menu import RunMenu
from jnn_studio.app.theme import GRID
from jnn_studio.app.workspaces.denoise.photo_desk import PhotoDesk
from jnn_studio.base.text import counted
from jnn_studio.labs.denoise.denoisers.methods import ANY, BundledKey
from jnn_studio.labs.denoise.denoisers.models_choice import ModelsChoice, trained_for
from jnn_studio.labs.denoise.denoisers.telling import common_range, share_taken
from jnn_studio.labs.denoise.noisy.noise_model import GAUSSIAN
from jnn_studio.labs.denoise.run import KIND
from jnn_studio.runs.summary import RunSummary

NEAR = 1.1
"""A σ that differs by no more than this factor is the one the denoisers have learnt on."""


class ModelsBar(QWidget):
    """Shows and sets the denoisers of a desk."""

    def __init__(self, desk: PhotoDesk, page: str) -> None:
        super().__init__()
        self.setObjectName(f"{page}.models_bar")
        self._desk = desk
        label = QLabel("&Denoisers")
        self.choice = QComboBox(objectName=f"{page}.models")
        self.choice.setToolTip("The trained networks that are compared")
        self.choice.setAccessibleName("Denoisers")
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.choice.setMaximumWidth(28 * GRID)
        label.setBuddy(self.choice)
        self.open = QPushButton("Op&en…", objectName=f"{page}.open_models")
        self.open.setToolTip("Use denoisers of your own: weights, a .jnnmodel, or a run with all its methods")
        self.open.setAccessibleName("Open denoisers")
        menu = QMenu(self.open)
        menu.addAction("&Weights file…", self.ask_weights)
        menu.addAction("&Run or folder of weights…", self.ask_folder)
        self.runs = RunMenu(desk.context, "R&uns", f"{page}.runs", _has_denoisers, self.open)
        self.runs.chosen.connect(desk.open_models)
        menu.addMenu(self.runs)
        self.open.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        for part in (label, self.choice, self.open):
            row.addWidget(part)
        self.choice.activated.connect(self._choose)
        desk.settings_changed.connect(self._show)
        desk.models_changed.connect(self._show)
        self._show()

    def ask_weights(self) -> None:
        """Choose a weights file."""
        ask_file(self, "Open a denoiser", MODELS, self._desk.open_models)

    def ask_folder(self) -> None:
        """Choose a run, or any folder of weights."""
        start = self._desk.context.runs_folder
        ask_folder(self, "Open a run's denoisers", self._desk.open_models, start if start.is_dir() else None)

    def _choose(self, index: int) -> None:
        choice = self.choice.itemData(index)
        if choice == self._desk.choice:
            return
        if choice.path is None:
            self._desk.use_bundled(choice)
        else:
            self._desk.open_models(choice.path)

    def _show(self) -> None:
        desk = self._desk
        offered = _bundled(desk.bundled_keys)
        known = [self.choice.itemData(index) for index in range(self.choice.count())]
        for choice in (*known, desk.choice):
            if choice.path is not None:
                called = desk.context.runs.name_of(_run_of(choice.path))
                offered.setdefault(choice, called or _run_of(choice.path).name)
        shown = [self.choice.itemText(index) for index in range(self.choice.count())]
        if list(offered) != known or list(offered.values()) != shown:
            with QSignalBlocker(self.choice):
                self.choice.clear()
                for choice, words in offered.items():
                    self.choice.addItem(words, choice)
                    if choice.path is not None:
                        tip = str(choice.path)
                        self.choice.setItemData(self.choice.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.choice.setCurrentIndex(list(offered).index(desk.choice) if desk.choice in offered else 0)


def remark(desk: PhotoDesk) -> tuple[str, str]:
    """(words, tone) about the open denoisers and the noise at hand; empty where there is nothing to say."""
    if not desk.models_known:
        return "", "muted"
    if not desk.models:
        return "No denoisers are open: train some on the page Train, or open weights.", "warning"
    trained, sigma = trained_for(desk.models), desk.told_sigma
    known = common_range(desk.models)
    if known is not None:
        return _told(desk, known)
    if not trained:
        return "These denoisers' files do not say which σ they were trained on.", "muted"
    words = "Trained on σ = " + " and ".join(f"{known:g}" for known in trained) + _steps(desk)
    if any(max(known / sigma, sigma / known) > NEAR for known in trained):
        lacks = "noise to be left in" if sigma > max(trained) else "more blur than is needed"
        return f"{words}. {_about(desk)} σ = {sigma:.3g}: expect {lacks}.", "warning"
    return f"{words}.", "muted"


def _told(desk: PhotoDesk, known: tuple[float, float]) -> tuple[str, str]:
    """The remark about denoisers that can be told σ within ``known``."""
    (least, largest), sigma = known, desk.told_sigma
    steps = _steps(desk)
    words = f"For any σ from {least:g} to {largest:g}{steps and f', trained{steps}'}"
    if sigma > largest:
        return f"{words}. {_about(desk)} σ = {sigma:.3g}: expect noise to be left in.", "warning"
    if sigma < least:
        share = min(share_taken(loaded, sigma) for loaded in desk.models.values())
        return f"{words}. {_about(desk)} σ = {sigma:.3g}: only {share:.0%} of a result is taken.", "muted"
    return f"{words}: told {sigma:.3g}.", "muted"


def _about(desk: PhotoDesk) -> str:
    if desk.noise_kind != GAUSSIAN:
        return "Once stabilised, the noise has" if desk.stabilised else "In the mean, the noise has"
    return "The photograph has" if desk.already_noisy else "The noise has"


def _steps(desk: PhotoDesk) -> str:
    """For how long denoisers from elsewhere have learnt, where it is the same for all."""
    steps = {loaded.info.get("step", "") for loaded in desk.models.values()}
    alike = desk.choice.path is not None and len(steps) == 1
    return f" for {counted(int(step), 'step')}" if alike and (step := steps.pop()).isdigit() else ""


def _bundled(keys: tuple[BundledKey, ...]) -> dict[ModelsChoice, str]:
    """The denoisers that ship, in words: those for any σ, and those for one, which the paper's are."""
    sigmas = [key for key in keys if key != ANY]
    whose = "Bundled, paper's" if ANY in keys else "Bundled"
    nearest = ModelsChoice(paper=ANY in keys)
    offered = {}
    if ANY in keys:
        offered = {
            ModelsChoice(): "Bundled, any σ",
            ModelsChoice(all_methods=True): "Bundled, any σ, all methods",
        }
    offered |= {nearest: f"{whose}, nearest σ"} if sigmas else {}
    offered |= {ModelsChoice(sigma=s): f"{whose}, σ = {s:g}" for s in sigmas}
    return offered or {ModelsChoice(): "Bundled: none"}


def _run_of(path: Path) -> Path:
    """A run's models go by the run's name."""
    return path.parent if path.name == "models" else path


def _has_denoisers(run: RunSummary) -> bool:
    return run.kind == KIND.name and run.step > 0
