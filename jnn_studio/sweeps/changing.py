"""Another sweep of the same kind: what a person changes on the command line, or types."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jnn_studio.base.reading import MalformedError, parse_toml
from jnn_studio.sweeps.config import SweepConfig
from jnn_studio.training.config import ConfigError


def changed(
    config: SweepConfig, data: Path | None, settings: Sequence[str], attributes: Path | None = None
) -> SweepConfig:
    """``data``: a folder or zip of images; ``settings``: ``"schedule.steps=500"``, as in TOML or a word;
    ``attributes``: a table.

    Raises:
        ConfigError: a setting has no value.
    """
    run: dict[str, Any] = copy.deepcopy(dict(config.run))
    if data is not None:
        run["data"] = {"kind": "folder", "path": str(data.absolute())}
    for setting in settings:
        name, sign, text = setting.partition("=")
        if not sign or not name.strip():
            raise ConfigError(f"--set {setting}: give a name and a value, as in --set schedule.steps=500")
        *sections, last = name.strip().split(".")
        table = run
        for section in sections:
            below = table.get(section)
            if not isinstance(below, dict):
                below = table[section] = {}
            table = below
        table[last] = value_of(text.strip())
    update: dict[str, Any] = {"run": run}
    if attributes is not None:
        update["attributes"] = str(attributes.absolute())
    return config.model_copy(update=update)


def value_of(text: str) -> Any:
    """What stands there in TOML; a word that is none stands for itself."""
    try:
        return parse_toml(f"value = {text}")["value"]
    except (MalformedError, KeyError):
        return text
