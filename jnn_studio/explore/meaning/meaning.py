"""What a direction does, in words and bars: how much it moves each factor or attribute that is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from jnn_studio.jacobian.subspace import tangent_energy

ONE = 0.6
"""Share of the squared effects above which one factor gives its direction the name."""

TWO = 0.7
"""Share of the squared effects above which two factors together do."""

INSIDE = 0.5
"""Tangent energy from which a direction is "mostly" what it is named after."""

OUTSIDE = 0.25
"""Tangent energy below which a direction is named after no factor; between the two it is "partly"."""

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Meaning:
    """What one direction does.

    Attributes:
        name: "mostly smile", "smile − head yaw" (more smile, less yaw), "mixed: …" or "outside the factors".
        effects: signed, one for each factor or attribute; positive if a positive slider raises it.
        tangent_energy: share in [0, 1] of the image change the factors can make; None for attributes.
    """

    name: str
    effects: tuple[float, ...]
    tangent_energy: float | None = None


@dataclass(frozen=True)
class MeaningColumn:
    """One model's directions.

    Attributes:
        role: its colour.
        meanings: one for each direction, in the order of the sliders.
        accuracies: of its readouts, in the order of the labels, None where one is missing; None for factors.
        reliable: whether each readout is better than chance; None for factors.
        key: of the scene's column; two columns of one model have the same name.
    """

    name: str
    role: str
    meanings: tuple[Meaning, ...]
    accuracies: tuple[float | None, ...] | None = None
    reliable: tuple[bool, ...] | None = None
    key: str = ""


@dataclass(frozen=True)
class MeaningView:
    """Everything the panel "What does it mean?" shows; plain data.

    Attributes:
        labels: names of the factors or attributes.
        columns: the models, each with as many effects as there are labels.
        unit: what the bars measure, as the axis says it.
        measures: how each label's accuracy is measured, "balanced accuracy" or "R²"; empty for factors.
        state: in place of the bars when there is nothing to show: why, and what to do.
        progress: what is being worked out just now, "" if nothing.
        rule: when a direction is named after what it moves, in words.
    """

    labels: tuple[str, ...] = ()
    columns: tuple[MeaningColumn, ...] = ()
    unit: str = ""
    measures: tuple[str, ...] = ()
    state: str = ""
    progress: str = ""
    rule: str = ""


FACTOR_UNIT = "change of the picture; ±1: this factor alone"

FACTOR_RULE = (
    f"A direction is named after one factor with {ONE:.0%} of the squared effects, or two with {TWO:.0%}. "
    f"Below {OUTSIDE:.0%} tangent energy, the share of its change that the factors can make, it is outside."
)

NO_FACTORS = (
    "These images have no known factors. Open a table of attributes to see what directions mean, or sort "
    "them into two to nine folders: each folder is then an attribute."
)


def factor_effects(push: Tensor, tangents: Tensor, names: Sequence[str]) -> tuple[Meaning, ...]:
    """What each direction does to each known factor.

    With p a direction's push-forward of unit length and t_i the factor derivatives, the effects are
    c_i·‖t_i‖ for the least-squares coefficients c of p on the t_i: ±1 is the effect of a direction that is
    this factor alone, whatever the factor's own range or scale. Where derivatives coincide the solution of
    least norm is taken, with the rank floor of `tangent_energy`.

    Args:
        push: decoded push-forwards (k, n).
        tangents: derivatives of the image with respect to each factor (factors, n).
        names: of the factors.

    Raises:
        ValueError: shapes or the number of names do not agree.
    """
    if push.ndim != 2 or tangents.ndim != 2 or push.shape[1] != tangents.shape[1]:
        raise ValueError(
            f"push and tangents must be (k, n) and (factors, n); got {tuple(push.shape)} "
            f"and {tuple(tangents.shape)}"
        )
    if len(names) != len(tangents):
        raise ValueError(f"{len(tangents)} factors have {len(names)} names")
    push, tangents = push.double(), tangents.double()
    effects = factor_parts(_unit(push), tangents).tolist()
    energies = tangent_energy(push.mT[None], tangents.mT[None])[0].tolist()
    return tuple(
        Meaning(name_direction(row, names, energy), tuple(row), energy)
        for row, energy in zip(effects, energies, strict=True)
    )


def factor_parts(push: Tensor, tangents: Tensor) -> Tensor:
    """The effects c_i·‖t_i‖ of `factor_effects` (k, factors) for push-forwards (k, n) of any length."""
    unit = _unit(tangents)
    floor = max(unit.shape) * torch.finfo(torch.float32).eps
    return push @ torch.linalg.pinv(unit, rtol=floor)


def name_direction(
    effects: Sequence[float],
    names: Sequence[str],
    energy: float | None = None,
    outside: str = "outside the factors",
    least: float = 0.0,
    least_energy: float = OUTSIDE,
) -> str:
    """A direction's name from its effects.

    One factor with `ONE` of the squared effects names it, or two with `TWO`; else the two largest stand
    behind "mixed". A minus sign says that a positive slider lowers the factor.

    Args:
        energy: its tangent energy, or what stands for it; None leaves its thresholds aside: below `INSIDE` a
            direction is "partly" what it is named after, below ``least_energy`` it is not named after it.
        outside: the name where no effect is left or the energy is too small.
        least: absolute effect below which nothing gives its name, however alone it is.
    """
    squares = [effect**2 for effect in effects]
    total = sum(squares)
    if total == 0 or max(map(abs, effects)) < least or (energy is not None and energy < least_energy):
        return outside
    order = sorted(range(len(squares)), key=lambda i: (-squares[i], i))
    first, second = order[0], order[1] if len(order) > 1 else None
    degree = "mostly" if energy is None or energy >= INSIDE else "partly"
    if second is None or squares[first] >= ONE * total:
        return f"{degree} {_signed(effects[first], names[first])}"
    joint = f" {'+' if effects[second] > 0 else MINUS} {names[second]}"
    pair = _signed(effects[first], names[first]) + joint
    if squares[first] + squares[second] >= TWO * total:
        return pair if degree == "mostly" else f"partly {pair}"
    return f"mixed: {pair} …"


def _signed(effect: float, name: str) -> str:
    return name if effect > 0 else MINUS + name


def _unit(rows: Tensor) -> Tensor:
    length = rows.norm(dim=1, keepdim=True)
    return rows / torch.where(length > 0, length, 1.0)
