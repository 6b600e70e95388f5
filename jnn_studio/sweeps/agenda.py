"""Which run of a sweep comes next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from jnn_studio.sweeps.plan import PlannedRun

Outcome = Literal["finished", "pruned", "stopped", "failed"]


@dataclass(frozen=True)
class EndedRun:
    """How a run of a sweep ended, and where it lies."""

    run: PlannedRun
    path: Path
    outcome: Outcome
    reason: str = ""


class Agenda(Protocol):
    """Knows what there is to train, and hears what comes of it."""

    @property
    def total(self) -> int:
        """Runs that there will be."""

    def next(self) -> PlannedRun | None:
        """The next one, each once; None: there is none at the moment."""

    def hear(self, run: PlannedRun, step: int, psnr: float) -> bool:
        """A run has this held-out PSNR at this step; whether to stop it, as not worth its time."""

    def ended(self, ended: EndedRun) -> None:
        """A run has ended, now or in an earlier session."""

    def close(self) -> None:
        """Let go of what it has open."""


class GridAgenda:
    """All of them, in their order; none is worth less than another."""

    def __init__(self, runs: Iterable[PlannedRun]) -> None:
        self._left = deque(runs)
        self.total = len(self._left)

    def next(self) -> PlannedRun | None:
        """The next one."""
        return self._left.popleft() if self._left else None

    def hear(self, run: PlannedRun, step: int, psnr: float) -> bool:
        """Never stopped."""
        return False

    def ended(self, ended: EndedRun) -> None:
        """Nothing to be learnt from it."""

    def close(self) -> None:
        """Nothing is open."""
