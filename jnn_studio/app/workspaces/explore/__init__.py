"""Explore: walk the latent spaces of two models side by side."""

from jnn_studio.app.workspace import WorkspaceSpec
from jnn_studio.app.workspaces.explore.workspace import ExploreWorkspace

WORKSPACE = WorkspaceSpec(
    order=10,
    title="Explore",
    icon="explore",
    tooltip="Walk the latent space of a regularised and an unregularised model side by side",
    create=ExploreWorkspace,
)
