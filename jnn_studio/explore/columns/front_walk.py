"""Models in an order, such as those of a front: a few neighbours at a time are walked side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jnn_studio.explore.state import MAX_COLUMNS, Column, ExploreState

BESIDE = 3
"""Neighbours in view at a time; there is one place left for what all are compared with."""


@dataclass(frozen=True)
class FrontModel:
    """One model: its reference, what it is called above its picture, and in more words."""

    where: str
    name: str
    words: str


@dataclass(frozen=True)
class Front:
    """Models in their order.

    Attributes:
        title: what it is the front of.
        models: smallest effective rank first.
        twin: what all of them are compared with; it stands first, unless it is one of them and in view.
    """

    title: str
    models: tuple[FrontModel, ...]
    twin: FrontModel | None = None

    def in_view(self, index: int) -> tuple[FrontModel, ...]:
        """The model at ``index`` between its neighbours, at the ends beside the next two; and the twin."""
        begin = min(max(index - 1, 0), max(len(self.models) - BESIDE, 0))
        shown = self.models[begin : begin + BESIDE]
        beside = self.twin is not None and self.twin.where not in {model.where for model in shown}
        found = (self.twin, *shown) if beside and self.twin is not None else shown
        return found[:MAX_COLUMNS]

    def columns(self, index: int, before: Sequence[Column] = ()) -> tuple[Column, ...]:
        """The models in view as columns; what was chosen for the columns at their places is kept."""
        found = []
        for number, model in enumerate(self.in_view(index)):
            kept = before[number] if number < len(before) else Column(key=f"c{number + 1}", where=model.where)
            found.append(kept.model_copy(update={"where": model.where, "name": model.name[:80]}))
        return tuple(found)

    def index_in(self, state: ExploreState, near: int) -> int | None:
        """Which model's surroundings a state shows, the one at ``near`` if it may be; None: none's."""
        shown = [column.where for column in state.columns]
        for index in sorted(range(len(self.models)), key=lambda index: abs(index - near)):
            if [model.where for model in self.in_view(index)] == shown:
                return index
        return None
