"""The thread that trains."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.base.watch import Watch
from jnn_studio.training.events import UNDER_WAY, Event, StateChanged
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands


@dataclass(frozen=True)
class _TrainingJob:
    feed: RunFeed
    commands: Commands
    events: Callable[[], Iterator[Event]]


class TrainingThread:
    """One long-lived thread that trains one run at a time and tells its feed about it."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_TrainingJob | None] = queue.SimpleQueue()
        self._current: _TrainingJob | None = None
        self._thread = threading.Thread(target=self._serve, name="training", daemon=True)
        self._thread.start()

    @property
    def feed(self) -> RunFeed | None:
        """The run being prepared, trained or paused, or None."""
        job = self._current
        return None if job is None else job.feed

    def start(self, feed: RunFeed) -> None:
        """Train ``feed.config`` into the new folder ``feed.path``."""
        commands = Commands()
        self._submit(
            feed, commands, lambda: start_run(feed.config, feed.path, commands, Watch(feed.preparing.put))
        )

    def resume(self, feed: RunFeed) -> None:
        """Go on with the run in ``feed.path``."""
        commands = Commands()
        self._submit(feed, commands, lambda: resume_run(feed.path, commands, Watch(feed.preparing.put)))

    def send(self, command: Command) -> None:
        """Ask something of the current run; nothing happens if there is none."""
        job = self._current
        if job is not None:
            job.commands.send(command)

    def close(self, timeout: float) -> bool:
        """End after the current run, which must have been told to stop; whether it ended in time."""
        self._jobs.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _submit(self, feed: RunFeed, commands: Commands, events: Callable[[], Iterator[Event]]) -> None:
        if self._current is not None:
            raise RuntimeError("a run is under way; stop it first")
        self._current = _TrainingJob(feed, commands, events)
        self._jobs.put(self._current)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            last = self._train(job)
            self._current = None
            job.feed.put(last)
            del job, last

    def _train(self, job: _TrainingJob) -> StateChanged:
        """Run to the end; the closing event is handed out only when the thread is free again."""
        last = StateChanged("failed", 0, "the run ended without saying why")
        try:
            for event in job.events():
                if isinstance(event, StateChanged) and event.state not in UNDER_WAY:
                    last = event
                else:
                    job.feed.put(event)
        except BaseException as error:  # whatever it is, the thread lives on, and the window can end
            return StateChanged("failed", 0, str(error) or type(error).__name__, traceback.format_exc())
        return last
