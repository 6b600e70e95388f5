"""Sweeps, in Runs: begun, stopped and gone on with as one; their models on a front that leads to Explore."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.theme import GRID, scaled, ui_font
from jnn_studio.app.widgets.eliding_label import ElidingLabel
from jnn_studio.app.workspaces.runs.sweeps.controls import SweepControls
from jnn_studio.app.workspaces.runs.sweeps.front_plot import FrontPlot
from jnn_studio.app.workspaces.runs.sweeps.new_sweep import PAGE, NewSweepDialog
from jnn_studio.app.workspaces.runs.sweeps.watch import Known, SweepWatch
from jnn_studio.base.watch import Watch
from jnn_studio.explore.columns.front_walk import Front, FrontModel
from jnn_studio.explore.columns.references import member_reference
from jnn_studio.runs.summary import RunSummary
from jnn_studio.sweeps.config import SweepConfig
from jnn_studio.sweeps.folder import SweepFolder
from jnn_studio.sweeps.points import SweepPoint, SweepView
from jnn_studio.sweeps.training import SweepEnded
from jnn_studio.training.config import RunConfig
from jnn_studio.training.folder.run_folder import RunFolder

_SAID = ("penalty.eta", "divergence.beta")


class SweepPage(QWidget):
    """One sweep at a time.

    Signals:
        compared: (runs) the model that is chosen and its neighbours on the front.
        failed: (title, Failure).
        told: (title, text).
    """

    compared = Signal(object)
    failed = Signal(str, object)
    told = Signal(str, str)

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName("runs.sweeps")
        self._context = context
        self.watch = SweepWatch(context, self)
        self.controls = SweepControls()
        self.plot = FrontPlot()
        self.view: SweepView | None = None
        self._shown: Path | None = None
        self._chosen = ""
        self.slider = QSlider(Qt.Orientation.Horizontal, objectName="runs.front.slider")
        self.slider.setAccessibleName("Along the front")
        self.slider.setToolTip("Choose a model of the front, from few directions to many")
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.at = ElidingLabel("", "runs.front.at")
        self.at.setFont(ui_font(digits=True))
        self.at.setFixedWidth(scaled(26 * GRID))
        self.explore = QPushButton("E&xplore along the front", objectName="runs.front.explore")
        self.explore.setToolTip(
            "Walk the chosen model between its neighbours; a slider there leads along the front"
        )
        self.explore.setAccessibleName("Explore along the front")
        self.explore.setAutoDefault(False)
        self.actions_by_button = {
            name: (_action(self, name, text, button.toolTip()), button)
            for name, text, button in (
                ("new", "New s&weep…", self.controls.new),
                ("start", "&Go on with the sweep", self.controls.start),
                ("stop", "&Stop the sweep", self.controls.stop),
                ("walk", "Explore along the &front", self.explore),
            )
        }
        self._arrange()
        self._connect()
        self._show()

    def commands(self) -> list[QAction]:
        """What can be done with the sweep on show."""
        return [action for action, _ in self.actions_by_button.values()]

    def _arrange(self) -> None:
        along = QHBoxLayout()
        along.setSpacing(GRID)
        for widget, stretch in (
            (QLabel("Along the front"), 0),
            (self.slider, 1),
            (self.at, 0),
            (self.explore, 0),
        ):
            along.addWidget(widget, stretch)
        right = QVBoxLayout()
        right.setSpacing(GRID)
        right.addWidget(self.plot, 1)
        right.addLayout(along)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        row.addWidget(self.controls)
        row.addLayout(right, 1)

    def _connect(self) -> None:
        self.watch.listed.connect(self._show_known)
        self.watch.seen.connect(self._show_seen)
        self.watch.failed.connect(self.failed)
        self.controls.chosen.connect(self.show_sweep)
        self.controls.new_asked.connect(self.ask_new)
        self.controls.start_asked.connect(self.go_on)
        self.controls.stop_asked.connect(self._context.sweeping.stop)
        self.plot.picked.connect(self._pick)
        self.plot.worthChanged.connect(self._show)
        self.slider.valueChanged.connect(self._slide)
        for action, button in self.actions_by_button.values():
            action.triggered.connect(button.click)
        self.explore.clicked.connect(self.walk)
        self._context.sweeping.changed.connect(self.watch.look)
        self._context.sweeping.changed.connect(self._show)
        self._context.sweeping.ended.connect(self._ended)

    # --- which sweep -----------------------------------------------------------------------------------

    def show_sweep(self, path: Path | None, begun: bool = False) -> None:
        """Have a sweep on show."""
        self._shown, self.view, self._chosen = path, None, ""
        self.plot.show_view(None)
        self.watch.show(path, begun)
        self._show()

    def _show_known(self, known: Known) -> None:
        if self._shown is None and known:
            running = self._context.sweeping.path
            self.show_sweep(running if running is not None else known[0][0])
        self.controls.offer(known, self._shown)

    def _show_seen(self, view: SweepView) -> None:
        if view != self.view:
            self.view = view
            self.plot.show_view(view)
            self._show()

    # --- training -------------------------------------------------------------------------------------

    def ask_new(self) -> None:
        """Have a sweep described."""
        self._open_dialog(None)

    def ask_like(self, run: RunSummary) -> None:
        """Have a sweep described that has the settings of a run in common."""

        def read(_: Watch) -> RunConfig:
            return RunFolder(run.path).config()

        self._context.loading.request(
            self,
            "run's settings",
            read,
            lambda config: self.ask_with(f"The run {run.name}", config),
            self._context.telling(self.failed, "Cannot read the run's settings"),
        )

    def ask_with(self, name: str, config: RunConfig) -> None:
        """Have a sweep described whose runs have these settings, called ``name``, in common."""
        table = config.model_dump(mode="json", exclude={"only"}, exclude_none=True)
        self._open_dialog((name, table))

    def _open_dialog(self, base: tuple[str, dict[str, Any]] | None) -> None:
        if self.findChild(NewSweepDialog, PAGE) is None:
            dialog = NewSweepDialog(self, base)
            dialog.begun.connect(self.begin)
            dialog.open()

    def begin(self, config: SweepConfig) -> None:
        """Train a new sweep where runs go."""
        path = self._context.new_run_folder(config.name)

        def create(_: Watch) -> Path:
            return SweepFolder.create(path, config).path

        def created(path: Path) -> None:
            self._context.runs.take_in(path)
            self.show_sweep(path, begun=True)
            self._context.sweeping.start(path, self.controls.workers.value())

        failed = self._context.telling(self.failed, "Cannot begin the sweep")
        self._context.loading.request(self, "new sweep", create, created, failed, kept=True)

    def go_on(self) -> None:
        """Train what is left of the sweep on show."""
        if self._shown is not None:
            self._context.sweeping.start(self._shown, self.controls.workers.value())

    def _ended(self, path: Path, how: SweepEnded | Failure) -> None:
        self._context.runs.refresh()
        if isinstance(how, Failure):
            self.failed.emit("The sweep could not be trained", how)
        elif how.failed:
            words = "\n".join(f"{run.run.config.shown_name}: {run.reason}" for run in how.failed)
            self.failed.emit("Runs of the sweep failed", Failure(words, ""))

    # --- the front --------------------------------------------------------------------------------------

    def _show(self) -> None:
        sweeping = self._context.sweeping
        view, path = self.view, self._shown
        ours = path is not None and sweeping.path == path
        can = sweeping.path is None and not self._context.closing
        self.controls.show_view(view, ours, ours and sweeping.stopping, can)
        front = self.plot.front
        keys = [point.key for point in self.plot.points]
        if self._chosen not in keys:
            self._chosen = front[-1].key if front else ""
        on_front = [point.key for point in front]
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(len(front) - 1, 0))
            if self._chosen in on_front:
                self.slider.setValue(on_front.index(self._chosen))
        self.slider.setEnabled(len(front) > 1)
        self._show_chosen()

    def _show_chosen(self) -> None:
        point = self.chosen
        self.plot.choose(self._chosen)
        self.controls.show_point(self.view, point)
        self.at.setText("" if self.view is None or point is None else self.view.label_of(point))
        self.explore.setEnabled(point is not None and point.run.explorable)
        for action, button in self.actions_by_button.values():
            action.setEnabled(button.isEnabled())
        self.compared.emit(self.compared_runs)

    @property
    def chosen(self) -> SweepPoint | None:
        """The model that is chosen."""
        return next((point for point in self.plot.points if point.key == self._chosen), None)

    @property
    def compared_runs(self) -> tuple[RunSummary, ...]:
        """Its run, and those beside it on the front."""
        point = self.chosen
        if point is None:
            return ()
        walked, index = self._walked(point)
        near = walked[max(index - 1, 0) : index + 2]
        return tuple({one.run.id: one.run for one in near}.values())

    def _pick(self, key: str) -> None:
        """A point was clicked: its model stands in Explore beside its neighbours."""
        self._choose(key)
        self.walk()

    def _slide(self, index: int) -> None:
        if index < len(self.plot.front):
            self._choose(self.plot.front[index].key)

    def _choose(self, key: str) -> None:
        self._chosen = key
        on_front = [point.key for point in self.plot.front]
        if key in on_front:
            with QSignalBlocker(self.slider):
                self.slider.setValue(on_front.index(key))
        self._show_chosen()

    def _walked(self, point: SweepPoint) -> tuple[list[SweepPoint], int]:
        """The front, and ``point`` in its place among it where it is beaten; and where it is."""
        points = list(self.plot.front)
        if point not in points:
            points.append(point)
            points.sort(key=lambda one: one.rank or 0.0)
        return points, points.index(point)

    def walk(self) -> None:
        """Walk the chosen model between its neighbours in Explore."""
        point, view = self.chosen, self.view
        if point is None or view is None:
            return
        points, _ = self._walked(point)
        points = [one for one in points if one.run.explorable]
        twin = next((one for one in view.points if one.twin and one.run.explorable), None)
        if point in points:
            models = tuple(_model(view, one) for one in points)
            front = Front(view.name, models, None if twin is None else _model(view, twin))
            self._context.front_requested.emit(front, points.index(point))


def _action(parent: QWidget, name: str, text: str, tip: str) -> QAction:
    action = QAction(text, parent, objectName=f"runs.action.sweep_{name}")
    action.setToolTip(tip)
    return action


def _model(view: SweepView, point: SweepPoint) -> FrontModel:
    rank = "" if point.rank is None else f"rank {point.rank:.3g}"
    words = ", ".join(filter(None, (view.label_of(point), rank)))
    # What it says of itself, such as its η, stands behind its name anyway.
    said = [f"{view.labels[n]} {v}" for n, v in point.values.items() if n in view.labels and n not in _SAID]
    name = ", ".join(filter(None, (*(["unregularised"] if point.twin else []), *said, rank)))
    return FrontModel(member_reference(point.run.path, point.member.key), name[:1].upper() + name[1:], words)
