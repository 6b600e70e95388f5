"""Reading ``config.toml``, of whatever kind of run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jnn_studio.base.plugins import PluginError
from jnn_studio.base.reading import MAX_TOML_BYTES, MalformedError, parse_toml, read_text
from jnn_studio.base.system_errors import reason_of
from jnn_studio.training.config import DEFAULT_KIND, SCHEMA_VERSION, ConfigError, RunConfig, validate_as
from jnn_studio.training.configuration.identity import without_identity
from jnn_studio.training.kind import find_kind, kind_names


def parse_config(text: str, where: str, of_a_run: bool = False) -> RunConfig:
    """The configuration in TOML ``text``; ``where`` names the file in error messages.

    Args:
        of_a_run: it was written by this program, which says in which format: without that it is no longer
            what it was, and its silence must not be taken for the default of every setting.

    Raises:
        ConfigError: not TOML, written by a newer version, or a setting is unknown or out of range.
    """
    return validate_config(parse_table(text, where, of_a_run), where)


def parse_table(text: str, where: str, of_a_run: bool = False) -> dict[str, Any]:
    """What stands in TOML ``text``, settings and of a run which one it is; arguments as of `parse_config`.

    Raises:
        ConfigError: not TOML, or written by a newer version.
    """
    try:
        data = parse_toml(text)
    except MalformedError as error:
        raise ConfigError(f"{where} is not valid TOML: {error}") from error
    if of_a_run and "schema_version" not in data:
        raise ConfigError(
            f"{where} is not what a run was begun with: it has no schema_version. Put back the file that was "
            "written with the run"
        )
    version = data.get("schema_version", SCHEMA_VERSION)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise ConfigError(
            f"{where} was written by a newer JNN Studio (format {version}, this one reads up to "
            f"{SCHEMA_VERSION}); update the program"
        )
    return data


def validate_config(data: dict[str, Any], where: str) -> RunConfig:
    """``data`` as the configuration of its kind; which run it is of is left out.

    Raises:
        ConfigError: with one line per wrong setting.
    """
    name = data.get("kind", DEFAULT_KIND)
    try:
        kind = find_kind(str(name))
    except KeyError:
        known = ", ".join(kind_names())
        raise ConfigError(f"{where}: kind: must be one of {known} (got {name!r})") from None
    except PluginError as error:
        raise ConfigError(f"{where}: kind: {error}") from error
    return validate_as(kind.config, without_identity(data), where)


def read_config(path: Path, of_a_run: bool = False) -> RunConfig:
    """The configuration in the file at ``path``; ``of_a_run`` as in `parse_config`.

    Raises:
        ConfigError: as `parse_config`, and if the file cannot be read.
    """
    return parse_config(read_config_text(path), str(path), of_a_run)


def read_config_text(path: Path) -> str:
    """The text of the configuration at ``path``; raises `ConfigError` if the file cannot be read."""
    try:
        return read_text(path, MAX_TOML_BYTES)
    except (OSError, MalformedError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else error
        raise ConfigError(f"cannot read the configuration {path}: {reason}") from error
