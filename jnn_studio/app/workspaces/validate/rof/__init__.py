"""Rudin–Osher–Fatemi denoising: three networks solve one problem, the right solution beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jnn_studio.app.workspaces.validate.lab_spec import LabPage, LabSpec

if TYPE_CHECKING:
    from jnn_studio.app.context import AppContext


def _create(context: AppContext) -> LabPage:
    from jnn_studio.app.steering.run_page import RunPage
    from jnn_studio.app.workspaces.validate.rof.page import SPEC

    return RunPage(context, SPEC)


LAB = LabSpec(
    order=10,
    title="ROF denoising",
    tip="Total variation of a shape: networks trained with (8) and (9), paper §4",
    about="Rudin–Osher–Fatemi: for f: ℝⁿ → ℝ the nuclear norm of the Jacobian is the total variation.",
    create=_create,
    kind="rof",
)
