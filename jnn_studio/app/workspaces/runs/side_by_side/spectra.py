"""The last singular values of several runs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jnn_studio.app.plots.curves import SpectrumPlot
from jnn_studio.app.workspaces.runs.side_by_side.curves import NOTHING, READING
from jnn_studio.app.workspaces.runs.side_by_side.drawn import DrawnMember
from jnn_studio.runs.curves import RunCurves
from jnn_studio.runs.summary import RunSummary

EMPTY = "Select runs that log singular values to see the last ones together"


class RunSpectraPlot(SpectrumPlot):
    """One curve for each model that is drawn of the runs."""

    def __init__(self) -> None:
        super().__init__("runs.spectra", "Last singular values")
        self.set_empty_text(EMPTY)
        self._drawn: tuple[DrawnMember, ...] = ()

    def show_runs(self, drawn: Sequence[DrawnMember]) -> None:
        """Have a curve for each; what they are is still to come."""
        if tuple(drawn) != self._drawn:
            for old in self._drawn:
                self.remove_curve(str(old.key))
            self._drawn = tuple(drawn)
            for new in drawn:
                self.add_model(str(new.key), new.label, new.role, new.style)
            self.autoscale()
            self.set_empty_text(READING if drawn else EMPTY)

    def show_spectra(self, runs: Sequence[RunSummary], curves: Mapping[Path, RunCurves]) -> None:
        """Draw what was read."""
        for member in self._drawn:
            found = curves.get(runs[member.run].path)
            sigma = found.sigma.get(member.member, ()) if found is not None else ()
            self.set_spectrum(str(member.key), sigma)
        self.set_empty_text(NOTHING if runs else EMPTY)
        self.refresh()
