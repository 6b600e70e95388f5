"""A process that trains one run of a sweep after the other, as it is told over a pipe.

It ends by itself, and saves what it trains, when the other end of the pipe is closed: also when the process
that began the sweep was killed.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from jnn_studio.base.errors import Cancelled, StudioError
from jnn_studio.base.watch import Watch
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.identity import new_identity
from jnn_studio.training.events import Event, Metrics, StateChanged
from jnn_studio.training.folder.run_folder import RunFolder, is_run
from jnn_studio.training.running import resume_run, start_run
from jnn_studio.training.step.commands import Command, Commands
from jnn_studio.training.words import PSNR


@dataclass(frozen=True)
class SweepJob:
    """A run to train and measure: one in ``path`` is gone on with, else it begins there with this ``table``.

    Attributes:
        identity: (id, id of its twin).
        member: the model whose held-out PSNR is to be told.
        attributes: table by which it is measured, "" for none.
    """

    path: Path
    table: dict[str, Any]
    identity: tuple[str, str]
    member: str
    attributes: str = ""


@dataclass(frozen=True)
class News:
    """What a worker says: at which step its run is, with which held-out PSNR if there is one; or how it
    ended: its state, the reason, and what was measured of its models."""

    what: Literal["at", "ended"]
    step: int = 0
    psnr: float | None = None
    state: str = ""
    reason: str = ""
    measured: Mapping[str, Mapping[str, float]] | None = None


def work(pipe: Connection, threads: int, device: str | None) -> None:
    """The process.

    Args:
        pipe: gives `SweepJob`s, or the path of one to have it stopped and kept; takes `News`.
        threads: for tensors on the CPU.
        device: the one GPU it is to see, as CUDA names it.
    """
    if device is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = device
    import torch

    torch.set_num_threads(threads)
    Worker(pipe).serve()


class Worker:
    """Reads the pipe on one thread and trains on the other."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._jobs: queue.SimpleQueue[SweepJob | None] = queue.SimpleQueue()
        self._doing: tuple[Path | None, Commands] = (None, Commands())
        self._leaving = False
        # What a terminal sends, it sends to all that were started from it; this one is told over its pipe.
        for name in ("SIGINT", "SIGHUP", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self._leave())

    def serve(self) -> None:
        """Until the pipe is closed."""
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        while (job := self._jobs.get()) is not None:
            self._say(self._train(job))

    def _listen(self) -> None:
        while True:
            try:
                order = self._pipe.recv()
            except (EOFError, OSError):
                self._leave()
                return
            path, commands = self._doing
            if isinstance(order, SweepJob):
                self._jobs.put(order)
            elif order == path:
                commands.send(Command.STOP)

    def _leave(self) -> None:
        self._leaving = True
        self._jobs.put(None)
        self._doing[1].send(Command.STOP)

    def _say(self, news: News) -> None:
        with suppress(OSError):  # nobody listens any more: the pipe's other end says so to the other thread
            self._pipe.send(news)

    def _train(self, job: SweepJob) -> News:
        commands = Commands()
        self._doing = job.path, commands
        if self._leaving:
            commands.send(Command.STOP)
        last = StateChanged("failed", 0, "The run gave no sign of itself.")
        step = 0
        try:
            for event in _events(job, commands):
                match event:
                    case StateChanged():
                        last = event
                    case Metrics() if event.member == job.member and PSNR in event.terms:
                        step = event.step
                        self._say(News("at", step, event.terms[PSNR]))
                    case Metrics() if event.step > step:
                        step = event.step
                        self._say(News("at", step))
                    case _:
                        pass
            measured = self._measured(job) if last.state == "finished" else None
        except (StudioError, ValueError, OSError) as error:
            return News("ended", step, state="failed", reason=str(error))
        return News("ended", last.step, state=last.state, reason=last.reason, measured=measured)

    def _measured(self, job: SweepJob) -> Mapping[str, Mapping[str, float]] | None:
        """Nothing where it is called off: then it is done the next time."""
        from jnn_studio.sweeps.measuring import measure

        watch = Watch(unwanted=lambda: self._leaving or self._doing[1].poll() is not None)
        with suppress(Cancelled):
            return measure(job.path, RunFolder.open(job.path).config(), watch, job.attributes)
        return None


def _events(job: SweepJob, commands: Commands) -> Iterator[Event]:
    if is_run(job.path):
        state = RunFolder(job.path).state()
        if state.state == "finished":
            return iter([StateChanged("finished", state.step)])
        return resume_run(job.path, commands)
    config = validate_config(job.table, str(job.path))
    return start_run(config, job.path, commands, identity=new_identity(*job.identity))
