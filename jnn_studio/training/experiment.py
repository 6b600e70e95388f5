"""What the trainer needs to know of a controlled experiment: several models, the same batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from jnn_studio.training.batches import Batches
from jnn_studio.training.device import Device
from jnn_studio.training.events import Event


@dataclass(frozen=True)
class Member:
    """One model of an experiment and what it is optimised with.

    ``state``: what else its training remembers, to be kept in checkpoints; loading writes into the tensors.
    """

    key: str
    label: str
    eta: float
    model: nn.Module
    optimiser: torch.optim.Optimizer
    state: Mapping[str, Tensor] = field(default_factory=dict)


class Experiment(Protocol):
    """Models that differ in one thing, stepped alternately on the same batches; or one model alone.

    A new kind of experiment is a new class with these members and a `RunKind` that prepares it; the trainer,
    the run folder, the command line and the window serve it as they are.
    """

    @property
    def members(self) -> tuple[Member, ...]:
        """The models, in the order they are shown."""

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the losses, ``"total"`` first: that is what is minimised."""

    @property
    def device(self) -> Device:
        """Where all of it computes."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of this run, such as files that were skipped."""

    def batch(self, step: int) -> Tensor:
        """The batch of ``step``, the same whenever it is asked for."""

    def losses(self, member: Member, batch: Tensor, step: int) -> Tensor:
        """The terms (terms,), differentiable in the first."""

    def watch(self, member: Member, batch: Tensor, step: int) -> dict[str, float]:
        """Further terms to log with a block of steps, too costly or of no use at every one of them."""

    def due(self, step: int) -> bool:
        """Whether there is something to measure at ``step``; at the last step there always is."""

    def measure(self, step: int) -> Iterator[Event]:
        """What is due at ``step``: spectra, previews, arrays, and metrics such as held-out quality."""

    def export(self, folder: Path, step: int) -> None:
        """Write the trained models into ``folder``, in the form the rest of the program opens."""


@runtime_checkable
class FollowsSteps(Protocol):
    """What an experiment has some of whose members have a `Member.state` that moves with every step."""

    def after_step(self, member: Member, terms: Tensor) -> None:
        """A step of a member with a state was taken; ``terms``: its losses, the same in all processes."""


@runtime_checkable
class LearnsFromImages(Protocol):
    """What an experiment has that trains on a collection of images; the run then keeps an eye on it."""

    @property
    def batches(self) -> Batches:
        """The images and how they are dealt out."""
