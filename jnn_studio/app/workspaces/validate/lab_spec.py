"""How a lab gets its page in Validate. Free of Qt, as its package is until the page is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from jnn_studio.app.context import AppContext


class LabForm(Protocol):
    """What is asked for."""

    def state(self) -> str:
        """What stands in it, right or wrong."""

    def restore(self, state: str) -> None:
        """The inverse of `state`; what cannot be read changes nothing."""


class LabPage(Protocol):
    """A widget with a form, such as a `RunPage`."""

    @property
    def form(self) -> LabForm:
        """The settings."""

    def commands(self) -> list[QAction]:
        """For the menu and the command palette."""


@dataclass(frozen=True)
class LabSpec:
    """One page of Validate: a package beside this module defines ``LAB``, one of these.

    Attributes:
        order: where it stands on the switch.
        title: its name there.
        tip: the tooltip.
        about: what is said beside the switch.
        create: makes the page, which is a widget.
        kind: the kind of run that it trains, if it trains one.
    """

    order: int
    title: str
    tip: str
    about: str
    create: Callable[[AppContext], LabPage]
    kind: str = ""
