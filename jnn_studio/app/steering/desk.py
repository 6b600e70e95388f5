"""What a page does that starts, steers and shows runs of one kind. One run is on show at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import Rare, RunFeed
from jnn_studio.app.engine.follower import RunFollower
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.recent import RecentPaths
from jnn_studio.app.steering.controls import Controls
from jnn_studio.app.steering.dialogs import ask_run_folder, confirm_discard, withdraw_discard
from jnn_studio.app.steering.drain import Drain
from jnn_studio.app.steering.progress import ProgressView
from jnn_studio.app.steering.rate import RateMeter
from jnn_studio.app.steering.status import Status
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.training.commands import Command
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Arrays, MemberInfo, Metrics, Preview, Spectrum, Started, StateChanged
from jnn_studio.training.run_folder import RunFolder, RunFolderError

PORTION = 2_000
"""Logged values shown per tick: a few milliseconds' work."""


class RunForm(Protocol):
    """Where the next run is described."""

    config: Any
    problems: list[str]

    def target(self, config: Any) -> Path:
        """The folder for a run that starts now."""

    def target_started(self) -> None:
        """That folder is taken."""

    def offer(self, config: Any) -> None:
        """These are the settings of the run on show."""

    def show_problem(self) -> None:
        """Bring the first wrong value into view."""


class RunView(Protocol):
    """What one sees of a run. Only `refresh` draws."""

    def clear(self) -> None:
        """Forget the run."""

    def set_models(self, members: tuple[MemberInfo, ...]) -> None:
        """The run's models."""

    def add_metrics(self, metrics: Sequence[Metrics]) -> None:
        """Logged values."""

    def add_spectra(self, spectra: Sequence[Spectrum]) -> None:
        """Singular values."""

    def show_preview(self, preview: Preview) -> None:
        """The newest reconstructions."""

    def show_arrays(self, arrays: Arrays) -> None:
        """The newest fields."""

    def refresh(self) -> None:
        """Draw what is new."""


class RunDesk:
    """Mixed into a widget that has these attributes; ``page`` begins names, ``kind`` is the configuration
    that this page has plots for and ``holds`` what such a run holds, in words."""

    page: str
    kind: type[RunConfig]
    holds: str
    context: AppContext
    form: RunForm
    plots: RunView
    controls: Controls
    progress: ProgressView
    message: MessageBar

    def init_desk(self, page: str, kind: type[RunConfig], holds: str, recent: str) -> None:
        """Before anything else; ``recent`` names the list of runs in the settings."""
        self.page, self.kind, self.holds = page, kind, holds
        self.status: Status | None = None
        self._own: Status | None = None
        """The run trained here, on show or not."""
        self._follower: RunFollower | None = None
        self._resuming = False
        self._busy: RunFeed | None = None
        self._recent = RecentPaths(self.context.settings, recent)

    def connect_desk(self) -> None:
        """Have buttons, timer and runs heard; call it once all parts are made."""
        context = self.context
        for name, do in (
            ("start", self._start),
            ("mend", self.form.show_problem),
            ("pause", partial(self._ask_trainer, Command.PAUSE)),
            ("go_on", partial(self._ask_trainer, Command.RESUME)),
            ("stop", partial(self._ask_trainer, Command.STOP)),
            ("discard", self._ask_discard),
            ("resume", self._resume),
            ("explore", self._explore),
            ("back", self._back),
            ("open", self._ask_open),
        ):
            self.controls.on(name, do)
        self.controls.recent.menu().aboutToShow.connect(self._fill_recent)
        self.form.changed.connect(self._show_possible)
        context.ticked.connect(self._tick)
        context.run_started.connect(self._run_started)
        context.run_event.connect(self._run_event)

    # --- steering ----------------------------------------------------------------------------------------

    def _start(self) -> None:
        config = self.form.config
        if config is not None and self.context.training.feed is None:
            self.context.start_run(config, self.form.target(config))
            self.form.target_started()

    def _resume(self) -> None:
        status = self.status
        if status is not None and status.can_resume and self.context.training.feed is None:
            self._resuming = True
            self.context.resume_run(status.feed.config, status.feed.path)

    def _ask_trainer(self, command: Command) -> None:
        status = self.status
        if status is not None and status.here:
            asked = {Command.PAUSE: "pause", Command.RESUME: "resume", Command.STOP: "stop"}
            status.asked = asked.get(command, "discard")  # type: ignore[assignment]
            self.context.training.send(command)
            self._show_status()

    def _ask_discard(self) -> None:
        status = self.status
        if status is None:
            return
        if status.started is None and not status.resumed:
            self._ask_trainer(Command.DISCARD)  # nothing has been trained that could be lost
            return

        def discard() -> None:
            if self.status is status:
                self._ask_trainer(Command.DISCARD)

        confirm_discard(self, status.feed.config.name, status.feed.path, discard)

    def _explore(self) -> None:
        if self.status is not None:
            self.context.explore_requested.emit(self.status.feed.path)

    # --- choosing what to show ---------------------------------------------------------------------------

    def open_run(self, path: Path) -> None:
        """Show the run in a folder, and go on reading it while it is being written."""
        kind = self.kind
        self.context.loading.request(
            f"{self.page}.open",
            lambda _: _config(path, kind, self.holds),
            partial(self._opened, path),
            partial(self._not_opened, path),
        )

    def _opened(self, path: Path, config: RunConfig) -> None:
        own = self._own
        if own is None or own.ended or own.feed.path != path:
            follower = self.context.follow_run(config, path)
            self._show(Status(follower.feed, here=False, resumed=True), follower)
        elif own.started is None:
            self._show(own)
        else:
            # What it has logged so far is in its folder; what happens to it is known here.
            follower = self.context.follow_run(config, path)
            shown = replace(own, feed=follower.feed, source=own.feed, resumed=True, rate=RateMeter())
            self._show(shown, follower)
            self.plots.set_models(own.started.members)

    def _not_opened(self, path: Path, failure: Failure) -> None:
        self._recent.remove(path)
        self._show_possible()
        self.message.show_error(f"Cannot open the run {path.name}", failure.text, failure.details)

    def _back(self) -> None:
        feed = self.context.training.feed
        if feed is not None:
            self.open_run(feed.path)

    def _ask_open(self) -> None:
        ask_run_folder(self, self.context.runs_folder, self.open_run)

    def _fill_recent(self) -> None:
        menu = self.controls.recent.menu()
        menu.clear()
        for path in self._recent.paths:
            action = menu.addAction(path.name.replace("&", "&&"))
            action.setToolTip(str(path))
            action.triggered.connect(partial(self.open_run, path))
        menu.addSeparator()
        menu.addAction("Clear this list", self._clear_recent)

    def _clear_recent(self) -> None:
        self._recent.clear()
        self._show_possible()

    # --- showing -------------------------------------------------------------------------------------------

    def _show(self, status: Status, follower: RunFollower | None = None) -> None:
        """Put another run on show."""
        self.context.loading.forget(f"{self.page}.open")
        if self._follower is not None:
            self._follower.close(timeout=0)
        self._follower = follower
        before, self.status = self.status, status
        if before is None or before.feed.path != status.feed.path or not status.resumed:
            self.plots.clear()
            self._metrics, self._spectra = Drain(status.feed.metrics), Drain(status.feed.spectra)
        else:
            # The curves go on, with what of the run so far has not been drawn yet.
            status.has_models = before.has_models
            self._metrics.go_on(status.feed.metrics)
            self._spectra.go_on(status.feed.spectra)
        self.message.hide()
        withdraw_discard(self)
        self._show_status()

    def _run_started(self, feed: RunFeed) -> None:
        if not isinstance(feed.config, self.kind):
            self._show_possible()
            return  # another page shows it
        resumed, self._resuming = self._resuming, False
        self._own = Status(feed, here=True, resumed=resumed)
        self._show(self._own)

    def _run_event(self, feed: RunFeed, event: Rare) -> None:
        own, status = self._own, self.status
        if isinstance(event, Started) and isinstance(feed.config, self.kind):
            self._recent.add(feed.path)
        if own is not None and own is not status and feed is own.feed:
            own.take(event)
        if status is not None and feed is (status.source or status.feed):
            status.take(event)
            self._tell(status, event)
        self._show_status()

    def _tell(self, status: Status, event: Rare) -> None:
        """Show what an event of the run on show brings along."""
        feed = status.feed
        if isinstance(event, Started):
            self.plots.set_models(event.members)
            self.form.offer(feed.config)
        elif isinstance(event, StateChanged) and status.ended:
            withdraw_discard(self)
            if event.state == "failed":
                title = f"“{feed.config.name}” failed"
                self.message.show_error(title, event.reason, event.details)
            elif event.state == "discarded":
                self._recent.remove(feed.path)
                self.plots.clear()

    def _tick(self) -> None:
        status = self.status
        here = self.context.training.feed
        if here is not self._busy:
            self._busy = here  # another page has begun or ended a run
            self._show_possible()
        own = self._own is not None and here is self._own.feed
        if here is not None and own and (status is None or here is not status.feed):
            # Nobody looks at it: what it logs is in its folder.
            here.metrics.take()
            here.spectra.take()
            here.preview.take()
            here.arrays.take()
        if status is None:
            return
        preparing = status.feed.preparing.take()
        if preparing is not None and status.started is None:
            status.preparing = preparing
            self._show_status()
        if status.started is not None and status.state != "discarded":
            self._drain(status)

    def _drain(self, status: Status) -> None:
        metrics = self._metrics.take(PORTION)
        spectra = self._spectra.take(PORTION)
        preview = status.feed.preview.take()
        arrays = status.feed.arrays.take()
        for metric in metrics:
            status.measure(metric)
        self.plots.add_metrics(metrics)
        self.plots.add_spectra(spectra)
        if preview is not None:
            self.plots.show_preview(preview)
        if arrays is not None:
            self.plots.show_arrays(arrays)
        if metrics or spectra or preview is not None or arrays is not None:
            self.plots.refresh()
            self._show_status()

    def _show_status(self) -> None:
        self.progress.show_status(self.status)
        self._show_possible()

    def _show_possible(self) -> None:
        feed = self.context.training.feed
        own = self._own is not None and not self._own.ended
        elsewhere = ""
        if feed is not None and not own:
            elsewhere = f"“{feed.config.name}” is being trained on another page; one run at a time."
        self.controls.show_possible(
            self.status, feed is not None, own, self.form.problems, bool(self._recent.paths), elsewhere
        )


def _config(path: Path, kind: type[RunConfig], holds: str) -> RunConfig:
    """The configuration of a run that the page has plots for; raises what `RunFolder.open` raises."""
    config = RunFolder.open(path).config()
    if not isinstance(config, kind):
        raise RunFolderError(f"{path} holds a run of kind {config.kind!r}, not {holds}")
    return config
