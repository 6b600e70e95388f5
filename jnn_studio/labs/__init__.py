"""The theorem on problems with known answers, and kinds of run that bring a problem of their own."""

from __future__ import annotations

from jnn_studio.base.plugins import Places, module_names


def kinds() -> Places:
    """Where the labs' kinds of run are; ``my_lab/run.py`` holds the one called ``my-lab``. Imports none."""
    return {
        lab.replace("_", "-"): f"{__name__}.{lab}.run:KIND"
        for lab in module_names(__path__)
        if "run" in module_names(f"{path}/{lab}" for path in __path__)
    }
