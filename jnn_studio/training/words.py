"""What a kind of run is called, asks for and logs, in words for a window. Free of Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from jnn_studio.base.setting_words import SettingGroup
from jnn_studio.base.watch import Watch

Terms = Mapping[str, tuple[str, ...]]
"""By term: its label, its tooltip and, where the label alone would not do, the name of its axis."""

PSNR = "held_out_psnr"
ETA = "eta"
QUALITY: Terms = {PSNR: ("PSNR", "Quality on held-out images: more is better", "Held-out PSNR in dB")}
LOSS_TERMS: Terms = {
    "total": ("Total", "What is minimised: reconstruction + η · penalty", "Total loss per image"),
    "reconstruction": (
        "Reconstruction",
        "½‖f(x) − x‖², summed over an image's values, mean over the batch",
        "½ squared error per image",
    ),
    "penalty": (
        "Penalty",
        "Upper bound of the Jacobian's nuclear norm, before it is multiplied by η",
        "½(‖Jg‖² + ‖Jh‖²) per image",
    ),
}


def _nothing_hidden(typed: Mapping[str, str]) -> set[str]:
    return set()


def _no_hints(config: Any) -> Mapping[str, str]:
    return {}


def _no_aim(config: Any) -> float | None:
    return None


def _nothing_known(config: Any, runs: Path, watch: Watch) -> Mapping[str, str]:
    return {}


def eta_words(eta: float, target_rank: float | None = None, give_up: float | None = None) -> str:
    """η, and for which effective rank or which loss in dB it was found, if it was."""
    if target_rank is not None:
        return f"η = {eta:.3g} found for rank {target_rank:g}"
    return f"η = {eta:.4g}" if give_up is None else f"η = {eta:.3g} found for −{give_up:g} dB"


@dataclass(frozen=True)
class RunWords:
    """The words of one kind of run; all of them may be left out.

    Attributes:
        groups: the settings a form asks for, in their order; none: all that the configuration has.
        hidden: names of settings that do not matter, given what was typed. Those of a table whose ``kind``
            is another one need not be named.
        hints: something to know about a value, by the setting's name, given a right configuration.
        background: the same, of what earlier runs in a folder came to; read on a thread.
        aim: the effective rank that a run is to reach, if there is one.
        terms: words for what is logged, in the order it is offered; other terms go by their names.
        further_terms: words for what some runs log only; offered once it is.
        bounds: by term, another that is drawn beside it, on a log axis at first, as it can be far larger.
        facts: symbols for what `Kind.facts` says of a model, to stand beside its name.
        invitation: what is said before there is a run.
        start: what Start does.
        empty: what plots of losses, singular values and effective rank say before there is a run.
    """

    groups: tuple[SettingGroup, ...] = ()
    hidden: Callable[[Mapping[str, str]], set[str]] = _nothing_hidden
    hints: Callable[[Any], Mapping[str, str]] = _no_hints
    background: Callable[[Any, Path, Watch], Mapping[str, str]] = _nothing_known
    aim: Callable[[Any], float | None] = _no_aim
    terms: Terms = field(default_factory=lambda: {"total": ("Total", "What is minimised", "Total loss")})
    further_terms: Terms = field(default_factory=dict)
    bounds: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    invitation: str = "Choose what to train, then press Start."
    start: str = "Train with the settings of the form"
    empty: tuple[str, ...] = (
        "Losses, and whatever else the run measures",
        "Singular values of the models' Jacobians, where the run measures them",
        "In how many directions the models are sensitive, where the run measures it",
    )

    def described_by(self, model: type[BaseModel]) -> RunWords:
        """The same words; what a setting does is read from this configuration."""
        groups = (
            replace(group, settings=tuple(replace(setting, model=model) for setting in group.settings))
            for group in self.groups
        )
        return replace(self, groups=tuple(groups))
