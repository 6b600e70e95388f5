"""Train: a regularised and an unregularised model as one controlled experiment, watched while it runs."""

from jnn_studio.app.workspace import WorkspaceSpec
from jnn_studio.app.workspaces.train.workspace import TrainWorkspace

WORKSPACE = WorkspaceSpec(
    order=20,
    title="Train",
    icon="train",
    tooltip="Train a regularised and an unregularised model side by side, on faces or your own images",
    create=TrainWorkspace,
)
