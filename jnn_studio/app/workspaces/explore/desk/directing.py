"""Which directions are shown: changes of the state that say what a direction is."""

from __future__ import annotations

from jnn_studio.app.workspaces.explore.desk.desk import ExploreDesk
from jnn_studio.app.workspaces.explore.meaning.explainer import Explainer
from jnn_studio.base.text import counted
from jnn_studio.explore.painted import AnyRegion
from jnn_studio.explore.region import Region
from jnn_studio.explore.state import Aims, BasisKind, Scope

MERGE_REGION = 1002
"""Movements of one rectangle, or of the brush in one stroke, are one step of the history."""

FIRST_REGION = Region(left=0.35, top=0.35, right=0.65, bottom=0.65)
"""Where a rectangle begins that is not dragged by hand."""


class Directing:
    """What the menu of directions and the pictures ask of the desk."""

    def __init__(self, desk: ExploreDesk, explainer: Explainer) -> None:
        self._desk, self._explainer = desk, explainer

    def show_count(self, count: int) -> None:
        """Sliders for so many directions."""
        state = self._desk.state
        if count != state.shown:
            self._desk.push(f"show {counted(count, 'direction')}", state.showing(count))

    def choose_basis(self, basis: BasisKind) -> None:
        """Which directions stand for a group with near-equal singular values."""
        state = self._desk.state
        if basis == "attributes":
            self._explainer.find_aims(self._aim)
        elif basis != state.basis:
            self._desk.push("choose a basis of groups", state.change(basis=basis, aims=None))
        self._desk.state_changed.emit(self._desk.state)  # what is ticked is what is so

    def _aim(self, found: Aims | None) -> None:
        """Towards these attributes; None: the factors of the images."""
        state = self._desk.state
        changed = state.change(basis="attributes", aims=found)
        if changed != state:
            self._desk.push("choose a basis of groups", changed)

    def choose_region(self, region: AnyRegion | None) -> None:
        """Directions that change the picture there; None: all that was painted has been erased."""
        state = self._desk.state
        if region != state.region:
            self._desk.push("choose a region", state.change(region=region), MERGE_REGION)

    def toggle_region(self) -> None:
        """A region in the middle of the picture, or none any more."""
        if self._desk.state.region is None:
            self.choose_region(FIRST_REGION)
        else:
            self.clear_region()

    def clear_region(self) -> None:
        """The models' own directions again."""
        state = self._desk.state
        if state.region is not None:
            self._desk.push("end the region", state.change(region=None))

    def choose_scope(self, scope: Scope, key: str = "") -> None:
        """Directions of the image or of all images: of the model ``key``, or of all models."""
        state = self._desk.state
        columns = tuple(
            column.model_copy(update={"scope": scope}) if key in ("", column.key) else column
            for column in state.columns
        )
        if columns != state.columns:
            text = "directions of all images" if scope == "images" else "directions of the image"
            self._desk.push(text, state.change(columns=columns))

    def stop_averaging(self) -> None:
        """Find no directions of all images after all, if that is what is being done."""
        if self._desk.averaging.under_way:
            self._desk.averaging.cancel()
            self.choose_scope("image")
