"""Run configurations that ship with the program, as TOML anyone can copy and change."""

from __future__ import annotations

from collections.abc import Collection

from jnn_studio.base.resource_files import resource
from jnn_studio.training.config import ConfigError, RunConfig, read_config


def preset_names(kinds: Collection[str] | None = None) -> tuple[str, ...]:
    """Names of the presets, those with fewest steps first; with ``kinds``, only those of these kinds."""
    presets = {path.stem: read_config(path) for path in sorted(resource("presets").glob("*.toml"))}
    chosen = [name for name, config in presets.items() if kinds is None or config.kind in kinds]
    return tuple(sorted(chosen, key=lambda name: presets[name].schedule.steps))


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
