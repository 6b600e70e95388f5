"""The training loop: a generator of events, the same for the window, the command line and the tests."""

from __future__ import annotations

import contextlib
import itertools
import time
import traceback
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.system_errors import advice_for
from jnn_studio.training.config import RunConfig
from jnn_studio.training.device import is_out_of_memory
from jnn_studio.training.events import (
    Arrays,
    CheckpointSaved,
    Event,
    MemberInfo,
    Metrics,
    Preview,
    Snapshot,
    Spectrum,
    Started,
    State,
    StateChanged,
)
from jnn_studio.training.experiment import Experiment, FollowsSteps, Member
from jnn_studio.training.folder.checkpoint import (
    CheckpointError,
    DamagedCheckpointError,
    RunProgress,
    Trained,
    load_checkpoint,
    save_checkpoint,
)
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError
from jnn_studio.training.step.commands import Command, Commands
from jnn_studio.training.step.gradient_step import GradientStep, UnevenPartsError
from jnn_studio.training.step.processes import ALONE, LostProcessError, Processes

HEARTBEAT_SECONDS = 2.0


class _NonFinite(Exception):
    """A loss or a weight is NaN or infinite."""


_EXPECTED = (_NonFinite, CheckpointError, RunFolderError, LostProcessError, UnevenPartsError)


class _Ended(Exception):
    """Somebody asked the run to end."""

    def __init__(self, command: Command) -> None:
        self.command = command


class Trainer:
    """Trains an experiment into a run folder; iterate over `run` to make it happen.

    The trainer lives wherever it is iterated. Everything it yields has been written to the folder before.
    """

    def __init__(
        self,
        experiment: Experiment,
        config: RunConfig,
        folder: RunFolder,
        commands: Commands,
        notes: tuple[str, ...] = (),
        processes: Processes = ALONE,
    ) -> None:
        """``notes``: what to tell of the run beside what the experiment tells."""
        self._experiment, self._config, self._folder, self._commands = experiment, config, folder, commands
        self._notes, self._processes = notes, processes
        self._descents = {
            m.key: GradientStep(experiment, m, config.optimiser, processes) for m in experiment.members
        }
        self._trained = {
            m.key: Trained(m.model, m.optimiser, {**m.state, **self._descents[m.key].state})
            for m in experiment.members
        }
        self._index = {m.key: i for i, m in enumerate(experiment.members)}
        self._step = 0
        self._elapsed = 0.0
        self._clock = 0.0
        self._beat = 0.0
        self._block: dict[str, list[Tensor]] = {m.key: [] for m in experiment.members}

    def run(self) -> Iterator[Event]:
        """Train from the folder's newest checkpoint, or from the start, until the end or a command.

        Never raises for what can go wrong in training: the last event is a `StateChanged` that says how it
        ended. Closing the generator is a request to stop and keep the run.
        """
        closed = False
        try:
            try:
                yield from self._train()
                last = self._end()
            except _Ended as ended:
                last = self._discard() if ended.command is Command.DISCARD else self._end()
            except GeneratorExit:
                closed = True
                last = self._end()
        except Exception as problem:
            last = [self._failed(problem)]
        if not closed:
            yield from last

    # --- the loop ------------------------------------------------------------------------------------

    def _train(self) -> Iterator[Event]:
        progress, notes = self._resume()
        if not self._processes.same(progress.step if progress else -1):
            raise CheckpointError(
                "The processes do not all see the same checkpoints of the run: its folder has to be one that "
                "all machines share."
            )
        if progress is None:
            self._folder.truncate(-1)
        else:
            self._step, self._elapsed = progress.step, progress.elapsed
            for key, rows in progress.pending.items():
                self._block[key] = list(rows.to(self._experiment.device.name))
            self._folder.truncate(self._step, progress.logged)
        self._clock = time.perf_counter()
        first: list[Event] = []
        if progress is None:
            first = [*self._measured(), self._checkpoint()]
        total = self._config.schedule.steps
        self._folder.device = self._experiment.device.describe() + self._processes.words
        yield Started(
            self._config.shown_name,
            tuple(MemberInfo(m.key, m.label, m.eta) for m in self._experiment.members),
            self._step,
            total,
            self._folder.device,
            (*self._experiment.notes, *self._notes, *notes, *self._folder.notes),
        )
        yield self._state("running")
        yield from first
        while self._step < total:
            yield from self._obey()
            batch = self._experiment.batch(self._step)
            for member in self._experiment.members:
                self._advance(member, batch)
            self._step += 1
            yield from self._due(batch)
            self._heartbeat()
        yield from self._obey()

    def _resume(self) -> tuple[RunProgress | None, list[str]]:
        """Where the newest sound checkpoint was, and what to say of those that are damaged."""
        damaged: list[DamagedCheckpointError] = []
        names = []
        for path in self._folder.checkpoints():
            try:
                progress = load_checkpoint(path, self._trained)
            except DamagedCheckpointError as error:
                damaged.append(error)
                names.append(path.name)
                continue
            for descent in self._descents.values():
                descent.after_loading()
            return progress, [
                f"{name} is damaged: the run went on from step {progress.step}." for name in names
            ]
        if damaged:
            raise CheckpointError(
                f"None of the run's checkpoints is sound; train it again from its config.toml. {damaged[0]}"
            )
        return None, []

    def _due(self, batch: Tensor) -> list[Event]:
        """What is to be told after this step. All of it is in the folder before any of it is told, so that
        a run closed while telling has nothing to catch up with."""
        logging, last = self._config.logging, self._step == self._config.schedule.steps
        events: list[Event] = []
        if last or self._step % logging.metrics_every == 0:
            self._check_losses()
            events += self._record(self._flush(batch))
        if last or self._experiment.due(self._step):
            self._check_losses()
            self._check_weights()
            events += self._measured()
        if self._step % logging.checkpoint_every == 0 and not last:
            events.append(self._checkpoint())
        return events

    def _measured(self) -> list[Event]:
        """What is due at this step."""
        with self._averaged():
            events = self._record(self._experiment.measure(self._step))
        # What was found by it is the same in all processes, also on machines that round otherwise.
        self._processes.follow(t for m in self._experiment.members for t in m.state.values())
        return events

    @contextlib.contextmanager
    def _averaged(self) -> Iterator[None]:
        """While models are looked at: all have the averages of their weights, if there are any."""
        with contextlib.ExitStack() as stack:
            for descent in self._descents.values():
                stack.enter_context(descent.averaged())
            yield

    def _advance(self, member: Member, batch: Tensor) -> None:
        rate = self._config.optimiser.rate(self._step, self._config.schedule.steps)
        terms = self._descents[member.key].take(batch, self._step, rate)
        if member.state and isinstance(self._experiment, FollowsSteps):
            alone = self._processes is ALONE  # then nobody waits for the device
            self._experiment.after_step(member, terms if alone else self._processes.mean(terms))
        self._block[member.key].append(terms)

    def _flush(self, batch: Tensor) -> Iterator[Metrics]:
        """One mean per member and term of the steps since the last flush."""
        for member in self._experiment.members:
            rows = self._rows(member.key)
            self._block[member.key] = []
            means = dict(zip(self._experiment.terms, rows.mean(0).tolist(), strict=True))
            means |= self._processes.means(self._experiment.watch(member, batch, self._step - 1))
            yield Metrics(self._step, self._time(), member.key, means)

    def _rows(self, key: str) -> Tensor:
        block = self._block[key]
        if not block:
            return torch.empty(0, len(self._experiment.terms))
        return self._processes.mean(torch.stack(block))

    def _check_losses(self) -> None:
        for member in self._experiment.members:
            rows = self._rows(member.key)
            bad = (~torch.isfinite(rows)).nonzero().tolist()
            if not bad:
                continue
            row, column = bad[0]
            # The total is the sum of the others: name the part that went wrong, if one did.
            parts = [c for r, c in bad if r == row and c > 0]
            step = self._step - len(rows) + row + 1
            term = self._experiment.terms[parts[0] if parts else column]
            raise _NonFinite(
                f"The {term.replace('_', ' ')} of the {member.key} model became {rows[row, column]:g} "
                f"at step {step}. {self._config.remedy}"
            )

    def _check_weights(self) -> None:
        """A finite loss may have had an infinite gradient; such weights are never measured or kept."""
        for member in self._experiment.members:
            tensors = itertools.chain(member.model.parameters(), member.model.buffers())
            if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
                raise _NonFinite(
                    f"The weights of the {member.key} model are no longer finite at step {self._step}. "
                    f"{self._config.remedy}"
                )

    def _record(self, events: Iterator[Event]) -> list[Event]:
        """Write events to the folder, and only then hand them on."""
        recorded = []
        for event in events:
            match event:
                case Metrics():
                    event = Metrics(event.step, self._time(), event.member, event.terms)
                    self._folder.log(event)
                case Spectrum():
                    self._folder.log_spectrum(event, self._index[event.member])
                case Preview():
                    self._folder.save_preview(event)
                case Arrays():
                    self._folder.save_arrays(event)
                case _:
                    pass
            recorded.append(event)
        return recorded

    # --- commands --------------------------------------------------------------------------------------

    def _obey(self) -> Iterator[Event]:
        while (command := self._processes.agreed(self._commands.poll())) is not None:
            if command is Command.PAUSE:
                yield from self._pause()
            else:
                yield from self._do(command)

    def _pause(self) -> Iterator[Event]:
        self._elapsed = self._time()
        yield self._state("paused")
        while (command := self._asked()) is not Command.RESUME:
            self._clock = time.perf_counter()
            if command is None:
                self._folder.set_state("paused", self._step)
            elif command is not Command.PAUSE:
                yield from self._do(command)
        self._clock = time.perf_counter()
        yield self._state("running")

    def _asked(self) -> Command | None:
        """What all are asked for within a heartbeat; processes that follow wait for the one that leads."""
        commands = self._commands
        own = commands.wait(HEARTBEAT_SECONDS) if self._processes.leads else commands.poll()
        return self._processes.agreed(own)

    def _do(self, command: Command) -> Iterator[Event]:
        match command:
            case Command.STOP | Command.DISCARD:
                raise _Ended(command)
            case Command.CHECKPOINT:
                yield self._checkpoint()
            case Command.SNAPSHOT:
                members = self._experiment.members
                with self._averaged():
                    weights = {m.key: _copy(m.model.state_dict()) for m in members}
                yield Snapshot(self._step, weights, {m.key: _copy(m.state) for m in members})
            case _:
                pass

    # --- state -------------------------------------------------------------------------------------------

    def _time(self) -> float:
        return self._elapsed + time.perf_counter() - self._clock

    def _state(self, state: State) -> StateChanged:
        self._folder.set_state(state, self._step)
        self._beat = time.monotonic()
        return StateChanged(state, self._step)

    def _heartbeat(self) -> None:
        if time.monotonic() - self._beat > HEARTBEAT_SECONDS:
            self._state("running")

    def _checkpoint(self) -> CheckpointSaved:
        self._check_losses()
        self._check_weights()
        rows = {member.key: self._rows(member.key) for member in self._experiment.members}
        pending = {key: value for key, value in rows.items() if len(value)}
        self._folder.check_there()
        path = self._folder.checkpoint_path(self._step)
        progress = RunProgress(self._step, self._time(), pending, self._folder.logged())
        if self._processes.leads:
            for descent in self._descents.values():
                descent.before_saving()
            save_checkpoint(path, self._trained, progress)
        self._folder.mark_latest(self._step, self._config.logging.keep_checkpoints)
        return CheckpointSaved(self._step, str(path))

    def _end(self) -> list[Event]:
        """Keep what there is, finished or not."""
        saved = self._checkpoint()
        if self._processes.leads:
            with self._averaged():
                self._experiment.export(self._folder.path / "models", self._step)
        return [saved, self._state("finished" if self._step >= self._config.schedule.steps else "stopped")]

    def _discard(self) -> list[Event]:
        self._folder.delete()
        return [StateChanged("discarded", self._step)]

    def _failed(self, problem: Exception) -> StateChanged:
        reason = self._reason(problem)
        expected = isinstance(problem, _EXPECTED)
        details = "" if expected else "".join(traceback.format_exception(problem))
        # The disk may be what failed, or the folder be gone; the event still says so.
        with contextlib.suppress(OSError, RunFolderError):
            self._folder.set_state("failed", self._step, reason)
        return StateChanged("failed", self._step, reason, details)

    def _reason(self, problem: Exception) -> str:
        """What happened, and what to do."""
        match problem:
            case _NonFinite() | LostProcessError():
                return f"{problem} {self._last_good()}".strip()
            case CheckpointError() | UnevenPartsError():
                return str(problem)
            case RunFolderError():
                return f"Cannot write the run: {problem}."
            case OSError():
                return f"Cannot write the run: {problem}. {advice_for(problem)}, then resume."
        if is_out_of_memory(problem):
            advice = self._config.reduce(self._config.large)
            where = f"at step {self._step} on {self._experiment.device.name}"
            return f"Out of memory {where}. {advice} {self._last_good()}".strip()
        return f"Training failed: {str(problem) or type(problem).__name__}. {self._last_good()}".strip()

    def _last_good(self) -> str:
        checkpoint = self._folder.latest_checkpoint()
        return f"The last good checkpoint is {checkpoint.name}." if checkpoint else ""


def _copy(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    return {
        name: value.detach()
        .to("cpu", torch.float32 if value.is_floating_point() else None, copy=True)
        .numpy()
        for name, value in tensors.items()
    }
