"""Train: a regularised and an unregularised model as one controlled experiment, watched while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jnn_studio.app.workspace_spec import WorkspaceSpec

if TYPE_CHECKING:
    from jnn_studio.app.context import AppContext
    from jnn_studio.app.workspace import Workspace


def _create(context: AppContext) -> Workspace:
    # Imported when it is made, which is after the first frame: start-up need not wait for it.
    from jnn_studio.app.workspaces.train.workspace import TrainWorkspace

    return TrainWorkspace(context)


WORKSPACE = WorkspaceSpec(
    order=20,
    title="Train",
    icon="train",
    tooltip="Train a regularised and an unregularised model side by side, on faces or your own images",
    create=_create,
    trains={"": "Train"},
)
