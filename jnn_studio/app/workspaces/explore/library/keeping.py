"""Between the library of saved directions and what is in view: saving one, and finding one again."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from jnn_studio.app.context import AppContext
from jnn_studio.app.workspaces.explore.desk.desk import ExploreDesk
from jnn_studio.app.workspaces.explore.library.panel import LibraryPanel
from jnn_studio.base.watch import Watch
from jnn_studio.explore.saved.saved_direction import (
    Applied,
    SavedDirection,
    nearest_direction,
    save_direction,
)
from jnn_studio.explore.scene.renderer import ColumnView, Scene
from jnn_studio.explore.walking.place import Here, Place
from jnn_studio.models.weights import fingerprint
from jnn_studio.training.pair.autoencoder_pair import REGULARISED

MOVED = 0.5
"""How far an unmoved direction is said to reach, as a share of the sliders' range."""


class Keeping(QObject):
    """Fingerprints are taken on the loading thread.

    Signals:
        failed: (title, Failure).
    """

    failed = Signal(str, object)

    def __init__(self, context: AppContext, desk: ExploreDesk, panel: LibraryPanel) -> None:
        super().__init__(desk)
        self._context, self._desk, self._panel = context, desk, panel
        self._telling = partial(context.telling, self.failed)
        self.direction = 0
        """The one last moved or chosen."""
        self._key = ""
        panel.save_asked.connect(self._save)
        panel.apply_asked.connect(self._apply)

    def ask_to_save(self, key: str) -> None:
        """Ask for a name for the present direction of the model ``key``."""
        self._key = key
        self._panel.ask_name()

    def _view(self, scene: Scene) -> ColumnView:
        """The model asked for; else the regularised one, whose directions are worth keeping."""
        keys = {view.column.key: view for view in scene.columns}
        regularised = [view for view in scene.columns if view.role == REGULARISED]
        return keys.get(self._key) or (regularised or list(scene.columns))[0]

    def _save(self, name: str, note: str) -> None:
        scene = self._desk.scene
        if scene is None:
            return
        view, direction = self._view(scene), self.direction
        self._key = ""
        state, place = scene.state, view.place
        if direction >= place.directions.shape[1]:
            return
        amount = state.walk_of(view.column).amount(direction, state.mode) or MOVED * state.limit
        reach = (-abs(amount), abs(amount))

        def work(_: Watch) -> SavedDirection:
            return save_direction(
                name,
                note,
                view.loaded,
                view.column.where,
                fingerprint(view.loaded.model),
                place.kind,
                direction,
                state.mode,
                state.base.image,
                scene.label,
                state.source,
                reach,
                place,
                view.moved.image,
            )

        def done(saved: SavedDirection) -> None:
            self._panel.save_direction(saved)
            self._panel.show_applied(f"Saved u{direction + 1} of {view.caption}")

        self._context.loading.request(
            self, "save direction", work, done, self._telling("Cannot save the direction"), kept=True
        )

    def _apply(self, saved: SavedDirection) -> None:
        scene = self._desk.scene
        if scene is None:
            return

        def work(_: Watch) -> tuple[ColumnView, Applied]:
            prints = {view.column.key: fingerprint(view.loaded.model) for view in scene.columns}
            same = [v for v in scene.columns if prints[v.column.key] == saved.model.fingerprint]
            view = same[0] if same else self._view(scene)
            return view, nearest_direction(saved, _where(view), prints[view.column.key])

        self._context.loading.request(
            self,
            "apply direction",
            work,
            lambda found: self._walk(saved, *found),
            self._telling("Cannot apply the direction"),
        )

    def _walk(self, saved: SavedDirection, view: ColumnView, applied: Applied) -> None:
        state = self._desk.state
        key = "" if view.column.linked else view.column.key
        walk = state.column(key).walk if key else state.walk
        amount = applied.sign * min(max(abs(a) for a in saved.amounts), state.limit)
        if state.mode == "curved":
            amount += walk.amount(applied.index, state.mode)
        self._desk.set_amount(applied.index, amount, key)
        measured = "in the latent" if applied.same_model else "by what it does to the picture"
        self._panel.show_applied(
            f"“{saved.name}” is nearest to u{applied.index + 1} of {view.caption} here: "
            f"|cos| {applied.cosine:.2f} {measured}"
        )


class _At:
    """Where a walk has led, as a place to look for directions."""

    def __init__(self, place: Place, here: Here) -> None:
        self.latent, self.start = place.latent, place.start
        self.directions, self.push = here.directions, here.push


def _where(view: ColumnView) -> Place | _At:
    here = view.moved.here
    return view.place if here is None else _At(view.place, here)
