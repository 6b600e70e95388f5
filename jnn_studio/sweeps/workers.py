"""The processes of a sweep: one per core or GPU, as many as a person allows."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any

import torch

from jnn_studio.sweeps.worker import News, SweepJob, work

_LEAVING_SECONDS = 30.0
"""For a worker to save what it trains; a step of a large model may take as long as some of these."""


@dataclass
class WorkerProcess:
    """One of them, and the run it trains."""

    process: BaseProcess
    pipe: Any
    job: SweepJob | None = None

    def give(self, job: SweepJob) -> None:
        """Have a run trained; a worker that is gone is noticed by `Workers.wait`."""
        self.job = job
        with suppress(OSError):
            self.pipe.send(job)

    def stop(self) -> None:
        """Have the present run stopped and kept."""
        if self.job is not None:
            with suppress(OSError):
                self.pipe.send(self.job.path)


def gpus() -> tuple[str, ...]:
    """What CUDA calls the GPUs that this process may use."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if not torch.cuda.is_available():
        return ()
    names = allowed.split(",") if allowed else [str(i) for i in range(torch.cuda.device_count())]
    return tuple(name.strip() for name in names)[: torch.cuda.device_count()]


def most_useful(device: str) -> int:
    """Workers that a machine has room for: one per GPU where there are any to be used, else one per core."""
    on_gpu = gpus() if device in ("auto", "cuda") else ()
    return len(on_gpu) or os.cpu_count() or 1


class Workers:
    """Started when they are needed, and again when one is gone; threads of the CPU are divided among them."""

    def __init__(self, count: int, device: str) -> None:
        self._count = count
        self._gpus = gpus() if device in ("auto", "cuda") else ()
        # Not forked: torch's threads do not outlive that.
        self._context = multiprocessing.get_context("spawn")
        self._all: list[WorkerProcess] = []
        self._begun = 0

    @property
    def busy(self) -> Sequence[WorkerProcess]:
        """Those that train."""
        return [worker for worker in self._all if worker.job is not None]

    @property
    def room(self) -> int:
        """Runs that could be given out."""
        return self._count - len(self.busy)

    def give(self, job: SweepJob) -> None:
        """Have a run trained by a worker that is free, or a new one."""
        free = next((worker for worker in self._all if worker.job is None), None) or self._begin()
        free.give(job)

    def wait(self, seconds: float) -> list[tuple[SweepJob, News]]:
        """What they said within this time; a worker that is gone says that its run has "ended" as "lost"."""
        end = time.monotonic() + seconds
        said: list[tuple[SweepJob, News]] = []
        while not said and (left := end - time.monotonic()) > 0:
            waited = {worker.pipe: worker for worker in self._all}
            if not waited:
                time.sleep(left)
                break
            for pipe in connection.wait(list(waited), left):
                said += self._hear(waited[pipe])
        return said

    def _hear(self, worker: WorkerProcess) -> list[tuple[SweepJob, News]]:
        said: list[tuple[SweepJob, News]] = []
        job = worker.job
        try:
            while worker.pipe.poll():
                news = worker.pipe.recv()
                if job is not None:
                    said.append((job, news))
                    if news.what == "ended":
                        job = worker.job = None
        except (EOFError, OSError):
            self._all.remove(worker)
            worker.pipe.close()
            worker.process.join(_LEAVING_SECONDS)
            if job is not None:
                code = worker.process.exitcode
                said.append((job, News("ended", state="lost", reason=_how(code))))
        return said

    def stop_run(self, job: SweepJob) -> None:
        """Have a run stopped and kept."""
        for worker in self.busy:
            if worker.job is job:
                worker.stop()

    def stop(self) -> None:
        """Have all present runs stopped and kept."""
        for worker in self.busy:
            worker.stop()

    def close(self) -> None:
        """Let them end; they save what they train."""
        for worker in self._all:
            worker.pipe.close()
        for worker in self._all:
            worker.process.join(_LEAVING_SECONDS)
        self._all = []

    def _begin(self) -> WorkerProcess:
        ours, theirs = self._context.Pipe()
        number, self._begun = self._begun, self._begun + 1
        device = self._gpus[number % len(self._gpus)] if self._gpus else None
        # All cores but one, as `leave_a_core_free` has it: threads of one product wait for each other.
        threads = max(1, ((os.cpu_count() or 1) - 1) // self._count)
        process = self._context.Process(
            target=work, args=(theirs, threads, device), name=f"sweep worker {number}", daemon=True
        )
        process.start()
        theirs.close()
        worker = WorkerProcess(process, ours)
        self._all.append(worker)
        return worker


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"Its process was ended by signal {-code}, for example for lack of memory."
    return f"Its process ended with exit code {code}."
