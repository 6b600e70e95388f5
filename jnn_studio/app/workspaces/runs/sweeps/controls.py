"""The column at the left of the front: which sweep, how far it is, start and stop, the chosen model."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from jnn_studio.app.plain_text import literal
from jnn_studio.app.theme import GRID, scaled, ui_font
from jnn_studio.app.widgets.eliding_combo import ElidingCombo
from jnn_studio.app.widgets.number_box import WholeNumberBox
from jnn_studio.app.workspaces.runs.sweeps.watch import Known
from jnn_studio.base.text import counted, duration, printable
from jnn_studio.runs.columns import figure
from jnn_studio.sweeps.measuring import SKILL, TANGENT_ENERGY
from jnn_studio.sweeps.points import SweepPoint, SweepView
from jnn_studio.training.words import PSNR

WIDTH = 40 * GRID


class SweepControls(QWidget):
    """Shows and asks; does nothing itself.

    Signals:
        chosen: (Path) another sweep is to be shown.
        new_asked, start_asked, stop_asked: a button was pressed.
    """

    chosen = Signal(object)
    new_asked = Signal()
    start_asked = Signal()
    stop_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(scaled(WIDTH))
        self.sweeps = ElidingCombo("runs.sweeps.choice", "The sweep that is shown, of those in your folders")
        self.new = _button("new", "&New sweep…", "Train many runs that differ in what you choose")
        self.words = QLabel(objectName="runs.sweeps.words")
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(5 * GRID)
        self.progress = QProgressBar(objectName="runs.sweeps.progress")
        self.progress.setAccessibleName("Runs that are finished")
        self.progress.setTextVisible(False)
        self.workers = WholeNumberBox("runs.sweeps.workers")
        self.workers.setRange(1, 1_024)
        self.workers.setValue(max(1, (os.cpu_count() or 2) - 1))
        self.workers.setAccessibleName("Runs at a time")
        self.workers.setToolTip(
            "How many runs are trained at a time, each in a process of its own; this window wants a core too"
        )
        self.workers.setFixedWidth(scaled(9 * GRID))
        at_a_time = QLabel("At a &time")
        at_a_time.setBuddy(self.workers)
        self.start = _button("start", "&Go on", "Train what is left of the sweep")
        self.stop = _button(
            "stop", "&Stop all", "Stop all runs of the sweep after their steps, and keep them"
        )
        self.point = QLabel(objectName="runs.sweeps.point")
        self.point.setWordWrap(True)
        self.point.setFont(ui_font(digits=True))
        self.point.setAccessibleName("The model that is chosen")
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.sweeps, 1)
        top.addWidget(self.new)
        doing = QHBoxLayout()
        doing.setSpacing(GRID)
        doing.addWidget(at_a_time)
        doing.addWidget(self.workers)
        doing.addStretch(1)
        for button in (self.start, self.stop):
            doing.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(top)
        column.addWidget(self.words)
        column.addWidget(self.progress)
        column.addLayout(doing)
        column.addSpacing(GRID)
        column.addWidget(self.point)
        column.addStretch(1)
        self.sweeps.activated.connect(lambda index: self.chosen.emit(self.sweeps.itemData(index)))
        self.new.clicked.connect(self.new_asked)
        self.start.clicked.connect(self.start_asked)
        self.stop.clicked.connect(self.stop_asked)

    def offer(self, known: Known, shown: Path | None) -> None:
        """Offer these sweeps."""
        there = [(self.sweeps.itemData(i), self.sweeps.itemText(i)) for i in range(self.sweeps.count())]
        names = [(path, literal(printable(name))) for path, name in known]
        with QSignalBlocker(self.sweeps):
            if there != names:
                self.sweeps.clear()
                for path, name in names:
                    self.sweeps.addItem(name, path)
                    self.sweeps.setItemData(
                        self.sweeps.count() - 1, printable(str(path)), Qt.ItemDataRole.ToolTipRole
                    )
            paths = [path for path, _ in known]
            self.sweeps.setCurrentIndex(paths.index(shown) if shown in paths else -1)
        self.sweeps.describe()
        self.sweeps.setEnabled(bool(names))

    def show_view(self, view: SweepView | None, ours: bool, stopping: bool, can: bool) -> None:
        """How the sweep on show stands.

        ``ours``: this program trains it; ``can``: it could train one.
        """
        left = view is not None and not view.problem and view.finished + view.pruned != view.total
        self.start.setEnabled(left and view is not None and not view.under_way and can)
        self.stop.setEnabled(ours and not stopping)
        self.words.setText(_words(view, ours, stopping))
        self.progress.setRange(0, max(1, 1 if view is None else view.total))
        self.progress.setValue(0 if view is None else view.finished + view.pruned)

    def show_point(self, view: SweepView | None, point: SweepPoint | None) -> None:
        """What there is to know of the model that is chosen."""
        if view is None or point is None:
            self.point.setText("")
            return
        lines = [
            view.label_of(point),
            f"PSNR {figure(point.worth(PSNR), '.2f') or '—'} dB",
            f"Effective rank {figure(point.rank, '.3g') or '—'}",
            f"Tangent energy {figure(point.worth(TANGENT_ENERGY), '.2f')}"
            if point.worth(TANGENT_ENERGY)
            else "",
            f"Attribute skill {figure(point.worth(SKILL), '.2f')}" if point.worth(SKILL) is not None else "",
            f"{point.state}, {point.run.step:,} of {counted(point.run.steps, 'step')}"
            + ("" if point.run.seconds is None else f" in {duration(point.run.seconds)}"),
        ]
        self.point.setText("\n".join(printable(line) for line in lines if line))


def _words(view: SweepView | None, ours: bool, stopping: bool) -> str:
    if view is None:
        return (
            "A sweep trains the unregularised model once and any number of η against it. Begin one, or "
            "choose one there is."
        )
    if view.problem:
        return printable(view.problem)
    runs = {point.run.id: point.run for point in view.points}.values()
    training = sum(run.under_way for run in runs)
    failed = sum(run.state == "failed" for run in runs)
    parts = [f"{view.finished} of {counted(view.total, 'run')} finished"]
    if training:
        parts.append(f"{training} being trained" + ("" if ours else " by another process"))
    if view.pruned:
        parts.append(f"{view.pruned} pruned")
    if failed:
        parts.append(f"{failed} failed")
    words = ", ".join(parts)
    if stopping:
        return f"{words}. Stopping after their steps…"
    if view.under_way and not training:
        return f"{words}. Beginning…"
    return f"{words}."


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text, objectName=f"runs.sweeps.{name}")
    button.setToolTip(tip)
    button.setAccessibleName(text.replace("&", "").rstrip("…"))
    button.setAutoDefault(False)
    return button
