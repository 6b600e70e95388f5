"""Reading a run folder, live while another process writes it."""

from __future__ import annotations

import threading
import traceback
from dataclasses import replace
from functools import partial

from jnn_studio.app.engine.feed import RunFeed
from jnn_studio.training.events import UNDER_WAY, Started, State, StateChanged
from jnn_studio.training.folder.liveness import Pulse
from jnn_studio.training.folder.run_files import RunState
from jnn_studio.training.folder.run_folder import RunFolder, RunGoneError
from jnn_studio.training.kind import find_kind, run_members

POLL_SECONDS = 1.0


class RunFollower:
    """A thread that fills a feed from a run folder until the run is finished or gone, or it is closed.

    A run that was stopped, or whose process died or is held up, may move again: it is then followed again.
    Whatever the folder holds, what can be read of it is shown, and what cannot is said: in the notes of
    another `Started`, or, where there is nothing to go on with, in a `StateChanged` to "failed".
    """

    def __init__(self, feed: RunFeed) -> None:
        self.feed = feed
        self._folder = RunFolder(feed.path)
        self._pulse = Pulse(feed.path)
        self._closing = threading.Event()
        self._metrics = self._spectra = 0
        self._preview = self._arrays = -1
        self._told: tuple[State, str] | None = None
        self._noted: tuple[str, ...] = ("",)
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
        try:
            self._start(self._state(), ())
            shown: RunState | None = None
            while shown is None or (shown.state != "finished" and not self._closing.wait(POLL_SECONDS)):
                # The state is read before the logs: when it says "finished" they are complete.
                state = self._state()
                if state != shown or state.state in UNDER_WAY:
                    self._read(state)
                shown = state
        except RunGoneError as error:
            self.feed.put(StateChanged("failed", 0, f"{error}."))
        except Exception as error:  # a bug, since reading raises nothing; the page must not wait for ever
            reason = f"cannot read the run in {self.feed.path}: {error}"
            self.feed.put(StateChanged("failed", 0, reason, traceback.format_exc()))

    def _start(self, state: RunState, notes: tuple[str, ...]) -> None:
        config = self.feed.config
        self.feed.put(
            Started(
                config.shown_name,
                run_members(config),
                state.step,
                config.schedule.steps,
                state.device,
                notes,
            )
        )
        self._noted = (state.device, *notes)

    def _read(self, state: RunState) -> None:
        """Everything that is new."""
        feed, folder = self.feed, self._folder
        keys = tuple(member.key for member in run_members(feed.config))
        self._read_metrics(keys)
        while not self._closing.is_set():
            found, self._spectra = folder.spectra_from(keys, self._spectra)
            if not found:
                break
            feed.spectra.extend(found)
        preview = folder.latest_preview(keys, self._preview)
        if preview is not None:
            self._preview = preview.step
            feed.preview.put(preview)
        arrays = folder.latest_arrays(self._arrays, partial(find_kind(feed.config.kind).misfit, feed.config))
        if arrays is not None:
            self._arrays = arrays.step
            feed.arrays.put(arrays)
        notes = tuple(note for note in folder.notes if note != state.reason)
        if (state.device, *notes) != self._noted:
            self._start(state, notes)
        if self._told != (state.state, state.reason):
            self._told = (state.state, state.reason)
            feed.put(StateChanged(state.state, state.step, state.reason))

    def _read_metrics(self, keys: tuple[str, ...]) -> None:
        """All there are, in portions small enough to leave the interface its share of the interpreter."""
        while not self._closing.is_set():
            metrics, self._metrics = self._folder.metrics(self._metrics, keys)
            if not metrics:
                break
            self.feed.metrics.extend(metrics)

    def _state(self) -> RunState:
        state = self._folder.state()
        if state.state in UNDER_WAY:
            self._folder.check_there()
            sign = self._pulse.feel(state)
            ended = sign.life in ("lost", "dead")
            return replace(state, state="stopped" if ended else state.state, reason=sign.words)
        return state
