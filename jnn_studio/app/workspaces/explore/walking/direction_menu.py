"""What the directions are: of the image or of all images, of a region, which basis, how many."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from jnn_studio.app.workspaces.explore.desk.directing import Directing
from jnn_studio.app.workspaces.explore.walking.region_row import RegionRow
from jnn_studio.base.text import counted
from jnn_studio.explore.state import BasisKind, ExploreState

COUNTS = (8, 12, 16, 24, 32)

BASES: dict[BasisKind, tuple[str, str]] = {
    "computed": (
        "Groups as computed",
        "Directions with nearly equal σ as the decomposition happened to give them",
    ),
    "sparse": (
        "Groups by sparsest change",
        "In each group with nearly equal σ, the basis of its subspace that changes the picture in the fewest "
        "places (varimax). Only directions marked by a bracket change",
    ),
    "attributes": (
        "Groups towards attributes",
        "In each group with nearly equal σ, one direction for each attribute of the table, or factor of the "
        "images, strongest first; each leaves those before it alone. Only what has a bracket changes",
    ),
}

Take = Callable[..., None]
"""Adds an action to a page: (action, keys…, tip=…)."""


class DirectionActions(QObject):
    """Actions that say what the directions are, each ticked where it is so."""

    def __init__(self, owner: QObject, directing: Directing, region: RegionRow, take: Take) -> None:
        super().__init__(owner)
        self._take = take
        self._region = self._add("region", "Directions for a &region", directing.toggle_region, "G")
        self._region.setToolTip(
            "Directions that change one part of the picture: drag a rectangle on it; Esc ends it. From the "
            "keyboard: G, then the arrow keys at a picture move it, with Shift its lower right corner"
        )
        self._paint = self._add(
            "paint",
            "&Paint a region",
            lambda: region.choose("rectangle" if region.brush is not None else "brush"),
            "Shift+G",
        )
        self._paint.setToolTip(
            "Directions that change what is painted on a picture. From the keyboard: the arrow keys at a "
            "picture move the brush, with Shift they paint, Space paints a dot; Esc ends it"
        )
        region.brush_changed.connect(lambda brush: self._paint.setChecked(brush is not None))
        self._averaged = self._add("averaged", "Directions of all &images", lambda: None)
        self._averaged.triggered.connect(lambda on: directing.choose_scope("images" if on else "image"))
        self._averaged.setToolTip(
            "Directions that the images of the source have in common, in every model, instead of those of "
            "the image in view"
        )
        self._bases = {
            basis: self._add(f"basis_{basis}", text, partial(directing.choose_basis, basis), tip=tip)
            for basis, (text, tip) in BASES.items()
        }
        self._counts = {
            count: self._add(
                f"show_{count}", f"Show {counted(count, 'direction')}", partial(directing.show_count, count)
            )
            for count in COUNTS
        }
        for group in (self._bases, self._counts):
            one = QActionGroup(self)
            for action in group.values():
                one.addAction(action)

    def menu(self, parent: QToolButton) -> QMenu:
        """All of them, in groups."""
        menu = QMenu(parent)
        menu.setToolTipsVisible(True)
        menu.addActions([self._region, self._paint, self._averaged])
        for group in (self._bases, self._counts):
            menu.addSeparator()
            menu.addActions(list(group.values()))
        return menu

    def show_state(self, state: ExploreState) -> None:
        """Tick what is so."""
        self._region.setChecked(state.region is not None)
        self._averaged.setChecked(any(column.scope == "images" for column in state.columns))
        for basis, action in self._bases.items():
            action.setChecked(basis == state.basis)
        for count, action in self._counts.items():
            action.setChecked(count == state.shown)

    def _add(
        self, name: str, text: str, triggered: Callable[[], object], *keys: str, tip: str = ""
    ) -> QAction:
        action = QAction(text, self.parent(), objectName=f"explore.{name}", checkable=True)
        action.triggered.connect(lambda _=False: triggered())
        self._take(action, *keys, tip=tip)
        return action
