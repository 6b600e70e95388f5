"""What is read of the selected runs, away from the interface, and where it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.runs.side_by_side.curves import READING, RunCurvesPlot
from jnn_studio.app.workspaces.runs.side_by_side.drawn import MOST, drawn_members
from jnn_studio.app.workspaces.runs.side_by_side.settings import SettingsTable
from jnn_studio.app.workspaces.runs.side_by_side.spectra import RunSpectraPlot
from jnn_studio.base.watch import Watch
from jnn_studio.runs.comparing import compared, settings_of
from jnn_studio.runs.curves import RunCurves, read_curves
from jnn_studio.runs.summary import RunSummary


@dataclass(frozen=True)
class _Read:
    curves: Mapping[Path, RunCurves]
    settings: Sequence[Mapping[str, str]]


class Comparison(QObject):
    """Curves, last spectra and settings of the runs that are selected.

    Signals:
        failed: (title, Failure).
    """

    failed = Signal(str, object)

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        # One of its own: what else is being opened may take minutes.
        self._worker = context.new_worker("runs side by side")
        self.curves, self.spectra, self.settings = RunCurvesPlot(), RunSpectraPlot(), SettingsTable()
        self._runs: tuple[RunSummary, ...] = ()
        self.shown: tuple[Path, ...] = ()
        """The runs that what is on show was read of."""
        self.curves.wanted.connect(self._read)

    def show_runs(self, runs: Sequence[RunSummary]) -> None:
        """Compare these, as they are now; of many the first few."""
        readable = tuple(run for run in runs if not run.problem)
        if readable != self._runs:
            self._runs = readable
            self._read()

    def _read(self) -> None:
        runs, term = self._runs, self.curves.term
        drawn = drawn_members(runs, self.curves.models.current == "all")
        self.curves.show_runs(runs, drawn, MOST)
        self.spectra.show_runs(drawn)
        if runs and not self.shown:
            self.settings.said.setText(READING)
        paths = [run.path for run in runs[:MOST]]

        def read(watch: Watch) -> _Read:
            curves, settings = {}, []
            for path in paths:
                watch.check()
                curves[path] = read_curves(path, term)
                settings.append(settings_of(path))
            return _Read(curves, settings)

        self._worker.request(
            self,
            "runs side by side",
            read,
            partial(self._show, runs[:MOST]),
            self._context.telling(self.failed, "Cannot read the selected runs"),
        )

    def _show(self, runs: Sequence[RunSummary], read: _Read) -> None:
        self.shown = tuple(run.path for run in runs)
        self.curves.show_curves(runs, read.curves)
        self.spectra.show_spectra(runs, read.curves)
        self.settings.show_rows([run.name for run in runs], compared(runs, read.settings) if runs else [])
