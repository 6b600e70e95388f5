"""What every workspace shares: the threads, the settings, and the run under way."""

from __future__ import annotations

import re
import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QTimer, Signal, SignalInstance

from jnn_studio.app.engine.bridge import Bridge
from jnn_studio.app.engine.feed import Rare, RunFeed
from jnn_studio.app.engine.follower import RunFollower
from jnn_studio.app.engine.run_list import RunList
from jnn_studio.app.engine.sweeping import Sweeping
from jnn_studio.app.engine.training import TrainingThread
from jnn_studio.app.engine.worker import Failure, Worker
from jnn_studio.app.preferences import PreferenceStore
from jnn_studio.base.heap import give_back_free_memory
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.explore.state import ExploreState
from jnn_studio.runs.places import RunPlaces, standard_data_folder, standard_memory, standard_runs_folder
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import UNDER_WAY, StateChanged
from jnn_studio.training.step.commands import Command

TICK_MS = 33
HEAP_MS = 60_000
"""How often what was freed is given back to the system."""
PROBLEMS = 20
OTHERS_SECONDS = 5.0
"""How long the threads beside training are waited for at the end, together."""


class AppContext(QObject):
    """Made once by the main window and handed to the workspaces.

    Signals:
        ticked: about 30 times a second; the one timer that drains feeds.
        run_event: (feed, Started | StateChanged | CheckpointSaved) on the main thread.
        run_started: (feed) a run was handed to the training thread.
        run_ended: (feed, StateChanged) the training thread is free again.
        explore_requested: (path) somebody wants to walk the models of this run.
        compare_requested: ([(reference, name)]) somebody wants to walk these models side by side.
        front_requested: (Front, index) somebody wants to walk along a front, beginning at this model.
        sweep_requested: (name, RunConfig) somebody wants to vary settings of runs like this one.
        open_requested: (path, kind, resume) a run is to be shown by the page for its kind, and resumed.
        run_requested: (path) a run is to be shown among all runs, wherever it lies.
        list_requested: somebody wants to see all runs.
        page_requested: (title) a workspace is to be made, if it is not there yet, and shown.
        training_requested: (FacesConfig | FolderConfig, how many) somebody wants to train on these images.
        message: (title, text, details) something to tell that is not tied to a control.
    """

    ticked = Signal()
    run_event = Signal(object, object)
    run_started = Signal(object)
    run_ended = Signal(object, object)
    explore_requested = Signal(object)
    compare_requested = Signal(object)
    front_requested = Signal(object, int)
    sweep_requested = Signal(str, object)
    open_requested = Signal(object, str, bool)
    run_requested = Signal(object)
    list_requested = Signal()
    page_requested = Signal(str)
    training_requested = Signal(object, int)
    message = Signal(str, str, str)

    def __init__(self, settings: QSettings, first: ExploreState | None = None) -> None:
        super().__init__()
        self.settings = settings
        self.preferences = PreferenceStore(settings, self)
        self.first = first
        """What Explore is to show at first; None: what was in view last time."""
        self.bridge = Bridge()
        self._workers: list[Worker] = []
        self.inference = self.new_worker("inference")
        self.loading = self.new_worker("loading")
        self.training = TrainingThread()
        self.sweeping = Sweeping(self.bridge, self)
        self.runs = RunList(
            self.new_worker("runs"),
            RunPlaces(self.data_folder),
            lambda: self.runs_folder,
            standard_memory(),
            self,
        )
        self.closing = False
        """Set once the program is on its way out."""
        self._followers: list[RunFollower] = []
        self._at_close: list[Callable[[], None]] = []
        self.problems: deque[str] = deque(maxlen=PROBLEMS)
        """What nobody caught since the start, with its traceback, for a report of a problem."""
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.bridge.tick)
        self._timer.timeout.connect(self.ticked)
        self._timer.start()
        self._heap_timer = QTimer(self, interval=HEAP_MS)
        self._heap_timer.timeout.connect(self.give_back_free_memory)
        self._heap_timer.start()

    @property
    def runs_folder(self) -> Path:
        """Where new runs go unless somebody says otherwise."""
        return self.preferences.now.runs_folder or standard_runs_folder()

    def new_run_folder(self, name: str) -> Path:
        """The folder for a run of that name which starts now; it is not there yet."""
        slug = re.sub(r"[^\w.]+", "-", name).strip("-.") or "run"
        return self.runs_folder / f"{slug}-{datetime.now():%Y%m%d-%H%M%S}"

    @property
    def data_folder(self) -> Path:
        """Where the program keeps what is a person's own: saved directions, sessions in case of a crash."""
        return Path(str(self.settings.value("data_folder", standard_data_folder())))

    def telling(self, failed: SignalInstance, title: str) -> Callable[[Failure], None]:
        """For a worker's ``failed``: emits (title, failure), unless the program is on its way out."""

        def tell(failure: Failure) -> None:
            if not self.closing:
                failed.emit(title, failure)

        return tell

    def new_worker(self, name: str) -> Worker:
        """A thread for work of one kind, which ends with the program if it is not closed before."""
        worker = Worker(self.bridge, name)
        self._workers = [known for known in self._workers if known.alive] + [worker]
        return worker

    @property
    def can_train(self) -> bool:
        """Whether a run can begin: none is under way, and the program is not on its way out."""
        return self.training.feed is None and not self.closing

    def request_training(self, images: FacesConfig | FolderConfig, count: int) -> None:
        """Go to the page that trains, which is to propose a run on these ``count`` images."""
        self.page_requested.emit("Train")  # first: it may not have been made yet
        self.training_requested.emit(images, count)

    def at_close(self, call: Callable[[], None]) -> None:
        """Have ``call`` called once all threads have ended."""
        self._at_close.append(call)

    def new_feed(self, config: RunConfig, path: Path, resumed: bool = False) -> RunFeed:
        """A feed whose rare events arrive as `run_event` and `run_ended`."""
        return RunFeed(path, config, self._rare, resumed)

    def start_run(self, config: RunConfig, path: Path) -> RunFeed:
        """Train ``config`` into the new folder ``path``."""
        feed = self.new_feed(config, path)
        self.training.start(feed)
        self.run_started.emit(feed)
        self.runs.take_in(path)
        return feed

    def resume_run(self, config: RunConfig, path: Path) -> RunFeed:
        """Go on with the run in ``path``."""
        feed = self.new_feed(config, path, resumed=True)
        self.training.resume(feed)
        self.run_started.emit(feed)
        return feed

    def follow_run(self, config: RunConfig, path: Path) -> RunFollower:
        """Read the run in ``path``, which another process may be writing; its end is no `run_ended`."""
        follower = RunFollower(RunFeed(path, config, self._followed))
        self._followers = [known for known in self._followers if known.alive] + [follower]
        return follower

    def close(self, training_timeout: float = 60.0) -> None:
        """End all threads: the run under way is stopped and kept."""
        self.closing = True
        self._timer.stop()
        self._heap_timer.stop()
        self.runs.stop()
        self.training.send(Command.STOP)
        others: tuple[RunFollower | Worker, ...] = (*self._followers, *self._workers)
        for other in others:
            other.close(timeout=0)  # all are told before any is waited for
        self.sweeping.stop()
        self.training.close(training_timeout)
        self.sweeping.close(training_timeout)
        end = time.monotonic() + OTHERS_SECONDS
        for other in others:
            other.close(timeout=max(0.0, end - time.monotonic()))
        self.bridge.close()
        for call in self._at_close:
            try:
                call()
            except Exception as error:  # a bug; the others still have to be called
                sys.excepthook(type(error), error, error.__traceback__)

    def give_back_free_memory(self) -> None:
        """What was freed goes back to the system; done by itself now and then."""

        def nothing(_: object) -> None:
            pass

        self.loading.request(self, "free memory", lambda _: give_back_free_memory(), nothing, nothing)

    def _rare(self, feed: RunFeed, event: Rare) -> None:
        """Called on a worker thread."""
        self.bridge.post(lambda: self._arrived(feed, event))

    def _followed(self, feed: RunFeed, event: Rare) -> None:
        """Called on a follower's thread."""
        self.bridge.post(lambda: self.run_event.emit(feed, event))

    def _arrived(self, feed: RunFeed, event: Rare) -> None:
        self.run_event.emit(feed, event)
        if isinstance(event, StateChanged) and event.state not in UNDER_WAY:
            self.run_ended.emit(feed, event)
            self.runs.refresh()
