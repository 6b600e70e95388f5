"""From a configuration, or a run folder, to a run."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from jnn_studio.base.errors import Cancelled, StudioError
from jnn_studio.base.watch import Watch
from jnn_studio.training.batches import Batches, too_few_images
from jnn_studio.training.collection import changed_images, remember_images
from jnn_studio.training.commands import Command, Commands
from jnn_studio.training.config import RunConfig
from jnn_studio.training.device import check_device, is_out_of_memory, release_memory
from jnn_studio.training.events import Event, StateChanged
from jnn_studio.training.experiment import LearnsFromImages
from jnn_studio.training.identity import RunIdentity
from jnn_studio.training.kind import find_kind
from jnn_studio.training.ownership import Ownership, own
from jnn_studio.training.run_folder import RunFolder, RunFolderError
from jnn_studio.training.trainer import HEARTBEAT_SECONDS, Trainer


class TooFewImagesError(StudioError, ValueError):
    """A run asks for more images than there are; the message says how many, and what to do."""


def start_run(
    config: RunConfig,
    path: Path,
    commands: Commands,
    watch: Watch | None = None,
    identity: RunIdentity | None = None,
) -> Iterator[Event]:
    """Train ``config`` into the new folder ``path``; iterate to make it happen.

    ``watch`` hears of the preparation, and may call it off: the run then ends as by `Command.STOP`. Which run
    it is says ``identity``; None: one of its own.

    Raises:
        RunFolderError: ``path`` holds something, or cannot be written.
        DeviceError: this machine does not have the device that is asked for; nothing is made then.
    """
    check_device(config.schedule.device)
    _check_trainable(config)
    folder = RunFolder.create(path, config, identity)
    return _owned(own(folder), config, folder, commands, watch or Watch())


def resume_run(path: Path, commands: Commands, watch: Watch | None = None) -> Iterator[Event]:
    """Go on with the run in ``path`` from its newest checkpoint.

    Raises:
        RunFolderError, ConfigError: there is no usable run in ``path``, or it is finished.
        RunInUseError: another process is training it.
    """
    folder = RunFolder.open(path)
    config = folder.config()
    _check_trainable(config)
    owner = own(folder)
    if folder.state().state == "finished":
        owner.release()
        raise RunFolderError(f"the run in {path} is finished: there is nothing left to train")
    return _owned(owner, config, folder, commands, watch or Watch())


def _check_trainable(config: RunConfig) -> None:
    if not find_kind(config.kind).trainable:
        raise RunFolderError(
            f"“{config.shown_name}” is trained by somebody's own code, which writes it; go on with it there"
        )


def _owned(
    owner: Ownership, config: RunConfig, folder: RunFolder, commands: Commands, watch: Watch
) -> Iterator[Event]:
    try:
        yield from _run(config, folder, commands, watch)
    finally:
        owner.release()


def _run(config: RunConfig, folder: RunFolder, commands: Commands, watch: Watch) -> Iterator[Event]:
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
    try:
        experiment = find_kind(config.kind).prepare(config, Watch(watch.tell, unwanted))
        if isinstance(experiment, LearnsFromImages):
            notes = _look_after(config, experiment.batches, folder)
    except Cancelled:
        yield _ended_early(folder, waiting)
        return
    except (StudioError, ValueError, OSError) as error:
        yield _failed(folder, str(error), "")
        return
    except (RuntimeError, MemoryError) as error:
        reason = f"Could not prepare the run: {error}."
        if is_out_of_memory(error):
            reason = f"Out of memory before the first step. {config.reduce(config.large_before)}"
        yield _failed(folder, reason, traceback.format_exc())
        return
    for command in waiting:
        commands.send(command)
    trainer = Trainer(experiment, config, folder, commands, notes)
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
            f"Of {count:,} images {len(batches.held_out):,}, an eighth, are held out, not {held_out:,}.",
        )
    if "batch_size" in given and batches.batch_size < batch_size:
        notes += (f"A batch is all of the {batches.batch_size:,} images to train on, not {batch_size:,}.",)
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


def _failed(folder: RunFolder, reason: str, details: str) -> StateChanged:
    step = folder.state().step
    # The disk may be what failed, or the folder be gone; the event still says so.
    with contextlib.suppress(OSError, RunFolderError):
        folder.set_state("failed", step, reason)
    return StateChanged("failed", step, reason, details)
