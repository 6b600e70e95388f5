"""What the training page of Denoise asks for. Free of Qt."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from pydantic import ValidationError

from jnn_studio.app.widgets.setting import DEVICES, Section
from jnn_studio.app.widgets.setting import Setting as AnySetting
from jnn_studio.app.widgets.typed import put_typed, reasons, typed_values
from jnn_studio.data.config import CropsConfig, DeadLeavesConfig
from jnn_studio.labs.denoise.config import DenoiseConfig
from jnn_studio.labs.denoise.methods import DIFFERENCES

PAGE = "denoise.train"
Setting = partial(AnySetting, model=DenoiseConfig, page=PAGE)
KIND, PATH, WIDTHS, METHODS = "data.kind", "data.path", "model.widths", "methods"
_OF_DATA = {"dead-leaves": ("count", "seed"), "crops": ("path", "per_photo")}
_DEFAULTS = {
    "data.count": str(DeadLeavesConfig.model_fields["count"].default),
    "data.seed": str(DeadLeavesConfig.model_fields["seed"].default),
    "data.path": "",
    "data.per_photo": str(CropsConfig.model_fields["per_photo"].default),
}

SECTIONS = (
    Section(
        "data",
        "Clean images",
        (
            Setting(
                KIND,
                "&Images",
                choices=(("dead-leaves", "Dead leaves, drawn here"), ("crops", "Own folder or zip")),
                about="Where clean images come from; only the supervised method sees them without noise.",
            ),
            Setting("data.count", "Number", "images"),
            Setting("data.seed", "Seed of the images"),
            Setting(PATH, "Folder or &zip", text=True),
            Setting("data.per_photo", "Squares", "per photo"),
            Setting("schedule.crop", "Si&de of a square", "px"),
            Setting("schedule.held_out", "Held o&ut", "images"),
        ),
    ),
    Section(
        "noise",
        "Noise and penalty",
        (
            Setting("noise.sigma", "&σ, images in [-1, 1]", suggestions=("0.5", "1", "2")),
            Setting("noise.eta", "&η", suggestions=("sigma-squared",)),
            Setting("noise.warmup_steps", "&Warm-up of η", "steps"),
            Setting("noise.difference", "σ of differences"),
        ),
    ),
    Section(
        "training",
        "Training",
        (
            Setting("name", "Run &name", text=True),
            Setting("schedule.steps", "Ste&ps", "steps"),
            Setting("schedule.batch_size", "&Batch size", "images"),
            Setting("optimiser.learning_rate", "&Learning rate"),
            Setting("schedule.seed", "Seed"),
            Setting(
                "schedule.device",
                "Device",
                choices=DEVICES,
            ),
        ),
    ),
    Section(
        "more",
        "Network and logging",
        (
            Setting(WIDTHS, "Channels", "4 levels", text=True),
            Setting("optimiser.weight_decay", "Weight decay"),
            Setting(
                "optimiser.schedule",
                "Learning rate falls",
                choices=(
                    ("cosine", "Along a cosine"),
                    ("drop", "To a tenth, last third"),
                    ("constant", "Not at all"),
                ),
            ),
            Setting("logging.metrics_every", "Losses every", "steps"),
            Setting("logging.spectrum_every", "Spectra every", "steps"),
            Setting("logging.preview_every", "Previews every", "steps"),
            Setting("logging.checkpoint_every", "Checkpoint every", "steps"),
        ),
        folded=True,
    ),
)


def relevant(methods: Collection[str], typed: Mapping[str, str]) -> set[str]:
    """Names of the settings that matter, given the values of the others and the chosen methods."""
    wanted = {f"data.{name}" for name in _OF_DATA[typed[KIND]]}
    hidden = set(_DEFAULTS) - wanted
    if DIFFERENCES not in methods:
        hidden.add("noise.difference")
    return set(typed) - hidden


def check(
    typed: Mapping[str, str], methods: Collection[str], base: DenoiseConfig
) -> tuple[DenoiseConfig | None, dict[str, str]]:
    """The run that was typed, or None and the reasons by name; ``base``: what has no field."""
    if not methods:
        return None, {METHODS: "Choose at least one method."}
    if typed.get(PATH, "-").strip() == "":
        # An empty path would mean the working folder.
        return None, {PATH: "Choose a folder or zip of photographs."}
    values: dict[str, Any] = base.model_dump(mode="json")
    values["data"] = {}
    put_typed(values, typed)
    values["methods"] = list(methods)
    values["model"]["widths"] = [word for word in re.split(r"[,\s]+", typed[WIDTHS].strip()) if word]
    try:
        return DenoiseConfig.model_validate(values), {}
    except ValidationError as error:
        found = reasons(error, typed)
        if any(name.startswith("model") for name in found):
            found = {name: why for name, why in found.items() if not name.startswith("model")}
            found[WIDTHS] = "Enter four whole numbers of 1 or more: channels at full size, 1/2, 1/4 and 1/8."
        return None, found


def typed(config: DenoiseConfig) -> dict[str, str]:
    """The inverse of `check`, the methods aside; fields of other kinds of data have their defaults."""
    values = _DEFAULTS | typed_values(config)
    values[WIDTHS] = ", ".join(map(str, config.model.widths))
    values.pop(METHODS)
    return values
