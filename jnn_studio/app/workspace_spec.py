"""How a workspace registers itself. Free of Qt, as its package is until the workspace is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jnn_studio.app.context import AppContext
    from jnn_studio.app.workspace import Workspace


@dataclass(frozen=True)
class WorkspaceSpec:
    """How a workspace registers itself: its package defines ``WORKSPACE``, one of these.

    ``trains``: where in it a person finds the page that trains a kind of run, by the kind's name; "": all
    kinds that have no page made for them.
    """

    order: int
    title: str
    icon: str
    tooltip: str
    create: Callable[[AppContext], Workspace]
    trains: Mapping[str, str] = field(default_factory=dict)
