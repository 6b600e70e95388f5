"""What a training run tells the world: frozen values of plain Python and NumPy, safe in any thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

State = Literal["created", "running", "paused", "finished", "stopped", "failed", "discarded"]

UNDER_WAY: tuple[State, ...] = ("created", "running", "paused")
"""States that are not the end of a run."""


@dataclass(frozen=True)
class MemberInfo:
    """One model of a run."""

    key: str
    label: str
    eta: float


@dataclass(frozen=True)
class Started:
    """The run is about to take its first step (or its first after a resume)."""

    name: str
    members: tuple[MemberInfo, ...]
    step: int
    total_steps: int
    device: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metrics:
    """Means of ``terms`` over the steps since the last such event, for one model.

    ``time`` counts seconds of training, pauses excluded, resumes included.
    """

    step: int
    time: float
    member: str
    terms: Mapping[str, float]


@dataclass(frozen=True)
class Spectrum:
    """Singular values of one model's encoder Jacobian, (k,), mean over the same held-out images."""

    step: int
    member: str
    sigma: np.ndarray
    effective_rank: float


@dataclass(frozen=True)
class Preview:
    """What models make of fixed held-out images: uint8 arrays (images, height, width, 3), all of one shape.

    ``reconstructions`` are shown one row each, by the model's key or by a name of their own.
    """

    step: int
    originals: np.ndarray
    reconstructions: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Arrays:
    """Further things to draw, such as fields on a grid: float32 arrays by model (or "") and name."""

    step: int
    values: Mapping[str, Mapping[str, np.ndarray]] = field(repr=False)


@dataclass(frozen=True)
class Snapshot:
    """A copy of all models' weights, made because one was asked for.

    ``states``: what else the training of a member remembers, such as the η found so far.
    """

    step: int
    weights: Mapping[str, Mapping[str, np.ndarray]] = field(repr=False)
    states: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class CheckpointSaved:
    """The run can be resumed from here."""

    step: int
    path: str


@dataclass(frozen=True)
class StateChanged:
    """The run's state; ``reason`` says why it failed and what to do, ``details`` is for a bug report."""

    state: State
    step: int
    reason: str = ""
    details: str = ""


Event = Started | Metrics | Spectrum | Preview | Arrays | Snapshot | CheckpointSaved | StateChanged
