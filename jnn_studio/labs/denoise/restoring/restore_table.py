"""Restoring a folder: operators × noise × priors, beside total variation on the same problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.labs.denoise.measuring.paired import Paired, paired
from jnn_studio.labs.denoise.restoring.plug_and_play import Iterate
from jnn_studio.labs.denoise.restoring.priors import DenoiserPrior
from jnn_studio.labs.denoise.restoring.restoration import (
    DegradationConfig,
    PriorConfig,
    control_of,
    pose,
    restore_learnt,
    seen_psnr,
)

SEEN, CONTROL = "seen", "total-variation"
"""The rows of what is seen, and of the control."""

OPERATORS: Mapping[str, Mapping[str, object]] = {
    "missing-50": {"task": "missing", "share": 0.5},
    "missing-80": {"task": "missing", "share": 0.8},
    "scratches-20": {"task": "scratches", "share": 0.2},
    "box-10": {"task": "box", "share": 0.1},
    "gaussian-2": {"task": "gaussian", "width": 2.0},
    "disc-3": {"task": "disc", "width": 3.0},
    "motion-15": {"task": "motion", "length": 15.0, "angle": 20.0},
    "shrunk-2": {"task": "shrunk", "factor": 2},
    "shrunk-3": {"task": "shrunk", "factor": 3},
    "shrunk-4": {"task": "shrunk", "factor": 4},
}
"""What is undone, by the name that a table has for it: shares in per cent, lengths in pixels."""


@dataclass(frozen=True)
class Restored:
    """One prior on one problem of one photograph: plain PSNR in dB."""

    image: str
    operator: str
    noise: float
    prior: str
    psnr: float


@dataclass(frozen=True)
class RestoredRow:
    """One prior on one problem.

    Attributes:
        images, mean, sd: over the photographs.
        ahead: of total variation on the same problems; None for that itself and of a single photograph.
    """

    operator: str
    noise: float
    prior: str
    images: int
    mean: float
    sd: float
    ahead: Paired | None


def restore_squares(
    squares: Mapping[str, Tensor],
    operators: Sequence[str],
    noises: Sequence[float],
    priors: Mapping[float, Mapping[str, DenoiserPrior]],
    config: PriorConfig,
    watch: Watch,
) -> Iterator[Restored]:
    """Every prior on every problem of every square (channels, side, side) in [-1, 1].

    Args:
        priors: for each noise, by the name that the table has for them.

    Raises:
        Cancelled: ``watch``, which hears of squares, said so.
        ValueError: a blur does not fit the squares.
    """
    total, done = len(operators) * len(noises) * len(squares), 0
    for operator in operators:
        for noise in noises:
            problem = DegradationConfig.model_validate({**OPERATORS[operator], "noise": noise})
            for name, square in squares.items():
                watch.step(done, total, f"{operator}, σ = {noise:g}")
                done += 1
                posed = pose(square, problem)
                yield Restored(name, operator, noise, SEEN, seen_psnr(posed))
                quiet = watch.quiet()
                yield Restored(name, operator, noise, CONTROL, _end(control_of(posed, quiet)))
                for prior, asked in priors[noise].items():
                    end = _end(restore_learnt(posed, asked, config, quiet))
                    yield Restored(name, operator, noise, prior, end)
    watch.step(total, total)


def _end(found: Iterator[Iterate]) -> float:
    """PSNR of the last."""
    *_, last = found
    assert last.psnr is not None
    return last.psnr


def restored_rows(found: Sequence[Restored]) -> tuple[RestoredRow, ...]:
    """The table: what is seen, total variation, and the priors, problem by problem."""
    values: dict[tuple[str, float], dict[str, dict[str, float]]] = {}
    for one in found:
        values.setdefault((one.operator, one.noise), {}).setdefault(one.prior, {})[one.image] = one.psnr
    table = []
    for (operator, noise), by_prior in values.items():
        control = by_prior.get(CONTROL, {})
        order = [key for key in (SEEN, CONTROL) if key in by_prior]
        for prior in (*order, *(key for key in by_prior if key not in order)):
            own = by_prior[prior]
            numbers = np.array(list(own.values()))
            spread = float(numbers.std(ddof=1)) if len(numbers) > 1 else float("nan")
            ahead = None if prior == CONTROL else paired(own, control)
            table.append(
                RestoredRow(operator, noise, prior, len(numbers), float(numbers.mean()), spread, ahead)
            )
    return tuple(table)
