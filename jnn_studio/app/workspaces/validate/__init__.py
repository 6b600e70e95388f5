"""Validate: problems whose answer is known, solved by training with the penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jnn_studio.app.workspace_spec import WorkspaceSpec

if TYPE_CHECKING:
    from jnn_studio.app.context import AppContext
    from jnn_studio.app.workspace import Workspace


def _create(context: AppContext) -> Workspace:
    # Imported when it is made, which is after the first frame: start-up need not wait for it.
    from jnn_studio.app.workspaces.validate.workspace import ValidateWorkspace

    return ValidateWorkspace(context)


WORKSPACE = WorkspaceSpec(
    order=30,
    title="Validate",
    icon="validate",
    tooltip="See the penalty reach the right answer of problems whose answer is known",
    create=_create,
    trains={"rof": "Validate ▸ ROF denoising"},
)
