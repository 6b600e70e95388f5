"""One package for each page of the window, found by its being here: it defines ``WORKSPACE``."""

from __future__ import annotations

import importlib
import pkgutil

from jnn_studio.app.workspace_spec import WorkspaceSpec


def find_workspaces() -> list[WorkspaceSpec]:
    """Every workspace, in the order of the rail."""
    found = [
        importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)
    ]
    return sorted((module.WORKSPACE for module in found), key=lambda spec: spec.order)


def page_of(kind: str) -> str:
    """Where a person finds the page that trains and shows runs of this kind."""
    pages = {kind: page for spec in find_workspaces() for kind, page in spec.trains.items()}
    return pages.get(kind, pages[""])
