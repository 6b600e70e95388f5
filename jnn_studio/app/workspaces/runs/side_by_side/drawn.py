"""Which runs are drawn, and how each is told from the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jnn_studio.app.colors import Style
from jnn_studio.app.steering.run_plots import model_color
from jnn_studio.runs.summary import MemberSummary, RunSummary

MOST = 8
"""Runs drawn at once: more than these nobody tells apart."""
_ROLES = ("regularised", "unregularised", "model-1", "model-2", "solver-2", "model-3", "solver-3", "accent")


@dataclass(frozen=True)
class DrawnMember:
    """One model, ``member``, of one run on a plot; ``run`` counts runs from 0."""

    run: int
    member: str
    label: str
    role: str
    style: Style

    @property
    def key(self) -> tuple[int, str]:
        """Of its curve."""
        return self.run, self.member


def drawn_members(runs: Sequence[RunSummary], all_models: bool) -> tuple[DrawnMember, ...]:
    """One colour a run; of a run its main model with a solid line, and the others, if asked for, dashed.

    Of a single run all models are drawn, each in the colour that it has everywhere.
    """
    if len(runs) == 1:
        members = runs[0].members
        return tuple(
            DrawnMember(0, member.key, f"{member.label}{_eta(member)}", *model_color(place, member.key))
            for place, member in enumerate(members)
        )
    found = []
    for number, run in enumerate(runs[:MOST]):
        role, main = _ROLES[number % len(_ROLES)], run.main
        for member in run.members if all_models else filter(None, (main,)):
            which = f" · {member.label}" if all_models else ""
            style: Style = "solid" if member is main else "dash"
            found.append(DrawnMember(number, member.key, f"{run.name}{which}{_eta(member)}", role, style))
    return tuple(found)


def _eta(member: MemberSummary) -> str:
    eta = member.eta_now
    return f" · η = {member.eta_symbol or format(eta, '.3g')}" if eta is not None else ""
