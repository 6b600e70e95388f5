"""The processes that train a run together, and what they have to agree on; most runs have one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TypeVar

from torch import Tensor

from jnn_studio.base.errors import StudioError
from jnn_studio.training.gathering.share import Share
from jnn_studio.training.step.commands import Command
from jnn_studio.training.step.step_loss import StepLoss

T = TypeVar("T")
Loss = Callable[[Tensor, int, Share], Tensor]
"""`StepLoss.forward`."""


class LostProcessError(StudioError):
    """Another of the processes that train the run has ended, or cannot be reached."""


class Processes(Protocol):
    """This process among those that train a run. All of them call the same methods in the same order.

    Raises:
        LostProcessError: from every method, once another process is gone.
    """

    @property
    def leads(self) -> bool:
        """Whether it is the one that writes the run and talks to people."""

    @property
    def words(self) -> str:
        """How many there are, to be said after a device: ``", 2 processes"``; "" for one."""

    def wrapped(self, loss: StepLoss) -> Loss:
        """The loss with gradients that are means over all processes."""

    def unsynchronised(self, loss: Loss, now: bool) -> AbstractContextManager[object]:
        """Where ``now``, gradients are gathered in each process, until a backward pass outside of this."""

    def backward(self, total: Tensor) -> None:
        """Add the gradients of a loss."""

    def agreed(self, command: Command | None) -> Command | None:
        """What all obey, given what each was asked for."""

    def mean(self, values: Tensor) -> Tensor:
        """Means over all processes, on the CPU."""

    def means(self, values: Mapping[str, float]) -> dict[str, float]:
        """The same of numbers with names."""

    def follow(self, tensors: Iterable[Tensor]) -> None:
        """Write into these what they are in the process that leads."""

    def same(self, number: int) -> bool:
        """Whether it is the same number in all."""

    def worst(self, outcome: int) -> int:
        """The largest of all outcomes; what comes before may take long in some of them."""

    def lead(self, first: Callable[[], T], others: Callable[[], T]) -> T:
        """``first`` in the process that leads and then, if that did not fail, ``others`` in the others."""


class OneProcess:
    """The only process of a run, which has nobody to agree with: `Processes`."""

    leads = True
    words = ""

    def wrapped(self, loss: StepLoss) -> Loss:
        return loss

    def unsynchronised(self, loss: Loss, now: bool) -> AbstractContextManager[object]:
        return nullcontext()

    def backward(self, total: Tensor) -> None:
        total.backward()

    def agreed(self, command: Command | None) -> Command | None:
        return command

    def mean(self, values: Tensor) -> Tensor:
        return values.cpu()

    def means(self, values: Mapping[str, float]) -> dict[str, float]:
        return dict(values)

    def follow(self, tensors: Iterable[Tensor]) -> None:
        pass

    def same(self, number: int) -> bool:
        return True

    def worst(self, outcome: int) -> int:
        return outcome

    def lead(self, first: Callable[[], T], others: Callable[[], T]) -> T:
        return first()


ALONE = OneProcess()
