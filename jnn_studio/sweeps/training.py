"""Training a sweep: its runs are handed to worker processes until all are done, or somebody says stop."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jnn_studio.base.flat_settings import flat_texts
from jnn_studio.sweeps.agenda import Agenda, EndedRun, GridAgenda
from jnn_studio.sweeps.folder import PRUNED, SWEEP, FoundRun, SweepError, SweepFolder
from jnn_studio.sweeps.plan import PlannedRun, plan_grid
from jnn_studio.sweeps.search import SearchAgenda
from jnn_studio.sweeps.worker import News, SweepJob
from jnn_studio.sweeps.workers import Workers, most_useful
from jnn_studio.training.folder.liveness import is_held
from jnn_studio.training.folder.run_folder import RunFolder
from jnn_studio.training.folder.run_parts import step_of
from jnn_studio.training.kind import run_members

LOOK_SECONDS = 0.25
"""Between two looks whether somebody has said stop."""
_LOSSES = 3
"""Times that a run's process may be lost without a checkpoint between them."""


@dataclass(frozen=True)
class SweepBegan:
    """How many runs there will be, on how many processes at a time."""

    name: str
    total: int
    workers: int


@dataclass(frozen=True)
class RunBegan:
    """A run is being trained; ``step``: from where it goes on."""

    run: PlannedRun
    path: Path
    step: int


@dataclass(frozen=True)
class RunAt:
    """It has taken so many steps."""

    run: PlannedRun
    step: int


@dataclass(frozen=True)
class RunEnded:
    """It has ended; ``before``: in an earlier session."""

    ended: EndedRun
    before: bool = False


@dataclass(frozen=True)
class SweepEnded:
    """All are done, or somebody said stop; ``failed``: those of which nothing has come."""

    state: Literal["finished", "stopped"]
    failed: tuple[EndedRun, ...] = ()


SweepEvent = SweepBegan | RunBegan | RunAt | RunEnded | SweepEnded


def agenda_of(folder: SweepFolder) -> Agenda:
    """What a sweep trains; raises what `plan_grid` and `SearchAgenda` raise."""
    if folder.config.search is None:
        return GridAgenda(plan_grid(folder.id, folder.config, str(folder.path / SWEEP)))
    return SearchAgenda(folder, folder.config.search, folder.runs())


def train_sweep(
    folder: SweepFolder, workers: int | None = None, stop: Callable[[], bool] = lambda: False
) -> Iterator[SweepEvent]:
    """Train what is left of a sweep; iterate to make it happen. Closing the iterator is to say stop.

    Args:
        workers: runs at a time; None: as ``sweep.toml`` says, or one per core or GPU.
        stop: asked now and then; once it says so, all runs are stopped and kept.

    Raises:
        RunInUseError: another process trains it.
        SweepError, ConfigError: ``sweep.toml`` describes no sweep, or not that of the runs there are.
    """
    with folder.owned():
        agenda = agenda_of(folder)
        try:
            device = folder.base().schedule.device
            count = min(workers or folder.config.workers or most_useful(device), agenda.total)
            yield from _Training(folder, agenda, Workers(count, device), stop).run(count)
        finally:
            agenda.close()


class _Training:
    """One session."""

    def __init__(
        self, folder: SweepFolder, agenda: Agenda, workers: Workers, stop: Callable[[], bool]
    ) -> None:
        self._folder, self._agenda, self._workers, self._stop = folder, agenda, workers, stop
        self._found = folder.runs()
        self._again: deque[PlannedRun] = deque()
        """Those to be tried once more, and those that another process still holds."""
        self._at_work: dict[Path, PlannedRun] = {}
        self._pruned: set[str] = set()
        self._lost: Counter[tuple[str, int]] = Counter()
        self._failed: list[EndedRun] = []
        self._stopping = False

    def run(self, count: int) -> Iterator[SweepEvent]:
        """To its end."""
        try:
            yield SweepBegan(self._folder.config.name, self._agenda.total, count)
            while True:
                if not self._stopping and self._stop():
                    self._stopping = True
                    self._workers.stop()
                left = False if self._stopping else (yield from self._give_out())
                if not self._workers.busy and not left:
                    break
                for job, news in self._workers.wait(LOOK_SECONDS):
                    yield from self._hear(job, news)
            yield SweepEnded("stopped" if self._stopping else "finished", tuple(self._failed))
        finally:
            self._workers.close()

    def _give_out(self) -> Generator[SweepEvent, None, bool]:
        """Keep all workers busy; whether anything is left to be given out."""
        held: list[PlannedRun] = []
        left = True
        while self._workers.room > 0:
            run = self._again.popleft() if self._again else self._agenda.next()
            if run is None:
                left = False
                break
            found = self._found.get(run.id)
            if found is not None:
                _check(found, run)
                state = RunFolder(found.path).state().state
                if state == "finished" and self._folder.measured(run.id) is not None:
                    yield self._end(EndedRun(run, found.path, "finished"), before=True)
                    continue
                if is_held(found.path):  # by a worker of a session that was killed, which saves it
                    held.append(run)
                    continue
            path = found.path if found is not None else self._folder.room(run.folder)
            checkpoint = RunFolder(path).latest_checkpoint() if found is not None else None
            step = step_of(checkpoint) if checkpoint is not None else 0
            self._at_work[path] = run
            member = run_members(run.config)[-1].key
            table = self._folder.config.attributes
            self._workers.give(SweepJob(path, run.table, (run.id, run.twin), member, table))
            yield RunBegan(run, path, step)
        self._again.extend(held)
        return left or bool(self._again)

    def _hear(self, job: SweepJob, news: News) -> Iterator[SweepEvent]:
        run = self._at_work[job.path]
        if news.what == "at":
            yield RunAt(run, news.step)
            if news.psnr is not None and self._agenda.hear(run, news.step, news.psnr):
                self._pruned.add(run.id)
                self._workers.stop_run(job)
            return
        del self._at_work[job.path]
        self._found.pop(run.id, None)  # stopped before its first checkpoint it is gone
        found = self._folder.run_at(job.path)
        if found is not None:
            self._found[found.id] = found
        if news.state == "finished":
            if news.measured is not None:
                self._folder.keep_measured(run.id, news.measured)
            yield self._end(EndedRun(run, job.path, "finished"))
        elif news.state in ("stopped", "discarded") and run.id in self._pruned:
            self._folder.keep_measured(run.id, PRUNED)
            yield self._end(EndedRun(run, job.path, "pruned"))
        elif news.state in ("stopped", "discarded", "lost") and self._stopping:
            yield self._end(EndedRun(run, job.path, "stopped", news.reason))
        elif news.state in ("stopped", "discarded", "lost"):
            checkpoint = RunFolder(job.path).latest_checkpoint()
            lost = (run.id, -1 if checkpoint is None else step_of(checkpoint))
            self._lost[lost] += 1
            if self._lost[lost] < _LOSSES:
                self._again.append(run)
            else:
                yield self._end(EndedRun(run, job.path, "failed", news.reason))
        elif is_held(job.path):
            self._again.append(run)
        else:
            yield self._end(EndedRun(run, job.path, "failed", news.reason))

    def _end(self, ended: EndedRun, before: bool = False) -> RunEnded:
        self._agenda.ended(ended)
        if ended.outcome == "failed":
            self._failed.append(ended)
        return RunEnded(ended, before)


def _check(found: FoundRun, run: PlannedRun) -> None:
    """Whether a run is what is planned; its name may be another."""
    there, planned = flat_texts(found.config), flat_texts(run.config)
    other = sorted(
        name
        for name in there.keys() | planned.keys()
        if there.get(name) != planned.get(name) and name != "name"
    )
    if other:
        raise SweepError(
            f"the run in {found.path} has other settings than {SWEEP} says ({', '.join(other[:4])}); put "
            f"{SWEEP} back as it was, or begin a new sweep"
        )
