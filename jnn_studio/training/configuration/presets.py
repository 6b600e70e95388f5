"""Run configurations that ship with the program or with a kind of run, as TOML anyone can copy and change."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from jnn_studio.base.plugins import PluginError
from jnn_studio.base.resource_files import resource
from jnn_studio.training.config import ConfigError, RunConfig
from jnn_studio.training.configuration.config_file import parse_table, read_config, read_config_text
from jnn_studio.training.kind import find_kind, kind_names


def preset_names(kinds: Collection[str] | None = None) -> tuple[str, ...]:
    """Names of the presets, with ``kinds``, only those of these kinds.

    Those with fewest steps come first, and after them those whose images have to be chosen.
    """
    presets = {name: read_config(path) for name, path in _paths().items()}
    chosen = [name for name, config in presets.items() if kinds is None or config.kind in kinds]
    return tuple(
        sorted(chosen, key=lambda name: (presets[name].asks_for_images, presets[name].schedule.steps))
    )


def load_preset(name: str) -> RunConfig:
    """The preset called ``name``.

    Raises:
        ConfigError: there is none.
    """
    return read_config(_path(name))


def preset_table(name: str) -> dict[str, Any]:
    """The preset called ``name`` as it is written, without the defaults of what it does not say.

    Raises:
        ConfigError: there is none.
    """
    return parse_table(read_config_text(_path(name)), name)


def _path(name: str) -> Path:
    path = _paths().get(name)
    if path is None:
        raise ConfigError(f"there is no preset {name!r}; there are: {', '.join(preset_names())}")
    return path


def _paths() -> Mapping[str, Path]:
    """The presets' files by name: the program's own, then those that kinds bring along.

    Raises:
        ConfigError: two have the same name.
    """
    paths: dict[str, Path] = {}
    for path in (path for folder in _folders() for path in sorted(folder.glob("*.toml"))):
        if path.stem in paths:
            raise ConfigError(f"{path} and {paths[path.stem]} are presets of one name; rename one of them")
        paths[path.stem] = path
    return paths


def _folders() -> list[Path]:
    folders = [resource("presets")]
    for kind in kind_names():
        with contextlib.suppress(PluginError):  # whoever asks for a run of this kind is told
            folders += filter(None, [find_kind(kind).presets])
    return folders
