"""Run configurations that ship with the program, as TOML anyone can copy and change."""

from __future__ import annotations

from jnn_studio.resource_files import resource
from jnn_studio.training.config import ConfigError, RunConfig, read_config


def preset_names() -> tuple[str, ...]:
    """Names of the presets, quickest first."""
    paths = resource("presets").glob("*.toml")
    return tuple(sorted((p.stem for p in paths), key=lambda name: load_preset(name).schedule.steps))


def load_preset(name: str) -> RunConfig:
    """The preset called ``name``.

    Raises:
        ConfigError: there is none.
    """
    try:
        path = resource("presets", f"{name}.toml")
    except FileNotFoundError as error:
        raise ConfigError(f"there is no preset {name!r}; there are: {', '.join(preset_names())}") from error
    return read_config(path)
