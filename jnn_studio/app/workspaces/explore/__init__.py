"""Explore: walk the latent spaces of two models side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jnn_studio.app.workspace_spec import WorkspaceSpec

if TYPE_CHECKING:
    from jnn_studio.app.context import AppContext
    from jnn_studio.app.workspace import Workspace


def _create(context: AppContext) -> Workspace:
    from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace

    return ExploreWorkspace(context)


WORKSPACE = WorkspaceSpec(
    order=10,
    title="Explore",
    icon="explore",
    tooltip="Walk the latent space of a regularised and an unregularised model side by side",
    create=_create,
)
