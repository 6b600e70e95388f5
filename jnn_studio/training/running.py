"""From a configuration, or a run folder, to a run."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from jnn_studio.base.errors import Cancelled, StudioError
from jnn_studio.base.text import counted
from jnn_studio.base.watch import Watch
from jnn_studio.training.batches import Batches, too_few_images
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.identity import RunIdentity
from jnn_studio.training.device import check_device, is_out_of_memory, release_memory
from jnn_studio.training.events import Event, StateChanged
from jnn_studio.training.experiment import Experiment, LearnsFromImages
from jnn_studio.training.folder.collection import changed_images, remember_images
from jnn_studio.training.folder.ownership import Ownership, own
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError
from jnn_studio.training.kind import find_kind
from jnn_studio.training.step.commands import Command, Commands
from jnn_studio.training.step.followers_folder import FollowersFolder
from jnn_studio.training.step.processes import ALONE, LostProcessError, Processes
from jnn_studio.training.trainer import HEARTBEAT_SECONDS, Trainer

_WELL, _CALLED_OFF, _FAILED = range(3)
"""How the preparation of a run can come out."""


class TooFewImagesError(StudioError, ValueError):
    """A run asks for more images than there are; the message says how many, and what to do."""


def start_run(
    config: RunConfig,
    path: Path,
    commands: Commands,
    watch: Watch | None = None,
    identity: RunIdentity | None = None,
    processes: Processes = ALONE,
) -> Iterator[Event]:
    """Train ``config`` into the new folder ``path``; iterate to make it happen.

    ``watch`` hears of the preparation, and may call it off: the run then ends as by `Command.STOP`. Which run
    it is says ``identity``; None: one of its own. ``processes``: those that train it together, all of which
    call this.

    Raises:
        RunFolderError: ``path`` holds something, or cannot be written.
        DeviceError: this machine does not have the device that is asked for; nothing is made then.
        LostProcessError: another of the processes has ended.
    """

    def begin() -> _Opened:
        check_device(config.schedule.device)
        _check_trainable(config)
        folder = RunFolder.create(path, config, identity)
        return folder, own(folder)

    opened = processes.lead(begin, lambda: (FollowersFolder(path), None))
    return _owned(opened, config, commands, watch or Watch(), processes, begun=True)


def resume_run(
    path: Path, commands: Commands, watch: Watch | None = None, processes: Processes = ALONE
) -> Iterator[Event]:
    """Go on with the run in ``path`` from its newest checkpoint, in as many ``processes`` as there are now.

    Raises:
        RunFolderError, ConfigError: there is no usable run in ``path``, or it is finished.
        RunInUseError: another process is training it.
        LostProcessError: another of those that are to train it together has ended.
    """

    def begin() -> _Opened:
        folder = RunFolder.open(path)
        _check_trainable(folder.config())
        owner = own(folder)
        if folder.state().state == "finished":
            owner.release()
            raise RunFolderError(f"the run in {path} is finished: there is nothing left to train")
        return folder, owner

    opened = processes.lead(begin, lambda: (FollowersFolder(path), None))
    return _owned(opened, opened[0].config(), commands, watch or Watch(), processes)


_Opened = tuple[RunFolder, Ownership | None]
"""A run, and that it is this process's; in processes that follow it is the leading one's."""


def _check_trainable(config: RunConfig) -> None:
    if not find_kind(config.kind).trainable:
        raise RunFolderError(
            f"“{config.shown_name}” is trained by somebody's own code, which writes it; go on with it there"
        )


def _owned(
    opened: _Opened,
    config: RunConfig,
    commands: Commands,
    watch: Watch,
    processes: Processes,
    begun: bool = False,
) -> Iterator[Event]:
    folder, owner = opened
    try:
        yield from _run(config, folder, commands, watch, processes, begun)
    finally:
        if owner is not None:
            owner.release()


def _run(
    config: RunConfig,
    folder: RunFolder,
    commands: Commands,
    watch: Watch,
    processes: Processes,
    begun: bool,
) -> Iterator[Event]:
    """``begun``: its folder was made a moment ago."""
    waiting: list[Command] = []
    beat = time.monotonic()

    def unwanted() -> bool:
        """Show signs of life, and notice a request to end; keep other commands for the trainer."""
        nonlocal beat
        if time.monotonic() - beat > HEARTBEAT_SECONDS:
            beat = time.monotonic()
            if folder.state().state == "created":
                folder.set_state("created", 0)
        while (command := commands.poll()) is not None:
            if command in (Command.STOP, Command.DISCARD):
                waiting[:] = [command]
                return True
            waiting.append(command)
        return watch.cancelled

    notes: tuple[str, ...] = ()
    outcome, end = _WELL, _unprepared
    experiment: Experiment | None = None
    try:
        experiment = find_kind(config.kind).prepare(config, Watch(watch.tell, unwanted))
        if processes.leads and isinstance(experiment, LearnsFromImages):
            notes = _look_after(config, experiment.batches, folder)
    except Cancelled:
        outcome, end = _CALLED_OFF, _ended_early
    except TooFewImagesError as error:
        outcome, end = _FAILED, partial(_refused if begun else _failed, reason=str(error))
    except (StudioError, ValueError, OSError) as error:
        outcome, end = _FAILED, partial(_failed, reason=str(error))
    except (RuntimeError, MemoryError) as error:
        reason = f"Could not prepare the run: {error}."
        if is_out_of_memory(error):
            reason = f"Out of memory before the first step. {config.reduce(config.large_before)}"
        outcome, end = _FAILED, partial(_failed, reason=reason, details=traceback.format_exc())
    try:
        worst = processes.worst(outcome)
    except LostProcessError as error:
        worst, end = _FAILED, partial(_failed, reason=str(error))
    if experiment is None or worst != _WELL:
        yield (_ended_early if worst == _CALLED_OFF else end)(folder, waiting)
        return
    for command in waiting:
        commands.send(command)
    trainer = Trainer(experiment, config, folder, commands, notes, processes)
    del experiment
    try:
        yield from trainer.run()
    finally:
        # Nothing refers to the models any more: their memory can go back to the device.
        del trainer
        release_memory()


def _look_after(config: RunConfig, batches: Batches, folder: RunFolder) -> tuple[str, ...]:
    """See to it that a run that begins has images enough, and say of one that goes on what became of them.

    Numbers that nobody gave, defaults that is, give way to a small collection without a word.

    Raises:
        TooFewImagesError: there are too few to begin with.
        OSError: the folder cannot be written.
    """
    count, given = len(batches.source), config.schedule.model_fields_set
    held_out, batch_size = batches.wanted
    notes: tuple[str, ...] = ()
    if "held_out" in given and max(1, count // 8) < held_out:
        notes += (
            f"Of {counted(count, 'image')} {len(batches.held_out):,}, an eighth, are held out, "
            f"not {held_out:,}.",
        )
    if "batch_size" in given and batches.batch_size < batch_size:
        notes += (
            f"A batch is all of the {counted(batches.batch_size, 'image')} to train on, not {batch_size:,}.",
        )
    if folder.latest_checkpoint() is not None:
        return (*notes, *changed_images(folder, batches.source))
    problem = too_few_images(
        count, held_out if "held_out" in given else 1, batch_size if "batch_size" in given else 1
    )
    if problem:
        raise TooFewImagesError(f"{batches.source.name} has too few images: {problem}.")
    remember_images(folder, batches.source)
    return notes


def _ended_early(folder: RunFolder, waiting: list[Command]) -> StateChanged:
    if Command.DISCARD in waiting or folder.latest_checkpoint() is None:
        # Nothing has been trained yet: an empty run is of no use to anybody.
        folder.delete()
        return StateChanged("discarded", 0)
    step = folder.state().step
    folder.set_state("stopped", step)
    return StateChanged("stopped", step)


def _unprepared(folder: RunFolder, waiting: list[Command]) -> StateChanged:
    return _failed(folder, waiting, "Another process of the run could not prepare it, and says why.")


def _refused(folder: RunFolder, waiting: list[Command], reason: str) -> StateChanged:
    """Settings that no run can have leave none behind."""
    with contextlib.suppress(OSError, RunFolderError):
        folder.delete()
    return StateChanged("failed", 0, reason)


def _failed(folder: RunFolder, waiting: list[Command], reason: str, details: str = "") -> StateChanged:
    step = folder.state().step
    # The disk may be what failed, or the folder be gone; the event still says so.
    with contextlib.suppress(OSError, RunFolderError):
        folder.set_state("failed", step, reason)
    return StateChanged("failed", step, reason, details)
