"""Reading a run folder, live while another process writes it."""

from __future__ import annotations

import threading
import time

from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.base.errors import StudioError
from jnn_studio.training.events import UNDER_WAY, Started, State, StateChanged
from jnn_studio.training.kind import run_members
from jnn_studio.training.run_folder import RunFolder, RunState

POLL_SECONDS = 1.0
STALE_SECONDS = 15.0
"""A running run that has not said so for this long was killed, or its machine is out of reach."""


class RunFollower:
    """A thread that fills a feed from a run folder until the run has ended or it is closed."""

    def __init__(self, feed: RunFeed) -> None:
        self.feed = feed
        self._folder = RunFolder(feed.path)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="run follower", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it is still reading."""
        return self._thread.is_alive()

    def close(self, timeout: float = 5.0) -> None:
        """Stop reading."""
        self._closing.set()
        self._thread.join(timeout)

    def _follow(self) -> None:
        feed, config = self.feed, self.feed.config
        offset = spectra = shown = 0
        drawn = -1
        told: tuple[State, str] | None = None
        try:
            members = run_members(config)
            keys = tuple(member.key for member in members)
            feed.put(Started(config.name, members, self._state().step, config.schedule.steps, "", ()))
            while True:
                # The state is read before the logs: when it says "finished" they are complete.
                state = self._state()
                offset = self._read_metrics(offset)
                found = self._folder.spectra(keys, spectra)
                spectra += len(found)
                feed.spectra.extend(found)
                preview = self._folder.latest_preview(keys)
                if preview is not None and preview.step >= shown:
                    shown = preview.step + 1
                    feed.preview.put(preview)
                arrays = self._folder.latest_arrays(drawn)
                if arrays is not None:
                    drawn = arrays.step
                    feed.arrays.put(arrays)
                if told != (state.state, state.reason):
                    told = (state.state, state.reason)
                    feed.put(StateChanged(state.state, state.step, state.reason))
                if state.state not in UNDER_WAY or self._closing.wait(POLL_SECONDS):
                    return
        except (StudioError, OSError, ValueError, KeyError, EOFError) as error:
            feed.put(StateChanged("failed", 0, f"cannot read the run in {feed.path}: {error}"))

    def _read_metrics(self, offset: int) -> int:
        """All there are, in portions small enough to leave the interface its share of the interpreter."""
        while not self._closing.is_set():
            metrics, offset = self._folder.metrics(offset)
            if not metrics:
                break
            self.feed.metrics.extend(metrics)
        return offset

    def _state(self) -> RunState:
        state = self._folder.state()
        if state.state in UNDER_WAY and time.time() - state.heartbeat > STALE_SECONDS:
            reason = "The process that trained this run ended without saying so. Resume it to go on."
            return RunState("stopped", state.step, state.heartbeat, reason)
        return state
