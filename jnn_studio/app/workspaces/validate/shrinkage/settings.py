"""What the shrinkage page asks for. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import ValidationError

from jnn_studio.app.widgets.typed import put_typed
from jnn_studio.app.widgets.typed import reasons as plain_reasons
from jnn_studio.base.setting_words import Setting as AnySetting
from jnn_studio.base.setting_words import SettingGroup
from jnn_studio.labs.shrinkage.config import ShrinkageConfig, reasons

PAGE = "validate.shrinkage"
Setting = partial(AnySetting, model=ShrinkageConfig)

SECTIONS = (
    SettingGroup(
        "data",
        "Data Y = X + σ·Z",
        (
            Setting("rows", "&D, rows"),
            Setting("samples", "&N, samples"),
            Setting("rank", "Ran&k of X"),
            Setting(
                "spectrum",
                "Spectrum of X",
                choices=(
                    ("linear", "Falling linearly"),
                    ("geometric", "Falling geometrically"),
                    ("flat", "Flat"),
                    ("explicit", "Typed in"),
                ),
            ),
            Setting("largest", "Largest / √N"),
            Setting("smallest", "Smallest / √N"),
            Setting("values", "Values / √N", text=True),
            Setting("sigma", "Noise σ_ε"),
            Setting("seed", "Seed"),
        ),
    ),
    SettingGroup(
        "penalty",
        "Penalty",
        (
            Setting("eta", "η"),
            Setting("depth", "Factors &L"),
            Setting(
                "reading",
                "Each penalised by",
                choices=(("frobenius", "‖W‖² Frobenius"), ("nuclear", "‖W‖^L Schatten-L")),
            ),
        ),
    ),
)
CONVEXITY = (
    "With L > 2 squared Frobenius norms the penalty is the Schatten-2/L quasi-norm, which is not convex: the "
    "descent may end at a stationary point that is not the least."
)


def relevant(typed: Mapping[str, str]) -> set[str]:
    """Names of the settings that matter, given the values of the others."""
    hidden = {
        "flat": {"smallest", "values"},
        "linear": {"values"},
        "geometric": {"values"},
        "explicit": {"largest", "smallest"},
    }[typed["spectrum"]]
    if typed["depth"].strip() == "2":
        hidden = hidden | {"reading"}
    return set(typed) - hidden


def check(typed: Mapping[str, str]) -> tuple[ShrinkageConfig | None, dict[str, str]]:
    """The problem that was typed, or None and the reasons by name."""
    values = {name: text.strip() for name, text in typed.items()}
    given: dict[str, Any] = {}
    unclear = put_typed(given, values, ShrinkageConfig)
    if unclear:
        return None, unclear
    try:
        return ShrinkageConfig.model_validate(given), {}
    except ValidationError as error:
        if any(problem["loc"] for problem in error.errors()):
            return None, plain_reasons(error, values)
        return None, reasons(error)


def typed(config: ShrinkageConfig) -> dict[str, str]:
    """The inverse of `check`."""
    found = {name: f"{value:g}" for name, value in config if isinstance(value, int | float)}
    found |= {"spectrum": config.spectrum, "reading": config.reading}
    found["values"] = ", ".join(f"{value:g}" for value in config.values)
    found["eta"] = "" if config.eta is None else f"{config.eta:g}"
    return found
