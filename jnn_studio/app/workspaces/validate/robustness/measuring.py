"""Having a run's networks measured away from the main thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.app.workspaces.validate.robustness.settings import PAGE
from jnn_studio.base.watch import Progress
from jnn_studio.labs.robustness.report import RobustnessReport, make_report, read_report

Show = Callable[[RobustnessReport | None], None]


class Measuring:
    """Measures one run at a time; ``show`` hears of a report, or that there is none.

    A worker of its own: it takes a minute and more, for which nothing else should have to wait.
    """

    def __init__(
        self,
        owner: QObject,
        context: AppContext,
        show: Show,
        progressed: Callable[[Progress], None],
        failed: Callable[[str, str], None],
    ) -> None:
        self._owner, self._context = owner, context
        self._show, self._progressed, self._failed = show, progressed, failed
        self._path: Path | None = None
        self._worker: Worker | None = None
        self.under_way = False

    def look_for_report(self, path: Path) -> None:
        """The run is in ``path``: hand over what was measured of it before, if anything was."""
        if path != self._path:
            self.forget()
        self._path = path
        self._context.loading.request(
            self._owner, f"{PAGE}.read", lambda _: read_report(path), self._show_known, self._not_read
        )

    def begin(self) -> None:
        """Measure the run."""
        path = self._path
        if path is None or self.under_way:
            return
        self.under_way = True
        if self._worker is None:
            self._worker = self._context.new_worker("robustness")
        self._worker.request(
            self._owner,
            f"{PAGE}.measure",
            lambda watch: make_report(path, watch),
            self._ended,
            self._not_measured,
            progressed=self._progressed,
            cancelled=lambda: self._ended(None),
        )

    def cancel(self) -> None:
        """Call it off."""
        if self._worker is not None:
            self._worker.cancel(f"{PAGE}.measure")

    def forget(self) -> None:
        """Another run, or none: nobody wants to hear of this one any more."""
        self._path, self.under_way = None, False
        if self._worker is not None:
            self._worker.forget(f"{PAGE}.measure")
        self._context.loading.forget(f"{PAGE}.read")

    def _show_known(self, report: RobustnessReport | None) -> None:
        if report is not None:
            self._show(report)

    def _ended(self, report: RobustnessReport | None) -> None:
        self.under_way = False
        self._show(report)

    def _not_measured(self, failure: Failure) -> None:
        self.under_way = False
        self._failed(failure.text, failure.details)

    def _not_read(self, failure: Failure) -> None:
        self._failed(failure.text, failure.details)
