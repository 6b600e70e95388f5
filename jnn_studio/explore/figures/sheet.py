"""Figure sheets: for every model a grid of images, directions down and steps across.

The paper's Figures 6 to 8 (Scarvelis & Solomon, NeurIPS 2024) from whatever Explore shows. Every cell is
rendered as the window renders it with that slider at that amount, so the pixels are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from jnn_studio.base.text import printable
from jnn_studio.base.watch import Watch
from jnn_studio.explore.scene.renderer import ColumnView, Scene
from jnn_studio.explore.state import DIRECTIONS, MAX_DIRECTIONS, ExploreState, FoundKind, Leg, Walk

SYMBOLS: Mapping[FoundKind, str] = {"encoder": "u", "decoder": "v", "axes": "z", "region": "v"}
"""What directions of a kind are numbered with."""

MEASURES: Mapping[FoundKind, str] = {"encoder": "σ", "decoder": "σ", "axes": "‖Jz‖", "region": "σ"}
"""Symbol of their strength: singular values, or for an axis the length of its push-forward."""

KIND_WORDS: Mapping[FoundKind, str] = {
    "encoder": "left singular vectors of the encoder's Jacobian",
    "decoder": "right singular vectors of the decoder's Jacobian",
    "axes": "axes of the latent space",
    "region": "right singular vectors of the decoder's Jacobian in a region, quiet outside",
}


class Renderer(Protocol):
    """What turns states into scenes: `jnn_studio.explore.scene.renderer.SceneRenderer`."""

    def render(self, state: ExploreState, shrink: int = 1) -> Scene:
        """What ``state`` shows."""


@dataclass(frozen=True)
class SheetRow:
    """One direction of one model.

    Attributes:
        name: "u1", the first left singular vector of the encoder's Jacobian.
        strength: "σ 1.2", its singular value.
        cosine: of its match with the first model's direction; None where directions were not matched.
        meaning: what it does to the image, if that is known.
    """

    name: str
    strength: str
    cosine: float | None = None
    meaning: str = ""


@dataclass(frozen=True)
class SheetBlock:
    """One model of a sheet: ``cells`` is uint8 (rows, steps, height, width, 3)."""

    title: str
    rows: tuple[SheetRow, ...]
    cells: np.ndarray


@dataclass(frozen=True)
class Sheet:
    """A figure as plain data.

    Attributes:
        caption: the parameters, in words.
        amounts: RMS image change of every column of cells.
        state: what it was made from; its range reaches as far as the amounts.
    """

    title: str
    caption: str
    amounts: tuple[float, ...]
    blocks: tuple[SheetBlock, ...]
    state: ExploreState


def sheet_state(state: ExploreState, direction: int, amount: float) -> ExploreState:
    """``state`` with every model moved by ``amount`` RMS along one direction only, linked or not."""
    amounts = [0.0] * max(DIRECTIONS, direction + 1)
    amounts[direction] = amount
    legs = (Leg(direction=direction, amount=amount),) if amount else ()
    walk = Walk(legs=legs) if state.mode == "curved" else Walk(amounts=tuple(amounts))
    columns = tuple(column.model_copy(update={"walk": walk}) for column in state.columns)
    return state.change(walk=walk, columns=columns, towards=None)


def reaching(state: ExploreState, limit: float, directions: int = 1) -> ExploreState:
    """``state`` with a range that holds ``limit``, as far as the calibration reaches, and ``directions``."""
    if limit <= state.limit and directions <= state.shown:
        return state
    return state.change(limit=max(limit, state.limit), shown=max(directions, state.shown))


def make_sheet(
    renderer: Renderer,
    state: ExploreState,
    directions: int = 5,
    steps: int = 8,
    limit: float | None = None,
    meanings: Mapping[str, Sequence[str]] | None = None,
    watch: Watch | None = None,
) -> Sheet:
    """Walk every model of ``state`` from its base along its first directions, one at a time.

    Args:
        directions: how many, one row each; fewer where a model has fewer.
        steps: images in a row, from −limit to +limit.
        limit: RMS image change at both ends; None: the state's range.
        meanings: what directions do to the image, by column.

    Raises:
        Cancelled: ``watch`` said so.
        StudioError: a model or an image cannot be opened.
    """
    watch = watch or Watch()
    limit = state.limit if limit is None else limit
    directions = min(directions, MAX_DIRECTIONS)
    state = reaching(state, limit, directions)
    amounts = tuple(float(amount) for amount in np.linspace(-limit, limit, steps))
    watch.step(0, directions * steps)
    lost = 0
    base = renderer.render(state.at_rest())
    counts = [min(directions, view.place.directions.shape[1]) for view in base.columns]
    total = max(counts, default=0) * steps
    cells: list[list[list[np.ndarray]]] = [[[] for _ in range(count)] for count in counts]
    for d in range(max(counts, default=0)):
        for s, amount in enumerate(amounts):
            watch.step(d * steps + s, total)
            scene = renderer.render(sheet_state(state, d, amount))
            for rows, view in zip(cells, scene.columns, strict=True):
                if d < len(rows):
                    rows[d].append(view.moved.image)
                    lost += bool(view.moved.stopped)
    watch.step(total, total)
    blocks = []
    for view, rows in zip(base.columns, cells, strict=True):
        words = (meanings or {}).get(view.column.key, ())
        labels = tuple(_row(view, d, words[d] if d < len(words) else "") for d in range(len(rows)))
        blocks.append(SheetBlock(view.caption, labels, np.stack([np.stack(row) for row in rows])))
    return Sheet(_title(base), _caption(base, limit, lost), amounts, tuple(blocks), state)


def direction_name(kind: FoundKind, direction: int) -> str:
    """What a direction (from 0) is called: "u1"."""
    return f"{SYMBOLS[kind]}{direction + 1}"


def basis_words(state: ExploreState) -> str:
    """Which basis stands for a group."""
    if state.basis == "sparse":
        return "their sparsest basis"
    if state.basis == "computed":
        return "the basis that was computed"
    aims = (
        "the factors of the images" if state.aims is None else "the attributes " + ", ".join(state.aims.names)
    )
    return f"a basis towards {printable(aims)}"


def _row(view: ColumnView, d: int, meaning: str) -> SheetRow:
    cosine = None if view.match is None else abs(float(view.match.cosine[d]))
    kind = view.place.kind
    own = d if view.match is None else view.match.order[d]
    return SheetRow(
        direction_name(kind, own), f"{MEASURES[kind]} {float(view.place.sigma[d]):.3g}", cosine, meaning
    )


def _title(scene: Scene) -> str:
    return f"Latent traversals from {scene.label}"


def _caption(scene: Scene, limit: float, lost: int) -> str:
    kinds = [view.place.kind for view in scene.columns]
    walks = "Curved walks" if scene.state.mode == "curved" else "Straight walks"
    along = " and ".join(dict.fromkeys(_along(view) for view in scene.columns))
    start = "its latent" if scene.state.base.latents is None else "a latent walked on to from it"
    words = [
        f"{walks} from {start} along {along}",
        f"RMS image change −{limit:g} … +{limit:g} for colour values in 0 … 1",
    ]
    if scene.state.matched and len(kinds) > 1:
        words.append("directions of the other models matched to the first model's")
    if scene.state.region is not None:
        words.append(f"region: {scene.state.region.words}")
    if any(view.place.rotated for view in scene.columns):
        words.append(f"groups of near-equal singular values by {basis_words(scene.state)}")
    if lost:
        words.append(f"{lost} of the walks ended early, where their direction was lost, and show that point")
    return "; ".join(words) + "."


def _along(view: ColumnView) -> str:
    words = KIND_WORDS[view.place.kind]
    return words if view.place.fit is None else f"{words}, averaged over the images"
