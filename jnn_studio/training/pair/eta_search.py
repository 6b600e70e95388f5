"""Finding the η at which a model has the effective rank, or the quality, a person wants, while it trains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

WAIT = 0.05
"""Share of the run before η is first changed: the rank of fresh weights says nothing of the data."""
HOLD = 0.2
"""Share of the run, at its end, over which η stays as it was found: the model is trained at one η."""
ADJUSTMENTS = 100
"""How often η is looked at in a run, unless somebody says otherwise."""

PROPORTIONAL, INTEGRAL = 1.0, 0.18
"""What log η moves by for a change of log(rank / target), and for its standing off, at each adjustment."""
LARGEST_STEP = math.log(1.25)
"""Of log η, at one adjustment: a direction that a large η has put out comes back slowly."""
TRACE = 0.1
"""Decibels added to what is lost and to what may be: two that are nearly nothing are alike."""
REACHED = 1.06
"""The rank is reached once it is no more than this many times the target: 18 directions for 17."""
RELEASED = 1 / 30
"""As a part of where it began: η is let go of no further."""
RANGE = 1e4
"""η stays within this factor of where it began."""
FORESEEN = 5.0
"""It rises to no more than so many times an η that was foretold from the images: where a run is too short for
the rank to follow, a larger one would put out what is wanted, too."""


@dataclass(frozen=True)
class SearchPlan:
    """What is aimed at, from which η the search starts, and at which of a run's steps it looks.

    ``target``: an effective rank; or, where the ``aim`` is a loss, the decibels that may be given up.
    η rises to at most ``most`` times ``start``.

    ``release``: what log η falls by at each adjustment while the rank is reached, down to `RELEASED`. A
    direction that was lost stays so at a smaller η than it was lost at, and those left are shrunk less.
    """

    target: float
    start: float
    steps: int
    every: int
    wait: int = 0
    release: float = 0.0
    aim: Literal["rank", "loss"] = "rank"
    most: float = RANGE

    def due(self, step: int) -> bool:
        """Whether η may change after ``step`` steps: not in the beginning, and not near the end."""
        first = max(self.wait, math.ceil(WAIT * self.steps), 1)
        return step % self.every == 0 and first <= step <= (1 - HOLD) * self.steps


class EtaSearch:
    """A controller: log η follows log(rank / target), or log(allowed / lost), damped.

    A PI controller in its velocity form, which changes η by the change of the error and by the error itself:
    where η stands at a bound or a change is cut, nothing winds up. What it remembers is two numbers, float64
    on the CPU, changed in place: a checkpoint that holds them is all that is needed to go on.
    """

    def __init__(self, plan: SearchPlan) -> None:
        self.plan = plan
        self._eta = torch.tensor(plan.start, dtype=torch.float64)
        self._error = torch.tensor(math.nan, dtype=torch.float64)

    @property
    def state(self) -> Mapping[str, Tensor]:
        """What it remembers, by name: tensors to be saved, and to be written into."""
        return {"eta": self._eta, "error": self._error}

    @property
    def eta(self) -> float:
        """η as it is now."""
        return float(self._eta)

    def tell(self, measured: float) -> None:
        """The effective rank, or the decibels given up, that were measured at the present η; changes η."""
        if self.plan.aim == "rank":
            error = math.log(max(measured, 1e-3) / self.plan.target)
        else:
            error = math.log((self.plan.target + TRACE) / (max(measured, 0.0) + TRACE))
        before = float(self._error)
        change = INTEGRAL * error + (PROPORTIONAL * (error - before) if math.isfinite(before) else 0.0)
        if self.plan.release and measured <= REACHED * self.plan.target:
            most = math.log(max(self.eta / (RELEASED * self.plan.start), 1))
            change = -min(self.plan.release, most)
        eta = self.eta * math.exp(min(max(change, -LARGEST_STEP), LARGEST_STEP))
        self._eta.fill_(min(max(eta, self.plan.start / RANGE), self.plan.start * self.plan.most))
        self._error.fill_(error)
