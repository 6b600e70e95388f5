"""Several devices and machines, by Lightning Fabric: it finds or starts the processes and connects them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from jnn_studio.base.errors import StudioError
from jnn_studio.base.text import counted
from jnn_studio.training.device import available_devices
from jnn_studio.training.step.commands import Command
from jnn_studio.training.step.processes import ALONE, Loss, LostProcessError, Processes
from jnn_studio.training.step.step_loss import StepLoss

if TYPE_CHECKING:
    from lightning.fabric import Fabric

T = TypeVar("T")

STRATEGIES = ("ddp",)
"""How several devices can share a run."""
STEP_TIMEOUT = timedelta(minutes=5)
"""How long a process waits for the others at a step before it takes them for lost. A process that ended is
noticed at once; this is for one that hangs, or a machine that went away without a word."""
PREPARATION_TIMEOUT = timedelta(hours=2)
"""The same before the first step: one of them may have millions of images to decode."""

_BY_URGENCY = (
    None,
    Command.SNAPSHOT,
    Command.CHECKPOINT,
    Command.PAUSE,
    Command.RESUME,
    Command.STOP,
    Command.DISCARD,
)
_WELL, _FAILED = 0, 1


class ScaleError(StudioError):
    """Several devices were asked for that cannot train together; the message says why, and what to do."""


def gather(device: str, devices: int | None, nodes: int | None, strategy: str = "ddp") -> Processes:
    """The processes that train together, connected; this one alone where nothing asks for more.

    Processes that ``torchrun`` or SLURM's ``srun`` have begun are found by what these say; otherwise the
    others are begun here, with the same command line.

    Args:
        device: as in ``schedule.device``.
        devices: how many on each machine, one process each; by default as many as there are processes.
        nodes: how many machines.
        strategy: one of `STRATEGIES`.

    Raises:
        ScaleError: Lightning is not installed, or there are not so many devices.
    """
    begun = _begun()
    devices = devices or begun[0]
    nodes = nodes or begun[1]
    if devices * nodes == 1:
        return ALONE
    if strategy not in STRATEGIES:
        raise ScaleError(
            f"--strategy {strategy}: a run can be shared by {', '.join(STRATEGIES)} alone. The penalty needs "
            "the whole weights in every process, which strategies that divide them do not keep"
        )
    kind = available_devices()[0] if device == "auto" else device
    if kind == "mps":
        raise ScaleError("several devices can be CPUs or NVIDIA GPUs, not Apple's; give --device cpu")
    try:
        from lightning.fabric import Fabric
        from lightning.fabric.strategies.ddp import DDPStrategy
        from lightning.fabric.utilities.exceptions import MisconfigurationException
    except ImportError as error:
        raise ScaleError(
            f"training in {devices * nodes} processes needs Lightning Fabric, which is not installed; "
            'install it with: pip install "jnn-studio[scale]"'
        ) from error
    for talks in ("lightning.fabric", "lightning.pytorch"):  # the latter, if imported, talks for both
        logging.getLogger(talks).setLevel(logging.WARNING)
    # Buffers are constants here; torch is about to call the option by another name.
    options = signature(DistributedDataParallel).parameters
    buffers = "forward_sync_buffers" if "forward_sync_buffers" in options else "broadcast_buffers"
    kept: dict[str, Any] = {buffers: False}
    ddp = DDPStrategy(timeout=STEP_TIMEOUT, **kept)
    try:
        fabric = Fabric(accelerator=kind, devices=devices, num_nodes=nodes, strategy=ddp)
        fabric.launch()
    except (MisconfigurationException, RuntimeError, ValueError) as error:
        raise ScaleError(f"{devices * nodes} processes cannot train together: {error}") from error
    return FabricProcesses(fabric)


def _begun() -> tuple[int, int]:
    """How many processes on how many machines have been begun already, as their beginner says."""
    said = os.environ
    try:
        if "TORCHELASTIC_RUN_ID" in said:
            each = int(said["LOCAL_WORLD_SIZE"])
            return each, int(said["WORLD_SIZE"]) // each
        if "SLURM_STEP_ID" in said:  # a step of srun, not the script that sbatch runs once
            nodes = int(said.get("SLURM_NNODES", "1"))
            return int(said.get("SLURM_NTASKS", "1")) // nodes, nodes
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise ScaleError(
            f"what this process was begun by does not say how many there are: {error}"
        ) from error
    return 1, 1


class FabricProcesses:
    """Processes that Fabric has connected: `Processes`.

    What is small, and must not wait for a GPU, goes by a connection of its own between the CPUs.
    """

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._step = distributed.new_group(backend="gloo", timeout=STEP_TIMEOUT)
        self._patient = distributed.new_group(backend="gloo", timeout=PREPARATION_TIMEOUT)

    @property
    def leads(self) -> bool:
        return self._fabric.global_rank == 0

    @property
    def words(self) -> str:
        return f", {counted(self._fabric.world_size, 'process', 'processes')}"

    def wrapped(self, loss: StepLoss) -> Loss:
        with _noticing():
            return self._fabric.setup_module(loss, move_to_device=False)

    def unsynchronised(self, loss: Loss, now: bool) -> AbstractContextManager[object]:
        assert isinstance(loss, nn.Module)
        return self._fabric.no_backward_sync(loss) if now else nullcontext()  # type: ignore[arg-type]

    def backward(self, total: Tensor) -> None:
        with _noticing():
            self._fabric.backward(total)

    def agreed(self, command: Command | None) -> Command | None:
        return _BY_URGENCY[self._largest(_BY_URGENCY.index(command), self._step)]

    def mean(self, values: Tensor) -> Tensor:
        total = values.to("cpu", torch.float64, copy=True)
        with _noticing():
            distributed.all_reduce(total, group=self._step)
        return (total / self._fabric.world_size).to(values.dtype)

    def means(self, values: Mapping[str, float]) -> dict[str, float]:
        found = self.mean(torch.tensor(list(values.values()), dtype=torch.float64))
        return dict(zip(values, found.tolist(), strict=True))

    def follow(self, tensors: Iterable[Tensor]) -> None:
        for tensor in tensors:
            sent = tensor.detach().cpu()
            with _noticing():
                distributed.broadcast(sent, 0, group=self._step)
            tensor.copy_(sent)

    def same(self, number: int) -> bool:
        return self._largest(number, self._step) == -self._largest(-number, self._step)

    def worst(self, outcome: int) -> int:
        return self._largest(outcome, self._patient)

    def lead(self, first: Callable[[], T], others: Callable[[], T]) -> T:
        if not self.leads:
            if self.worst(_WELL) == _FAILED:
                raise LostProcessError("the process that leads the run could not begin it, and says why")
            return others()
        try:
            done = first()
        except BaseException:
            self.worst(_FAILED)
            raise
        self.worst(_WELL)
        return done

    def _largest(self, number: int, group: distributed.ProcessGroup) -> int:
        largest = torch.tensor(number)
        with _noticing():
            distributed.all_reduce(largest, distributed.ReduceOp.MAX, group=group)
        return int(largest)


@contextmanager
def _noticing() -> Iterator[None]:
    """While the others are talked to: tell it where they are gone."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if isinstance(error, distributed.DistError) or "gloo" in text or "onnection " in text:
            raise LostProcessError(
                "another process of the run has ended, or cannot be reached; what it said is where it was "
                "begun. Resume the run, with as many processes as there are to be"
            ) from error
        raise
