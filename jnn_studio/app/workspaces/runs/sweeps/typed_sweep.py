"""From what was typed to a sweep, or to the reason why there is none. Free of Qt."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jnn_studio.base.errors import StudioError
from jnn_studio.base.text import counted
from jnn_studio.sweeps.changing import changed, value_of
from jnn_studio.sweeps.config import SweepConfig, sweep_from
from jnn_studio.sweeps.plan import plan_ends, plan_grid
from jnn_studio.training.config import ConfigError, RunConfig
from jnn_studio.training.configuration.config_file import validate_config
from jnn_studio.training.configuration.derived_words import words_for

Spread = Literal["values", "log", "linear"]
WHERE = "This sweep"
ENCODER, DECODER = "penalty.eta", "penalty.eta_decoder"


@dataclass(frozen=True)
class TypedAxis:
    """A setting by its dotted name, "" for none, how its values are given, and the text that gives them."""

    setting: str = ""
    spread: Spread = "values"
    text: str = ""


@dataclass(frozen=True)
class TypedSweep:
    """What the dialog holds.

    ``run``: what all runs have in common; ``further``: more of it, as ``name=value`` with commas between;
    ``attributes``: the file of a table.
    """

    name: str
    run: Mapping[str, Any]
    axes: Sequence[TypedAxis]
    way: Literal["grid", "psnr", "front"] = "grid"
    trials: int = 24
    largest_rank: str = ""
    further: str = ""
    attributes: str = ""


def settings_to_vary(config: RunConfig) -> dict[str, str]:
    """What may vary among runs like this one: words by dotted name, as the form has them."""
    left_out = {"name", "only", "data.kind", "data.path", "model.kind"}
    groups = words_for(config).groups
    return {
        setting.name: setting.words
        for group in groups
        for setting in group.settings
        if setting.name not in left_out and not setting.name.startswith("logging.")
    }


def check_sweep(typed: TypedSweep) -> tuple[SweepConfig | None, str]:
    """(the sweep, what will be trained), or (None, why it cannot be)."""
    try:
        config = changed(_sweep(typed), None, [part for part in typed.further.split(",") if part.strip()])
        base = validate_config(copy.deepcopy(dict(config.run)), WHERE)
        if base.asks_for_images:
            return None, f"{base.name} trains on images of your own: choose their folder or zip."
        return config, _words(config)
    except StudioError as error:
        return None, str(error).replace(f"{WHERE}: ", "").replace(f"{WHERE} with ", "With ")


def _sweep(typed: TypedSweep) -> SweepConfig:
    table: dict[str, Any] = {
        "schema_version": 1,
        "name": typed.name.strip(),
        "vary": [
            _axis(axis, typed.way != "grid") | _along(axis, typed) for axis in typed.axes if axis.setting
        ],
        "run": dict(typed.run),
    }
    if typed.attributes:
        table["attributes"] = typed.attributes
    if not table["vary"]:
        raise ConfigError("Choose a setting that varies.")
    if typed.way != "grid":
        search: dict[str, Any] = {"trials": typed.trials, "objective": typed.way}
        if typed.largest_rank.strip():
            search["largest_rank"] = value_of(typed.largest_rank.strip())
        table["search"] = search
    return sweep_from(table, WHERE)


def _axis(axis: TypedAxis, search: bool) -> dict[str, Any]:
    values = [value_of(part.strip()) for part in axis.text.split(",") if part.strip()]
    if axis.spread == "values":
        if not values:
            raise ConfigError(f"{axis.setting}: type its values, with commas between them.")
        return {"setting": axis.setting, "values": values}
    wanted = 2 if search else 3
    if len(values) not in (wanted, 3):
        form = "its smallest and its largest value" if search else "its smallest value, its largest, how many"
        raise ConfigError(f"{axis.setting}: type {form}, with commas between them.")
    ends = {"setting": axis.setting, "low": values[0], "high": values[1], "spacing": axis.spread}
    return ends if search else ends | {"count": values[2]}


def _along(axis: TypedAxis, typed: TypedSweep) -> dict[str, Any]:
    """η of the decoder keeps its ratio to the encoder's, where it has one and does not vary itself."""
    penalty = typed.run.get("penalty", {})
    eta, of_decoder = (penalty.get(name) for name in ("eta", "eta_decoder"))
    varies = any(other.setting == DECODER for other in typed.axes)
    numbers = all(isinstance(value, int | float) and value > 0 for value in (eta, of_decoder))
    if axis.setting != ENCODER or varies or not numbers:
        return {}
    return {"along": {DECODER: float(f"{of_decoder / eta:.6g}")}}


def _words(config: SweepConfig) -> str:
    along = [
        f" η decoder goes along, {axis.along[DECODER]:g} times it." for axis in config.vary if axis.along
    ]
    return _counted(config) + "".join(along)


def _counted(config: SweepConfig) -> str:
    if config.search is None:
        runs = plan_grid("new", config, WHERE)
        twins = sum(run.is_twin for run in runs)
        others = counted(len(runs) - twins, "run")
        if not twins:
            return f"{others}."
        models = "the unregularised model once" if twins == 1 else f"{twins} unregularised models"
        return f"{counted(len(runs), 'run')}: {models}, and {len(runs) - twins} against it."
    twin, _ = plan_ends("new", config, WHERE)
    once = "The unregularised model once, and " if twin is not None else ""
    return f"{once}{counted(config.search.trials, 'trial')}, each chosen by what came of those before."
