"""Denoise: noise taken out of photographs by networks that have never seen a clean one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jnn_studio.app.workspace_spec import WorkspaceSpec

if TYPE_CHECKING:
    from jnn_studio.app.context import AppContext
    from jnn_studio.app.workspace import Workspace


def _create(context: AppContext) -> Workspace:
    # Imported when it is made, which is after the first frame: start-up need not wait for it.
    from jnn_studio.app.workspaces.denoise.workspace import DenoiseWorkspace

    return DenoiseWorkspace(context)


WORKSPACE = WorkspaceSpec(
    order=40,
    title="Denoise",
    icon="denoise",
    tooltip="Take the noise out of photographs with networks trained on noisy images alone",
    create=_create,
    trains={"denoise": "Denoise ▸ Train"},
)
