"""What a page does that starts, steers and shows runs. One run is on show at a time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from jnn_studio.app.context import AppContext
from jnn_studio.app.engine.feed import Rare, RunFeed
from jnn_studio.app.engine.follower import RunFollower
from jnn_studio.app.engine.worker import Failure
from jnn_studio.app.steering.controls import Controls
from jnn_studio.app.steering.dialogs import ask_run_folder, confirm_discard, withdraw_discard
from jnn_studio.app.steering.differing import NONE, difference
from jnn_studio.app.steering.drain import Drain
from jnn_studio.app.steering.page_spec import RunPageSpec
from jnn_studio.app.steering.preset_form import ON_SHOW, PresetForm
from jnn_studio.app.steering.progress import ProgressView
from jnn_studio.app.steering.rate import RateMeter
from jnn_studio.app.steering.stage import RunStage
from jnn_studio.app.steering.status import Status
from jnn_studio.app.widgets.message import MessageBar
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import Started, StateChanged
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError
from jnn_studio.training.kind import find_kind
from jnn_studio.training.step.commands import Command

PORTION = 2_000
"""Logged values shown per tick: a few milliseconds' work."""


class RunDesk(QObject):
    """Steers and shows runs of the kinds that a page is for, with the parts of that page.

    Signals:
        explore_wanted: (path) somebody wants to do something with the models of this run.
    """

    explore_wanted = Signal(object)

    def __init__(
        self,
        page: QWidget,
        context: AppContext,
        spec: RunPageSpec,
        form: PresetForm,
        stage: RunStage,
        controls: Controls,
        progress: ProgressView,
        message: MessageBar,
    ) -> None:
        super().__init__(page)
        self._page, self._context, self._spec = page, context, spec
        self._form, self._stage = form, stage
        self._controls, self._progress, self._message = controls, progress, message
        self.status: Status | None = None
        """The run on show."""
        self._own: Status | None = None
        """The run trained here, on show or not."""
        self._follower: RunFollower | None = None
        self._busy: RunFeed | None = None
        self._compared: tuple[RunConfig, RunConfig | None] | None = None
        """The settings of the run and of the form whose difference is on show."""
        for name, do in (
            ("start", self._start),
            ("mend", form.show_problem),
            ("pause", partial(self._ask_trainer, Command.PAUSE)),
            ("go_on", partial(self._ask_trainer, Command.RESUME)),
            ("stop", partial(self._ask_trainer, Command.STOP)),
            ("discard", self._ask_discard),
            ("resume", self._resume),
            ("explore", self._explore),
            ("back", self._back),
            ("open", self._ask_open),
        ):
            controls.on(name, do)
        form.changed.connect(self._form_changed)
        progress.take.clicked.connect(self._take_settings)
        context.ticked.connect(self._tick)
        context.run_started.connect(self._run_started)
        context.run_event.connect(self._run_event)
        context.runs.changed.connect(self._names_changed)
        self._form_changed()
        self._show_status()

    # --- steering ----------------------------------------------------------------------------------------

    def _start(self) -> None:
        config = self._form.config
        if config is not None and self._context.can_train:
            self._context.start_run(config, self._form.target(config))
            self._form.target_started()

    def _resume(self) -> None:
        status = self.status
        if status is not None and status.can_resume and self._context.can_train:
            self._context.resume_run(status.feed.config, status.feed.path)

    def _ask_trainer(self, command: Command) -> None:
        status = self.status
        if status is not None and status.here:
            asked = {Command.PAUSE: "pause", Command.RESUME: "resume", Command.STOP: "stop"}
            status.asked = asked.get(command, "discard")  # type: ignore[assignment]
            self._context.training.send(command)
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

        confirm_discard(self._page, status.name, status.feed.path, discard)

    def _explore(self) -> None:
        if self.status is not None:
            self.explore_wanted.emit(self.status.feed.path)

    # --- choosing what to show ---------------------------------------------------------------------------

    def open_run(self, path: Path, resume: bool = False) -> None:
        """Show the run in a folder, and go on reading it while it is being written.

        ``resume``: go on with it here, if no other run is under way.
        """
        self._context.loading.request(
            self,
            f"{self._spec.name}.open",
            lambda _: _config(path, self._spec),
            partial(self._opened, path, resume),
            partial(self._not_opened, path),
        )

    def _opened(self, path: Path, resume: bool, config: RunConfig) -> None:
        self._context.runs.take_in(path)
        if resume and self._context.can_train:
            self._context.resume_run(config, path)
            return
        own = self._own
        if own is None or own.ended or own.feed.path != path:
            follower = self._context.follow_run(config, path)
            self._show(Status(follower.feed, here=False, resumed=True), follower)
        elif own.started is None:
            self._show(own)
        else:
            # What it has logged so far is in its folder; what happens to it is known here.
            follower = self._context.follow_run(config, path)
            shown = replace(own, feed=follower.feed, source=own.feed, resumed=True, rate=RateMeter())
            self._show(shown, follower)
            self._stage.view.set_models(own.started.members)

    def _not_opened(self, path: Path, failure: Failure) -> None:
        self._context.runs.refresh()
        self._message.show_error(f"Cannot open the run {path.name}", failure.text, failure.details)

    def _back(self) -> None:
        feed = self._context.training.feed
        if feed is not None:
            self.open_run(feed.path)

    def _ask_open(self) -> None:
        ask_run_folder(self._page, self._context.runs_folder, self.open_run)

    # --- showing -------------------------------------------------------------------------------------------

    def _show(self, status: Status, follower: RunFollower | None = None) -> None:
        """Put another run on show."""
        self._context.loading.forget(f"{self._spec.name}.open")
        if self._follower is not None:
            self._follower.close(timeout=0)
        self._follower = follower
        before, self.status = self.status, status
        status.called = self._context.runs.name_of(status.feed.path)
        self._stage.show_kind(status.feed.config)
        if before is None or before.feed.path != status.feed.path or not status.resumed:
            self._stage.view.clear()
            self._metrics, self._spectra = Drain(status.feed.metrics), Drain(status.feed.spectra)
        else:
            # The curves go on, with what of the run so far has not been drawn yet.
            status.has_models = before.has_models
            self._metrics.go_on(status.feed.metrics)
            self._spectra.go_on(status.feed.spectra)
        self._stage.view.show_config(status.feed.config)
        self._stage.view.show_place(status.feed.path)
        self._message.hide()
        withdraw_discard(self._page)
        self._show_status()

    def _run_started(self, feed: RunFeed) -> None:
        if not self._spec.serves(feed.config.kind):
            self._show_possible()
            return  # another page shows it
        self._own = Status(feed, here=True, resumed=feed.resumed)
        self._show(self._own)

    def _run_event(self, feed: RunFeed, event: Rare) -> None:
        own, status = self._own, self.status
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
            self._stage.view.set_models(event.members)
            if find_kind(feed.config.kind).trainable:
                self._form.offer(feed.config)
        elif isinstance(event, StateChanged):
            if status.started is not None and event.state != "discarded":
                self._drain(status)  # it stands or has ended once what it logged before is on show
            if status.ended:
                withdraw_discard(self._page)
            if event.state == "failed":
                title = f"“{status.name}” failed"
                self._message.show_error(title, event.reason, event.details)
            elif event.state == "discarded":
                self._stage.view.clear()

    def _tick(self) -> None:
        status = self.status
        here = self._context.training.feed
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
        self._stage.view.add_metrics(metrics)
        self._stage.view.add_spectra(spectra)
        if preview is not None:
            self._stage.view.show_preview(preview)
        if arrays is not None:
            self._stage.view.show_arrays(arrays)
        if metrics or spectra or preview is not None or arrays is not None:
            self._stage.view.refresh()
            self._show_status()

    def _show_status(self) -> None:
        self._progress.show_status(self.status)
        self._show_difference()
        self._show_possible()

    def _names_changed(self) -> None:
        """Somebody may have given the run on show another name."""
        status = self.status
        called = "" if status is None else self._context.runs.name_of(status.feed.path)
        if status is not None and called != status.called:
            status.called = called
            self._show_status()

    def _show_difference(self) -> None:
        """Say it where the form and the run on show have other settings: each is taken for the other's."""
        status = self.status
        if (
            status is None
            or status.started is None
            or status.state == "discarded"
            or not find_kind(status.feed.config.kind).trainable
        ):
            self._compared = None
            self._progress.show_difference(NONE)
            return
        asked = (status.feed.config, self._form.config)
        if asked != self._compared:
            self._compared = asked
            self._progress.show_difference(difference(*asked, self._form.words))

    def _take_settings(self) -> None:
        if self.status is not None:
            self._form.offer(self.status.feed.config)
            self._form.start_from(ON_SHOW)

    def _form_changed(self) -> None:
        """While no run is on show, the page is about the one that the form describes."""
        words = self._form.words
        self._controls.start_tip, self._progress.invitation = words.start, words.invitation
        if self.status is None or self.status.state == "discarded":
            self._stage.show_kind(self._form.base)
            self._stage.view.show_plan(self._form.config)
        self._show_status()

    def _show_possible(self) -> None:
        feed = self._context.training.feed
        own = self._own is not None and not self._own.ended
        elsewhere = ""
        if feed is not None and not own:
            elsewhere = f"“{feed.config.shown_name}” is being trained on another page; one run at a time."
        explorable = self._spec.explorable
        if explorable is None:
            shown = self.status
            explorable = shown is not None and find_kind(shown.feed.config.kind).network is not None
        self._controls.show_possible(
            self.status,
            feed is not None,
            own,
            self._form.problems,
            explorable,
            elsewhere,
        )


def _config(path: Path, spec: RunPageSpec) -> RunConfig:
    """The configuration of a run that the page has plots for; raises what `RunFolder.open` raises."""
    config = RunFolder.open(path).config()
    if not spec.serves(config.kind):
        page = spec.page_of(config.kind)
        raise RunFolderError(f"{path} holds a run of kind {config.kind!r}; open it in {page}")
    return config
