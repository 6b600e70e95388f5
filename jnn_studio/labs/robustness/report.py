"""What a robustness run came to: a row for each regulariser and strength, and what is said about it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import ValidationError

from jnn_studio.base.atomic import write_text
from jnn_studio.base.reading import read_text
from jnn_studio.base.settings import Frozen, from_json, to_json
from jnn_studio.base.watch import Watch
from jnn_studio.labs.robustness.checks import QUESTIONS
from jnn_studio.labs.robustness.config import RobustnessConfig
from jnn_studio.labs.robustness.errors import RobustnessError
from jnn_studio.labs.robustness.evaluation import NetworkMeasures, measure_run
from jnn_studio.labs.robustness.regularisers import NONE

REPORT = "robustness.json"
"""Beside a run's other files, what was measured of its networks."""
EQUAL = 0.02
"""Clean accuracies that differ by no more count as equal."""
_MAX_BYTES = 16 * 2**20

Number = float | None
"""None where there is none, such as an infinite one."""


class FailedCheck(Frozen):
    """A check that did not hold of some networks of a row."""

    key: str
    networks: int
    worst: float

    @property
    def words(self) -> str:
        """What was asked of the attacks."""
        return QUESTIONS.get(self.key, self.key)


class ReportRow(Frozen):
    """One regulariser at one strength.

    Attributes:
        mean, sd: of single numbers, over the networks; no standard deviation where there is one network.
        curves, spreads: the same of rows of numbers: share told rightly at each of the report's ε (``linf``,
            ``l2``), singular values (``sigma``).
        failed: checks that did not hold.
        equal: of its regulariser the strongest whose clean accuracy is that of no regulariser, within
        `EQUAL`.
    """

    key: str
    label: str
    regulariser: str
    strength: float
    networks: int
    mean: dict[str, Number]
    sd: dict[str, Number]
    curves: dict[str, list[Number]]
    spreads: dict[str, list[Number]]
    failed: list[FailedCheck]
    equal: bool = False


class RobustnessReport(Frozen):
    """All rows, and what they were measured on.

    Attributes:
        linf, l2: ε of the curves, from 0 on.
        sizes: of training sets, ascending; all but the gaps is of the largest.
    """

    schema_version: Literal[1] = 1
    name: str
    classes: list[str]
    linf: list[float]
    l2: list[float]
    sizes: list[int]
    images: int
    rows: list[ReportRow]

    def row(self, key: str) -> ReportRow | None:
        """The row of a member of the run."""
        return next((row for row in self.rows if row.key == key), None)


def make_report(path: Path, watch: Watch) -> RobustnessReport:
    """Measure the run in ``path`` and keep what was found beside it.

    Raises:
        StudioError, OSError: it cannot be measured, or the report not written.
        Cancelled: ``watch`` said so.
    """
    config, classes, measured = measure_run(path, watch)
    report = gathered(config, classes, measured)
    write_text(path / REPORT, to_json(report, indent=1) + "\n")
    return report


def read_report(path: Path) -> RobustnessReport | None:
    """What was measured of the run in ``path``, None if nothing was.

    Raises:
        RobustnessError: there is a report, and it cannot be read.
    """
    file = path / REPORT
    try:
        return from_json(RobustnessReport, read_text(file, _MAX_BYTES))
    except FileNotFoundError:
        return None
    except (OSError, ValidationError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise RobustnessError(f"{file} cannot be read; measure the run again. {reason}") from error


def gathered(
    config: RobustnessConfig, classes: Sequence[str], measured: Mapping[str, Sequence[NetworkMeasures]]
) -> RobustnessReport:
    """The report of a run whose networks, by member, came to these measures."""
    rows = []
    for arm in config.arms:
        networks = measured[arm.key]
        names = dict.fromkeys(name for one in networks for name in one.values)
        values = {name: [one.values.get(name, math.nan) for one in networks] for name in names}
        curves = {name: np.array([one.curves[name] for one in networks]) for name in networks[0].curves}
        rows.append(
            ReportRow(
                key=arm.key,
                label=arm.label,
                regulariser=arm.regulariser.key,
                strength=arm.strength,
                networks=len(networks),
                mean={name: _finite(float(np.mean(several))) for name, several in values.items()},
                sd={name: _spread(np.array(several)) for name, several in values.items()},
                curves={
                    name: [_finite(value) for value in several.mean(0)] for name, several in curves.items()
                },
                spreads={name: [_spread(column) for column in several.T] for name, several in curves.items()},
                failed=_failed(networks),
            )
        )
    evaluation = config.evaluation
    return RobustnessReport(
        name=config.shown_name,
        classes=list(classes),
        linf=[0.0, *evaluation.epsilons_linf],
        l2=[0.0, *evaluation.epsilons_l2],
        sizes=list(config.sets.sizes),
        images=evaluation.images,
        rows=_with_equals(rows),
    )


def _with_equals(rows: list[ReportRow]) -> list[ReportRow]:
    """The rows, of each regulariser the strongest of equal clean accuracy marked; chosen by nothing else."""
    clean = next((row.mean["accuracy"] for row in rows if row.regulariser == NONE), None)
    strongest: dict[str, float] = {}
    for row in rows:
        mine = row.mean["accuracy"]
        if clean is not None and mine is not None and mine >= clean - EQUAL:
            strongest[row.regulariser] = max(row.strength, strongest.get(row.regulariser, 0.0))
    return [row.model_copy(update={"equal": strongest.get(row.regulariser) == row.strength}) for row in rows]


def _failed(networks: Sequence[NetworkMeasures]) -> list[FailedCheck]:
    found: dict[str, list[float]] = {}
    for network in networks:
        for one in network.checks:
            if not one.holds:
                found.setdefault(one.key, []).append(one.figure)
    return [FailedCheck(key=key, networks=len(figures), worst=max(figures)) for key, figures in found.items()]


def _finite(value: float) -> Number:
    return float(value) if math.isfinite(value) else None


def _spread(values: np.ndarray) -> Number:
    if len(values) < 2 or not np.isfinite(values).all():
        return None
    return float(values.std(ddof=1))


def report_data(report: RobustnessReport) -> dict[str, object]:
    """The report as plain JSON."""
    data: dict[str, object] = json.loads(to_json(report))
    return data
