"""Validate: problems whose answer is known, solved by training with the penalty.

One package for each lab, found by its being here: it defines ``LAB``.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from jnn_studio.app.workspace_spec import WorkspaceSpec
from jnn_studio.app.workspaces.validate.lab_spec import LabSpec

if TYPE_CHECKING:
    from jnn_studio.app.context import AppContext
    from jnn_studio.app.workspace import Workspace

TITLE = "Validate"


def find_labs() -> dict[str, LabSpec]:
    """Every lab by its package's name, in the order of the switch."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if module.ispkg]
    found = {name: importlib.import_module(f"{__name__}.{name}").LAB for name in names}
    return dict(sorted(found.items(), key=lambda item: item[1].order))


def _create(context: AppContext) -> Workspace:
    # Imported when it is made, which is after the first frame: start-up need not wait for it.
    from jnn_studio.app.workspaces.validate.workspace import ValidateWorkspace

    return ValidateWorkspace(context)


WORKSPACE = WorkspaceSpec(
    order=30,
    title=TITLE,
    icon="validate",
    tooltip="See the penalty reach the right answer of problems whose answer is known",
    create=_create,
    trains={lab.kind: f"{TITLE} ▸ {lab.title}" for lab in find_labs().values() if lab.kind},
)
