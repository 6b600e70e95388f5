"""Runs: every run of the folders a person works in, found, searched, annotated and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jnn_studio.app.workspace_spec import WorkspaceSpec

if TYPE_CHECKING:
    from jnn_studio.app.context import AppContext
    from jnn_studio.app.workspace import Workspace


def _create(context: AppContext) -> Workspace:
    # Imported when it is made, which is after the first frame: start-up need not wait for it.
    from jnn_studio.app.workspaces.runs.workspace import RunsWorkspace

    return RunsWorkspace(context)


WORKSPACE = WorkspaceSpec(
    order=25,
    title="Runs",
    icon="runs",
    tooltip="Find, search and annotate your runs, and compare several: curves, spectra, settings",
    create=_create,
)
