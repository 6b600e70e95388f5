"""One state and its history, and those of its changes that need nothing but the state."""

from __future__ import annotations

import torch
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from jnn_studio.app.workspaces.explore.desk.undo import Change
from jnn_studio.explore.state import DirectionKind, ExploreState, WalkMode
from jnn_studio.explore.walking.random_walk import random_step

RANDOM_SHARE = 0.25
"""Size of a random step, as a share of the sliders' range."""


class StateHistory(QObject):
    """What is in view as a value; every change of it can be undone.

    Signals:
        state_changed: (ExploreState) sliders and choices are to show this.
    """

    state_changed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.undo = QUndoStack(self)
        self.state = ExploreState()
        self._generator = torch.Generator()

    def show(self, state: ExploreState) -> None:
        """Go to a state without making it a step of the history."""
        self.state = state
        self.state_changed.emit(state)

    def push(self, text: str, state: ExploreState, merge: int = -1) -> None:
        """Go to a state as a step of the history, or as part of the last one if ``merge`` is its number."""
        last = self.undo.command(self.undo.index() - 1) if not self.undo.canRedo() else None
        if isinstance(last, Change) and last.go_on(state, merge):
            self.show(state)
        else:
            self.undo.push(Change(self.show, text, self.state, state, merge))

    # --- walking -----------------------------------------------------------------------------------

    def set_amount(self, direction: int, amount: float, key: str = "") -> None:
        """Move along one direction: all linked models, or the unlinked one called ``key``."""
        walk = self.state.column(key).walk if key else self.state.walk
        if walk.amount(direction, self.state.mode) == amount:
            return
        merge = direction + 16 * (1 + [c.key for c in self.state.columns].index(key) if key else 0)
        state = self.state.with_amount(direction, amount, key)
        self.push(f"move along direction {direction + 1}", state, merge)

    def reset(self) -> None:
        """Back to the base."""
        state = self.state.at_rest()
        if state != self.state:
            self.push("reset all", state)

    def set_mode(self, mode: WalkMode) -> None:
        """Straight rays, or curves that follow the directions as they turn, by the same amounts."""
        if mode != self.state.mode:
            self.push("change the way to move", self.state.in_mode(mode))

    def toggle_mode(self) -> None:
        """The other way to move."""
        self.set_mode("curved" if self.state.mode == "straight" else "straight")

    def set_matched(self, matched: bool) -> None:
        """Pair the other models' directions with the first one's."""
        if matched != self.state.matched:
            self.push("match directions" if matched else "unmatch", self.state.change(matched=matched))

    def set_limit(self, limit: float) -> None:
        """RMS image change at the ends of the sliders."""
        if limit != self.state.limit:
            self.push("change the range", self.state.with_limit(limit), merge=1001)

    def back_to_image(self) -> None:
        """Start again from the image itself."""
        if self.state.base.latents is not None:
            self.push("back to the image", self.state.at_image())

    def random_step(self, k: int) -> None:
        """A small step in a random direction among the first ``k``."""
        state = self.state
        size = RANDOM_SHARE * state.limit
        walk = random_step(state.walk, state.mode, k, size, state.limit, self._generator)
        self.push("random step", state.change(walk=walk))

    def set_share(self, share: float) -> None:
        """How far towards the other image."""
        towards = self.state.towards
        if towards is not None and towards.share != share:
            changed = towards.model_copy(update={"share": share})
            self.push("blend", self.state.change(towards=changed), merge=1000)

    def stop_blending(self) -> None:
        """No interpolation."""
        if self.state.towards is not None:
            self.push("end blending", self.state.change(towards=None))

    # --- models in view ----------------------------------------------------------------------------

    def remove_column(self, key: str) -> None:
        """Take a model out of view; the last one stays."""
        columns = tuple(column for column in self.state.columns if column.key != key)
        if columns:
            self.push("remove a model", self.state.change(columns=columns))

    def move_column(self, key: str, by: int) -> None:
        """Put a model further left (by < 0) or right."""
        columns = list(self.state.columns)
        old = [column.key for column in columns].index(key)
        new = min(max(old + by, 0), len(columns) - 1)
        if new != old:
            columns.insert(new, columns.pop(old))
            self.push("reorder models", self.state.change(columns=tuple(columns)))

    def rename_column(self, key: str, name: str) -> None:
        """Call a model something; empty for its own name."""
        self._change_column("rename a model", key, name=name.strip()[:80])

    def set_directions(self, key: str, kind: DirectionKind) -> None:
        """What the directions of a model are."""
        self._change_column("choose directions", key, directions=kind)

    def set_linked(self, key: str, linked: bool) -> None:
        """Move a model with the others, or on its own; on its own it starts from where it is."""
        self._change_column("link" if linked else "unlink", key, linked=linked, walk=self.state.walk)

    def _change_column(self, text: str, key: str, **changes: object) -> None:
        column = self.state.column(key)
        changed = column.model_copy(update=changes)
        if changed != column:
            self.push(text, self.state.with_column(changed))
