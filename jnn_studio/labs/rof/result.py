"""What a validation run found, read from its folder, finished or not."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from jnn_studio.labs.rof.config import RofConfig
from jnn_studio.labs.rof.experiment import COMPOSITE, DRAWS, EXACT, MEMBERS, rof_members
from jnn_studio.labs.rof.solution import theory
from jnn_studio.training.events import Arrays, MemberInfo
from jnn_studio.training.folder.run_folder import RunFolder, RunFolderError

MEASURED = (
    "mae",
    "mae_inside",
    "mae_whole_space",
    "objective_nuclear",
    "objective_composite",
    "tightness_gap",
    "mean_inside",
    "mean_outside",
    "mean_hole",
)
"""Terms of the comparison with the right solution, as they are logged."""

OBJECTIVE = {EXACT: "objective_nuclear", COMPOSITE: "objective_composite", DRAWS: "objective_composite"}
"""The objective each solver minimises: (8) or (9)."""


@dataclass(frozen=True)
class RofResult:
    """A run's configuration, solvers, curves and newest solutions.

    ``curves[member][term]`` holds (steps, values), each (points,).
    """

    config: RofConfig
    members: tuple[MemberInfo, ...]
    curves: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]]
    arrays: Arrays | None
    numbers: Mapping[str, Any]


def misfit(config: RofConfig, arrays: Arrays) -> str:
    """Why ``arrays`` are not the solutions of such a problem, or ""."""
    radial, plane = config.problem.n > 2, config.problem.n == 2
    across = "radius" if radial else "axis"
    points = arrays.values.get("", {}).get(across, np.zeros(0)).shape
    if len(points) != 1 or points[0] < 1:
        return f"it has no {across}"
    drawn = ("profile_mean", "profile_sd") if radial else ("field",)
    for member, names in {"": ("target", "reference"), **dict.fromkeys(MEMBERS, drawn)}.items():
        for name in names:
            found = arrays.values.get(member, {}).get(name)
            if found is None or found.shape != (points * 2 if plane else points):
                return f"its {name} of {member or 'the problem'} is missing or of another size"
    return ""


def read_result(path: Path) -> RofResult:
    """The result of the run in the folder ``path``.

    Raises:
        RunFolderError, ConfigError: there is no run of this kind.
    """
    folder = RunFolder.open(path)
    config = folder.config()
    if not isinstance(config, RofConfig):
        raise RunFolderError(f"the run in {path} is of kind {config.kind!r}, not 'rof'")
    gathered: dict[str, dict[str, list[tuple[float, float]]]] = {key: {} for key in MEMBERS}
    portion, offset = folder.metrics(0, MEMBERS)
    seconds = 0.0
    while portion:
        for event in portion:
            seconds = max(seconds, event.time)
            for term, value in event.terms.items():
                gathered[event.member].setdefault(term, []).append((event.step, value))
        portion, offset = folder.metrics(offset, MEMBERS)
    curves = {
        member: {term: (np.asarray(p)[:, 0].astype(int), np.asarray(p)[:, 1]) for term, p in terms.items()}
        for member, terms in gathered.items()
    }
    numbers = _numbers(config, curves, folder.state().step, seconds)
    arrays = folder.latest_arrays(misfit=partial(misfit, config))
    return RofResult(config, rof_members(config), curves, arrays, numbers)


def _numbers(
    config: RofConfig,
    curves: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]],
    step: int,
    seconds: float,
) -> dict[str, Any]:
    """Everything worth a table: of every solver the last values, and what they come to together."""
    found: dict[str, dict[str, float]] = {}
    for member, terms in curves.items():
        last = {term: float(terms[term][1][-1]) for term in MEASURED if term in terms}
        if "seconds_per_step" in terms:
            last["seconds_per_step"] = statistics.median(terms["seconds_per_step"][1].tolist())
        found[member] = last
    together: dict[str, float] = {}
    if all(term in found[key] for key, term in OBJECTIVE.items()):
        exact = found[EXACT][OBJECTIVE[EXACT]]
        for key in (COMPOSITE, DRAWS):
            together[f"objective_{key}_over_exact"] = found[key][OBJECTIVE[key]] / exact
    if all("seconds_per_step" in found[key] for key in (COMPOSITE, DRAWS)):
        together["draws_over_composite_seconds"] = (
            found[DRAWS]["seconds_per_step"] / found[COMPOSITE]["seconds_per_step"]
        )
    closed = theory(config.problem)
    return {
        "name": config.name,
        "n": config.problem.n,
        "eta": config.problem.eta,
        "half_width": config.problem.half_width,
        "target": config.problem.target.model_dump(mode="json"),
        "step": step,
        "measured_at": max(
            (int(terms["mae"][0][-1]) for terms in curves.values() if "mae" in terms), default=None
        ),
        "steps": config.schedule.steps,
        "seconds": None if math.isnan(seconds) else round(seconds, 3),
        "theory": None
        if closed is None
        else {
            "inside": closed.inside,
            "outside": closed.outside,
            "hole": closed.hole,
            "whole_space_inside": closed.whole_inside,
        },
        "members": found,
        **together,
    }
