"""One module for each kind of run that needs no lab; see `jnn_studio.training.kind`."""

from __future__ import annotations

from jnn_studio.base.plugins import Places, module_names


def kinds() -> Places:
    """Where they are; ``my_kind.py`` holds the one called ``my-kind``. Imports none."""
    return {name.replace("_", "-"): f"{__name__}.{name}:KIND" for name in module_names(__path__)}
