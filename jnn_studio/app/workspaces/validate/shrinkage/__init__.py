"""Optimal shrinkage: a linear map's factors, found in closed form and by descent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jnn_studio.app.workspaces.validate.lab_spec import LabPage, LabSpec

if TYPE_CHECKING:
    from jnn_studio.app.context import AppContext


def _create(context: AppContext) -> LabPage:
    from jnn_studio.app.workspaces.validate.shrinkage.page import ShrinkagePage

    return ShrinkagePage(context)


LAB = LabSpec(
    order=20,
    title="Optimal shrinkage",
    tip="Low-rank data in noise: factors of a linear map, paper §5 and A.4",
    about="For linear maps the penalty has its optimum in closed form; training has to reach it.",
    create=_create,
)
