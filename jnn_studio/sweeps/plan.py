"""From a sweep's configuration to its runs: which they are, wherever and whenever they are trained."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from jnn_studio.base.flat_settings import as_typed, flat_texts
from jnn_studio.sweeps.config import SweepConfig, Value
from jnn_studio.training.config import RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.derived_words import words_for
from jnn_studio.training.configuration.identity import id_from
from jnn_studio.training.kind import find_kind

Settings = Mapping[str, Value]
_MAX_NAME = 80


@dataclass(frozen=True)
class PlannedRun:
    """One run of a sweep.

    Attributes:
        id: its identity, a function of the sweep's and of what it varies.
        folder: what its folder in the sweep's is called at first.
        config: what it is to be.
        values: of the settings that vary, by name; of a twin those that make a difference to it.
        twin: the id of the run that trains the unregularised model for it, "" where it has its own.
        is_twin: it is that run.
        trial: its number in a search.
    """

    id: str
    folder: str
    config: RunConfig
    values: Settings
    twin: str = ""
    is_twin: bool = False
    trial: int | None = None

    @property
    def table(self) -> dict[str, Any]:
        """Its configuration as it was given, without the defaults that nobody asked for."""
        given = self.config.model_dump(mode="json", exclude_unset=True)
        return given | {"schema_version": self.config.schema_version, "kind": self.config.kind}


def configured(base: Mapping[str, Any], settings: Settings, where: str) -> RunConfig:
    """The configuration ``base`` with other ``settings``, by dotted name.

    Raises:
        ConfigError: one of them cannot be so, or there is no such setting; as for any configuration.
    """
    table = copy.deepcopy(dict(base))
    for name, value in settings.items():
        *sections, last = name.split(".")
        inner = table
        for section in sections:
            below = inner.get(section)
            if not isinstance(below, dict):
                below = inner[section] = {}
            inner = below
        inner[last] = value
    said = ", ".join(f"{name} = {as_typed(value)}" for name, value in settings.items())
    return validate_config(table, f"{where} with {said}" if said else where)


def plan_grid(sweep_id: str, config: SweepConfig, where: str) -> tuple[PlannedRun, ...]:
    """The runs of a grid, twins first: each of those once, however many runs are compared with it.

    Raises:
        ConfigError: one of the runs cannot be.
    """
    points = list(itertools.product(*(axis.grid for axis in config.vary)))
    seen = seen_by_twins(config, where)
    twins: dict[str, PlannedRun] = {}
    runs: dict[str, PlannedRun] = {}
    for values in points:
        chosen, settings = settings_at(config, values)
        whole = configured(config.run, settings, where)
        halves = find_kind(whole.kind).halves(whole)
        if halves is None:
            run = _planned(sweep_id, config, whole, chosen)
        else:
            twin = _twin(sweep_id, config, halves[0], {n: v for n, v in chosen.items() if n in seen})
            twins.setdefault(twin.id, twin)
            if halves[1] is halves[0]:
                continue  # it is the twin
            run = _planned(sweep_id, config, halves[1], chosen, twin.id)
        runs[run.id] = run
    return tuple(_apart([*twins.values(), *runs.values()]))


def plan_trial(
    sweep_id: str, config: SweepConfig, number: int, values: Iterable[Value], where: str
) -> tuple[PlannedRun | None, PlannedRun]:
    """(twin, run) of a trial of a search; where what varies makes a difference to the twin, both in one run.

    Raises:
        ConfigError: the run cannot be.
    """
    chosen, settings = settings_at(config, values)
    whole = configured(config.run, settings, where)
    halves = find_kind(whole.kind).halves(whole)
    twin = None
    if halves is not None and halves[1] is not halves[0] and not seen_by_twins(config, where):
        twin, whole = _twin(sweep_id, config, halves[0], {}), halves[1]
    run = _planned(sweep_id, config, whole, chosen, "" if twin is None else twin.id)
    name = f"{config.name}, {number}: {', '.join(_labels(whole, chosen))}"
    trial_id = id_from(sweep_id, "trial", str(number))
    return twin, replace(
        run, id=trial_id, folder=f"trial-{number:03d}", config=_named(whole, name), trial=number
    )


def plan_ends(
    sweep_id: str, config: SweepConfig, where: str
) -> tuple[PlannedRun | None, tuple[PlannedRun, PlannedRun]]:
    """(twin of all trials, if they share one; trials at either end of all axes); raises as `plan_trial`."""
    values = [
        [axis.values[0] if axis.values else getattr(axis, end) for axis in config.vary]
        for end in ("low", "high")
    ]
    twin, low = plan_trial(sweep_id, config, 0, values[0], where)
    return twin, (low, plan_trial(sweep_id, config, 0, values[1], where)[1])


def count_runs(sweep_id: str, config: SweepConfig, where: str) -> int:
    """How many runs there will be; raises as `plan_grid` and `plan_trial`."""
    if config.search is None:
        return len(plan_grid(sweep_id, config, where))
    return config.search.trials + (plan_ends(sweep_id, config, where)[0] is not None)


def seen_by_twins(config: SweepConfig, where: str) -> set[str]:
    """The settings that vary and make a difference to the unregularised model; none where there is none."""
    first = [axis.values[0] if axis.values else axis.low for axis in config.vary]
    seen = set()
    for number, axis in enumerate(config.vary):
        flats = []
        for end in (first[number], axis.values[-1] if axis.values else axis.high):
            values = [*first[:number], end, *first[number + 1 :]]
            whole = configured(config.run, settings_at(config, values)[1], where)
            halves = find_kind(whole.kind).halves(whole)
            flats.append(None if halves is None else flat_texts(halves[0]))
        if flats[0] != flats[1]:
            seen.add(axis.setting)
    return seen


def settings_at(config: SweepConfig, values: Iterable[Any]) -> tuple[dict[str, Value], dict[str, Value]]:
    """(what varies, that and what goes along with it) for one value of each axis, by dotted name."""
    chosen: dict[str, Value] = {}
    settings: dict[str, Value] = {}
    for axis, value in zip(config.vary, values, strict=True):
        chosen[axis.setting] = value
        settings |= axis.settings(value)
    return chosen, settings


def _twin(sweep_id: str, config: SweepConfig, half: RunConfig, kept: Settings) -> PlannedRun:
    """The run of the unregularised model, to which the settings ``kept`` make a difference."""
    name = f"{config.name}, {', '.join(['unregularised', *_labels(half, kept)])}"
    folder = "_".join(["twin", *_slugs(kept)])
    return PlannedRun(_id(sweep_id, "twin", kept), folder, _named(half, name), kept, is_twin=True)


def _planned(
    sweep_id: str, config: SweepConfig, run: RunConfig, chosen: Settings, twin: str = ""
) -> PlannedRun:
    name = f"{config.name}, {', '.join(_labels(run, chosen))}"
    folder = "_".join(_slugs(chosen))
    return PlannedRun(_id(sweep_id, "run", chosen), folder, _named(run, name), chosen, twin)


def _id(sweep_id: str, role: str, values: Settings) -> str:
    return id_from(sweep_id, role, json.dumps(dict(sorted(values.items()))))


def _named(config: RunConfig, name: str) -> RunConfig:
    return config.model_copy(update={"name": name[:_MAX_NAME]})


def labels_of(config: RunConfig) -> dict[str, str]:
    """What the settings of a configuration are called in a form, by dotted name."""
    groups = words_for(config).groups
    return {setting.name: setting.words for group in groups for setting in group.settings}


def _labels(config: RunConfig, values: Settings) -> list[str]:
    """``["η encoder 0.1", "Latent 32"]``"""
    words = labels_of(config)
    return [f"{words.get(name, name.rpartition('.')[2])} {as_typed(value)}" for name, value in values.items()]


def _slugs(values: Settings) -> list[str]:
    """``["eta-0.1", "latent-32"]``"""
    return [
        re.sub(r"[^\w.+-]+", "-", f"{name.rpartition('.')[2]}-{as_typed(value)}")[:60]
        for name, value in values.items()
    ]


def _apart(runs: Iterable[PlannedRun]) -> Iterable[PlannedRun]:
    """No two in folders of one name."""
    seen: set[str] = set()
    for run in runs:
        name, number = run.folder, 2
        while name in seen:
            name, number = f"{run.folder}~{number}", number + 1
        seen.add(name)
        yield replace(run, folder=name)
