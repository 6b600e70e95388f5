"""One module for each command, found by its being here: it defines ``COMMAND``, a `CommandSpec`."""

from __future__ import annotations

import importlib
import pkgutil

from jnn_studio.cli.command_spec import CommandSpec


def find_commands() -> dict[str, CommandSpec]:
    """Every command by name, in the order of the help."""
    found: dict[str, CommandSpec] = {}
    for module in pkgutil.iter_modules(__path__):
        found[module.name.replace("_", "-")] = importlib.import_module(f"{__name__}.{module.name}").COMMAND
    return dict(sorted(found.items(), key=lambda item: item[1].order))
