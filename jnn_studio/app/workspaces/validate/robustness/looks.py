"""Which of a run's models are looked at together, and in which colours. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jnn_studio.app.workspaces.validate.robustness.settings import COLORS
from jnn_studio.labs.robustness.classes import face_classes
from jnn_studio.labs.robustness.config import FaceClassesConfig, RobustnessConfig
from jnn_studio.labs.robustness.regularisers import Arm

STRENGTHS: dict[str, tuple[str, str]] = {
    "weakest": ("Weakest", "Each regulariser at its smallest strength"),
    "middle": ("Middle", "Each regulariser at its middle strength"),
    "strongest": ("Strongest", "Each regulariser at its largest strength"),
}
"""Choices: label and tooltip."""


@dataclass(frozen=True)
class Looked:
    """A model on show."""

    key: str
    label: str
    role: str


def looked_at(config: RobustnessConfig, strength: str) -> tuple[Looked, ...]:
    """One model of each regulariser, at this strength of those it has."""
    by_regulariser: dict[str, list[Arm]] = {}
    for arm in config.arms:
        by_regulariser.setdefault(arm.regulariser.key, []).append(arm)
    chosen = [arms[_place(strength, len(arms))] for arms in by_regulariser.values()]
    return tuple(Looked(arm.key, arm.short, COLORS[arm.regulariser.key]) for arm in chosen)


def class_name(config: RobustnessConfig, label: int, known: Sequence[str] = ()) -> str:
    """What to call a class: as measured, as the faces' factors say, or by its number."""
    names = known or (face_classes(config.data) if isinstance(config.data, FaceClassesConfig) else ())
    return names[label] if label < len(names) else f"class {label + 1}"


def _place(strength: str, count: int) -> int:
    return {"weakest": 0, "middle": count // 2, "strongest": count - 1}[strength]
