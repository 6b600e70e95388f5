"""What Explore shows, as one immutable value: swapped by undo, held by session files, rendered."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from jnn_studio.base.settings import AbsolutePath, Finite, Frozen
from jnn_studio.data.config import FacesConfig, ShownConfig
from jnn_studio.explore.painted import AnyRegion

SCHEMA_VERSION = 1

DIRECTIONS = 8
"""Directions with a slider each, unless more are asked for."""

MAX_DIRECTIONS = 32
"""As many can have one."""

MAX_COLUMNS = 4

DirectionKind = Literal["encoder", "decoder", "axes"]
"""Left singular vectors of the encoder's Jacobian (the paper's), right singular vectors of the decoder's
Jacobian, or the axes of the latent space."""

FoundKind = Literal["encoder", "decoder", "axes", "region"]
"""What directions that were found are: of a `DirectionKind`, or those of a region of the picture."""

Scope = Literal["image", "images"]
"""Directions at the image in view, or those that all images of the source have in common."""

BasisKind = Literal["computed", "sparse", "attributes"]
"""Which directions stand for a group with near-equal singular values: those that the decomposition happened
to give; the ones of its subspace that change the picture in the fewest places; or those that change one
attribute each."""

MAX_AIMS = 64

WalkMode = Literal["straight", "curved"]
"""Along the directions at the base, or following them as they turn."""

Amount = Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]


class SourceImage(Frozen):
    """An image of the open source."""

    kind: Literal["source"] = "source"
    index: int = Field(ge=0)


class FileImage(Frozen):
    """An image file of one's own."""

    kind: Literal["file"] = "file"
    path: AbsolutePath


ImageRef = Annotated[SourceImage | FileImage, Field(discriminator="kind")]


class Leg(Frozen):
    """Part of a curved walk: a signed path length in image space (RMS) along one direction (from 0)."""

    direction: int = Field(ge=0, lt=MAX_DIRECTIONS)
    amount: Amount


class Walk(Frozen):
    """How far: ``amounts`` along straight directions (signed RMS image change), or the legs of a curve.

    Beyond the first `DIRECTIONS` there are as many amounts as are needed.
    """

    amounts: tuple[Amount, ...] = Field((0.0,) * DIRECTIONS, min_length=DIRECTIONS, max_length=MAX_DIRECTIONS)
    legs: tuple[Leg, ...] = ()

    def amount(self, direction: int, mode: WalkMode) -> float:
        """What the slider of ``direction`` shows: for a curve, the sum of its legs."""
        if mode == "straight":
            return self.amounts[direction] if direction < len(self.amounts) else 0.0
        return sum(leg.amount for leg in self.legs if leg.direction == direction)

    def moved(self, direction: int, mode: WalkMode, amount: float) -> Walk:
        """This walk with the slider of ``direction`` at ``amount``.

        A curve goes on from where it is: the last leg changes if it is this direction's, else one is added.
        """
        if mode == "straight":
            amounts = list(self.amounts) + [0.0] * (direction + 1 - len(self.amounts))
            amounts[direction] = amount
            return self.model_copy(update={"amounts": _needed(amounts)})
        legs, change = self.legs, amount - self.amount(direction, mode)
        if legs and legs[-1].direction == direction:
            change += legs[-1].amount
            legs = legs[:-1]
        if abs(change) > 1e-12:
            legs = (*legs, Leg.model_construct(direction=direction, amount=change))
        return self.model_copy(update={"legs": legs})

    def turned(self, mode: WalkMode, limit: float) -> Walk:
        """The same amounts walked the other way, ``mode``: one leg each, or straight and within ``limit``."""
        if mode == "curved":
            return Walk(legs=tuple(Leg(direction=d, amount=a) for d, a in enumerate(self.amounts) if a))
        sums = (self.amount(d, "curved") for d in range(MAX_DIRECTIONS))
        return Walk(amounts=_needed([min(max(amount, -limit), limit) for amount in sums]))

    def among(self, count: int) -> Walk:
        """What of it leads along the first ``count`` directions."""
        amounts = [amount if d < count else 0.0 for d, amount in enumerate(self.amounts)]
        return Walk(amounts=_needed(amounts), legs=tuple(leg for leg in self.legs if leg.direction < count))

    def is_still(self, mode: WalkMode) -> bool:
        """Whether it leads nowhere."""
        return not any(self.amounts) if mode == "straight" else not self.legs


def _needed(amounts: list[float]) -> tuple[float, ...]:
    """Without zeros at the end, beyond the directions there always are."""
    end = max([DIRECTIONS, *(d + 1 for d, amount in enumerate(amounts) if amount)])
    return tuple(amounts[:end] + [0.0] * (end - len(amounts)))


class Column(Frozen):
    """A model in view. ``where``: a bundled model's name, a weights file, ``RUN_FOLDER::member``, or
    ``own:NUMBER/NAME``, one that a program has handed over."""

    key: str = Field(min_length=1, max_length=40)
    where: str = Field(min_length=1)
    name: str = Field("", max_length=80, description="Given by hand; empty for the model's own.")
    directions: DirectionKind = "encoder"
    scope: Scope = "image"
    linked: bool = True
    walk: Walk = Walk()
    """Its own walk, for as long as it is not linked to the others."""


class Aims(Frozen):
    """Readouts of a table of attributes, towards which the bases of groups are turned.

    Attributes:
        weights: by columns' references, a row for each name: its change per latent unit.
    """

    names: tuple[Annotated[str, Field(max_length=200)], ...] = Field(max_length=MAX_AIMS)
    weights: dict[str, tuple[tuple[Finite, ...], ...]]

    @model_validator(mode="after")
    def _rows_have_names(self) -> Self:
        for where, rows in self.weights.items():
            if len(rows) != len(self.names) or len({len(row) for row in rows}) > 1:
                raise ValueError(f"the aims of {where} are no table with a row for each name")
        return self


class Base(Frozen):
    """Where walks start: an image, or latents that an earlier walk from that image has led to."""

    image: ImageRef
    latents: dict[str, tuple[Finite, ...]] | None = None
    """By column. None: every model's own encoding of the image."""


class Towards(Frozen):
    """Interpolation: ``share`` of the way from where the walk has led to the latent of another image."""

    image: ImageRef
    share: float = Field(0.5, ge=0, le=1, allow_inf_nan=False)


class ExploreState(Frozen):
    """Everything that decides what Explore shows."""

    schema_version: Literal[1] = 1
    source: ShownConfig = FacesConfig()
    columns: tuple[Column, ...] = Field((), max_length=MAX_COLUMNS)
    base: Base = Base(image=SourceImage(index=0))
    mode: WalkMode = "straight"
    walk: Walk = Walk()
    towards: Towards | None = None
    matched: bool = False
    limit: float = Field(0.1, ge=0.01, le=0.5, allow_inf_nan=False)
    """RMS image change at the ends of the sliders."""
    shown: int = Field(DIRECTIONS, ge=1, le=MAX_DIRECTIONS)
    """How many directions have sliders."""
    basis: BasisKind = "computed"
    aims: Aims | None = None
    """Of the basis ``"attributes"``; None: the factors of the images, where they are known."""
    region: AnyRegion | None = None
    """The part of the picture that directions are to change, and to leave the rest alone; instead of the
    columns' own directions."""

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        keys = [column.key for column in self.columns]
        if len(set(keys)) != len(keys):
            raise ValueError(f"the keys of columns must differ, got {keys}")
        return self

    def column(self, key: str) -> Column:
        """The column called ``key``; KeyError if there is none."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(key)

    def walk_of(self, column: Column) -> Walk:
        """The common walk, or the column's own if it is not linked."""
        return self.walk if column.linked else column.walk

    def change(self, **changes: object) -> ExploreState:
        """A copy with these fields replaced; the values are trusted."""
        return self.model_copy(update=changes)

    def with_column(self, column: Column) -> ExploreState:
        """The column of the same key replaced."""
        return self.change(columns=tuple(column if c.key == column.key else c for c in self.columns))

    def with_amount(self, direction: int, amount: float, key: str = "") -> ExploreState:
        """A slider moved: the common one, or that of the unlinked column ``key``."""
        if not key:
            return self.change(walk=self.walk.moved(direction, self.mode, amount))
        column = self.column(key)
        walk = column.walk.moved(direction, self.mode, amount)
        return self.with_column(column.model_copy(update={"walk": walk}))

    def at_rest(self) -> ExploreState:
        """All walks back at the base, and no interpolation."""
        columns = tuple(column.model_copy(update={"walk": Walk()}) for column in self.columns)
        return self.change(walk=Walk(), columns=columns, towards=None)

    def in_mode(self, mode: WalkMode) -> ExploreState:
        """The same amounts, walked straight or curved."""
        if mode == self.mode:
            return self

        def turned(walk: Walk) -> Walk:
            return walk.turned(mode, self.limit)

        columns = tuple(c.model_copy(update={"walk": turned(c.walk)}) for c in self.columns)
        return self.change(mode=mode, walk=turned(self.walk), columns=columns)

    def with_limit(self, limit: float) -> ExploreState:
        """The same with another range, straight walks brought back into it."""

        def clamp(walk: Walk) -> Walk:
            amounts = tuple(min(max(amount, -limit), limit) for amount in walk.amounts)
            return walk.model_copy(update={"amounts": amounts})

        columns = tuple(c.model_copy(update={"walk": clamp(c.walk)}) for c in self.columns)
        return self.change(limit=limit, walk=clamp(self.walk), columns=columns)

    def showing(self, count: int) -> ExploreState:
        """With sliders for the first ``count`` directions; walks along others are taken back."""
        columns = tuple(c.model_copy(update={"walk": c.walk.among(count)}) for c in self.columns)
        return self.change(shown=count, walk=self.walk.among(count), columns=columns)

    def at_image(self) -> ExploreState:
        """Walks start at the image itself again; at rest, if they did not."""
        if self.base.latents is None:
            return self
        return self.at_rest().change(base=Base(image=self.base.image))

    def new_key(self) -> str:
        """A key no column has."""
        taken = {column.key for column in self.columns}
        return next(f"c{n}" for n in range(1, len(taken) + 2) if f"c{n}" not in taken)


def bundled_state() -> ExploreState:
    """The first thing seen: the bundled pair on the program's own faces."""
    columns = (Column(key="c1", where="unregularised"), Column(key="c2", where="regularised"))
    return ExploreState(columns=columns)
