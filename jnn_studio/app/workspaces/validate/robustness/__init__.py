"""Robustness: classifiers that differ in the regulariser alone, and what attacks make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jnn_studio.app.workspaces.validate.lab_spec import LabPage, LabSpec

if TYPE_CHECKING:
    from jnn_studio.app.context import AppContext


def _create(context: AppContext) -> LabPage:
    from jnn_studio.app.steering.run_page import RunPage
    from jnn_studio.app.workspaces.validate.robustness.page import SPEC

    return RunPage(context, SPEC)


LAB = LabSpec(
    order=40,
    title="Robustness",
    tip="Does a low-rank Jacobian protect against attacks, and what does it cost?",
    about="Classifiers alike in everything but the regulariser: how they withstand attacks, and generalise.",
    create=_create,
    kind="robustness",
)
