"""What is known of a run at a glance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jnn_studio.training.events import UNDER_WAY, State
from jnn_studio.training.folder.liveness import Life
from jnn_studio.training.words import ETA, PSNR

GAP = "tightness_gap"
STATE_WORDS: Mapping[State, str] = {
    "created": "preparing",
    "running": "training",
    "paused": "paused",
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
    "discarded": "discarded",
}
LIFE_WORDS: Mapping[Life, str] = {
    "alive": "",
    "quiet": "held up",
    "lost": "not heard of",
    "dead": "died",
}
UNREADABLE = "cannot be read"


@dataclass(frozen=True)
class MemberSummary:
    """One model of a run.

    Attributes:
        eta: its η as the configuration has it; None where it has none.
        eta_symbol: what η is where every image has its own, such as "σ²"; ``eta`` is then that of one.
        last: the newest value of everything that was logged.
        rank: the newest effective rank.
        steps: where `curve` was measured.
        curve: a few values of its total loss, from the first to the last.
    """

    key: str
    label: str
    eta: float | None = None
    eta_symbol: str = ""
    last: Mapping[str, float] = field(default_factory=dict)
    rank: float | None = None
    steps: tuple[int, ...] = ()
    curve: tuple[float, ...] = ()

    @property
    def eta_now(self) -> float | None:
        """η, as it was found last where training finds it."""
        return self.last.get(ETA, self.eta)

    @property
    def eta_number(self) -> float | None:
        """`eta_now` where it is one number for all images."""
        return None if self.eta_symbol else self.eta_now

    @property
    def eta_words(self) -> str:
        """η in words; "" without one."""
        eta = self.eta_now
        return "" if eta is None or not math.isfinite(eta) else self.eta_symbol or f"{eta:.4g}"

    @property
    def psnr(self) -> float | None:
        """On held-out images, in dB."""
        return self.last.get(PSNR)

    @property
    def gap(self) -> float | None:
        """How far the penalty stands above the nuclear norm."""
        return self.last.get(GAP)


@dataclass(frozen=True)
class RunSummary:
    """One run, or a folder that should be one and cannot be read.

    Attributes:
        id: its own wherever it lies; a copy's has a mark of its folder behind it.
        given_name: what a person calls it, "" for what its configuration does.
        data: what it learns from, in words.
        target_rank: the effective rank it is to reach.
        heartbeat: when it last said how it is, by the clock of the machine that trains it.
        life: of a run under way; None of one that has ended.
        owner: who trains it, or was the last to.
        seconds: of training.
        created: in seconds since 1970; so is ``changed``, when it was last written.
        explorable: its models can be walked.
        twin: the id of the run that trained the unregularised model which this one is compared with.
        trainable: this program can go on with it.
        copy_of: the folder of another run with the same id, which this is a copy of.
        notes: what of it could not be read.
        problem: why nothing of it can be read; "" of a run that can.
    """

    path: Path
    id: str
    config_name: str
    kind: str = ""
    data: str = ""
    members: tuple[MemberSummary, ...] = ()
    target_rank: float | None = None
    step: int = 0
    steps: int = 0
    device: str = ""
    state: State = "stopped"
    heartbeat: float = 0.0
    reason: str = ""
    life: Life | None = None
    owner: str = ""
    seconds: float | None = None
    created: float | None = None
    changed: float = 0.0
    explorable: bool = False
    trainable: bool = True
    given_name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    pinned: bool = False
    twin: str = ""
    copy_of: Path | None = None
    notes: tuple[str, ...] = ()
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called everywhere."""
        return self.given_name or self.config_name

    @property
    def under_way(self) -> bool:
        """Whether a process trains it, as far as anybody can tell."""
        return not self.problem and self.state in UNDER_WAY and self.life in ("alive", "quiet")

    @property
    def resumable(self) -> bool:
        """Whether it ended before its last step, and can go on."""
        if self.problem or self.state == "finished" or not self.trainable:
            return False
        return self.state in ("stopped", "failed") or self.life in ("lost", "dead")

    @property
    def main(self) -> MemberSummary | None:
        """The model that stands for the run: the one with the largest η, or the last."""
        with_eta = [m for m in self.members if m.eta_now is not None and math.isfinite(m.eta_now)]
        if with_eta:
            return max(with_eta, key=lambda member: member.eta_now or 0.0)
        return self.members[-1] if self.members else None

    @property
    def state_word(self) -> str:
        """In one word or two: ``"training"``, ``"held up"``, ``"died"``."""
        if self.problem:
            return UNREADABLE
        return (LIFE_WORDS[self.life] if self.life is not None else "") or STATE_WORDS[self.state]

    @property
    def state_words(self) -> str:
        """With who trains it while it is under way."""
        by = f" by {self.owner}" if self.owner and self.under_way else ""
        return f"{self.state_word}{by}"

    @property
    def eta_words(self) -> str:
        """η, or the rank for which it was found, of the model that stands for the run; "" without one."""
        main = self.main
        words = main.eta_words if main is not None else ""
        if main is None or not words or self.target_rank is None:
            return words
        return f"{main.eta_now:.3g} for rank {self.target_rank:g}"
