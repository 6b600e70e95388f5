"""From a state to what is seen: every model at the base, its directions, and where the walk has led."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from jnn_studio.base.text import printable
from jnn_studio.data.config import FacesConfig
from jnn_studio.data.decode import load_image
from jnn_studio.data.opening import open_source
from jnn_studio.data.pixels import to_uint8
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.collection.gallery import fit_images
from jnn_studio.explore.columns.references import open_model
from jnn_studio.explore.columns.roles import caption, roles
from jnn_studio.explore.directions.aim import Aim, aim_at_attributes, aim_at_factors
from jnn_studio.explore.directions.averaged import AveragedDirections, average_directions
from jnn_studio.explore.directions.choice import DirectionChoice
from jnn_studio.explore.state import Aims, Column, DirectionKind, ExploreState, FileImage, ImageRef
from jnn_studio.explore.walking.curved import CurvedPaths
from jnn_studio.explore.walking.matching import Match, match_directions
from jnn_studio.explore.walking.place import Moved, Place
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.models.latent_model import image_shape
from jnn_studio.models.weights import LoadedModel

CANDIDATES = 2
"""Directions of the other models among which those of the first are looked for, for each with a slider."""

AveragedByModel = Mapping[tuple[str, DirectionKind], AveragedDirections]

KEPT_PLACES = 48
KEPT_IMAGES = 16

T = TypeVar("T")


@dataclass(frozen=True)
class ColumnView:
    """One model of a scene.

    Attributes:
        caption: its name with η or β.
        role: its colour.
        place: the base, with directions in the order of the sliders.
        moved: where its walk has led.
        match: how its directions were paired with the first model's, if they were.
    """

    column: Column
    loaded: LoadedModel
    caption: str
    role: str
    place: Place
    moved: Moved
    match: Match | None


@dataclass(frozen=True)
class Scene:
    """One image seen by all models: where each of them is, and where the sliders took it.

    Attributes:
        image: what walks start from, (channels, height, width), at the largest size of the models.
        original: the same as uint8 (height, width, 3).
        label: what to call it.
    """

    state: ExploreState
    image: Tensor
    original: np.ndarray
    label: str
    columns: tuple[ColumnView, ...]

    def stands_where(self, other: Scene) -> bool:
        """Whether only walks tell it apart from another scene."""
        pairs = zip(self.columns, other.columns, strict=False)
        return (
            len(self.columns) == len(other.columns)
            and self.image is other.image
            and all(
                a.place is b.place
                and (a.caption, a.role, a.column.linked) == (b.caption, b.role, b.column.linked)
                for a, b in pairs
            )
        )


class _Last(NamedTuple):
    """Where a column was last, and with what."""

    base: Hashable
    shape: tuple[int, ...]
    choice: DirectionChoice
    serial: int
    place: Place


class SceneRenderer:
    """Renders states, keeping what the next one can use again. Belongs to the thread it is used on.

    Models and images that are open already can be handed in; what is missing is opened as it is needed.

    Args:
        models: by the references of columns.
        source: the images ``state.source`` describes, at the largest size of the models.
        averaged: directions over these images, by the reference of a column and their kind.
    """

    def __init__(
        self,
        models: Mapping[str, LoadedModel] | None = None,
        source: ImageSource | None = None,
        averaged: AveragedByModel | None = None,
    ) -> None:
        self._models: dict[str, LoadedModel] = dict(models or {})
        self._source = source
        self._averaged: AveragedByModel = averaged or {}
        self._found_averages: OrderedDict[Hashable, tuple[LoadedModel, AveragedDirections]] = OrderedDict()
        self._described: tuple[object, tuple[int, int], int] | None = None
        self._walkers: dict[str, tuple[LoadedModel, Walker]] = {}
        self._serials: dict[str, int] = {}
        """How many models each reference has stood for: one under way has new weights every second."""
        self._images: OrderedDict[Hashable, tuple[Tensor, str]] = OrderedDict()
        self._places: OrderedDict[Hashable, tuple[Place, CurvedPaths]] = OrderedDict()
        self._matches: OrderedDict[Hashable, tuple[Place, Place, Place, Match, CurvedPaths]] = OrderedDict()
        self._aims: OrderedDict[Hashable, tuple[Aim | None, Aims | None]] = OrderedDict()
        self._last: dict[tuple[str, str], _Last] = {}

    def use(
        self,
        models: Mapping[str, LoadedModel],
        source: ImageSource | None,
        averaged: AveragedByModel | None = None,
    ) -> None:
        """Take these models, images and averaged directions from now on."""
        self._models = dict(models)
        self._averaged = averaged or {}
        if source is not self._source:
            self._source, self._described = source, None
            self._images.clear()

    def render(self, state: ExploreState, shrink: int = 1) -> Scene:
        """What ``state`` shows; ``shrink`` > 1 decodes the moved images coarser where that is quicker.

        Raises:
            WeightsError, ConfigError: a model cannot be opened.
            DataError: an image cannot be.
        """
        models = [self._model(column.where) for column in state.columns]
        image, label = self._image(state, state.base.image, models)
        colours = roles(models)
        views: list[ColumnView] = []
        for column, loaded, role in zip(state.columns, models, colours, strict=True):
            walker = self._walker(column, loaded, state.limit, self._choice(state, column, loaded, models))
            first = views[0].place if views else None
            among = 1 if first is None or not state.matched else CANDIDATES
            k = min(among * state.shown, latent_size(loaded))
            place, paths = self._place(state, column, loaded, walker, k, image)
            match = None
            if first is not None and state.matched:
                place, match, paths = self._matched(first, place, image)
            moved = self._moved(state, column, loaded, walker, place, paths, models, shrink)
            title = caption(loaded, column.name)
            views.append(ColumnView(column, loaded, title, role, place, moved, match))
        return Scene(state, image, to_uint8(image), label, tuple(views))

    # --- parts -------------------------------------------------------------------------------------

    def _model(self, where: str) -> LoadedModel:
        if where not in self._models:
            self._models[where] = open_model(where)
        return self._models[where]

    def _walker(self, column: Column, loaded: LoadedModel, limit: float, choice: DirectionChoice) -> Walker:
        known = self._walkers.get(column.where)
        if known is None or known[0] is not loaded:
            known = (loaded, Walker(loaded, column.directions, limit))
            self._serials[column.where] = self._serials.get(column.where, 0) + 1
        walker = known[1]
        if walker.choice != choice:
            walker = walker.with_choice(choice)
        if walker.limit != limit:
            walker = walker.with_limit(limit)
        self._walkers[column.where] = (loaded, walker)
        return walker

    def _choice(
        self, state: ExploreState, column: Column, loaded: LoadedModel, models: Sequence[LoadedModel]
    ) -> DirectionChoice:
        averaged = self._average(state, column, loaded, models) if averages(state, column) else None
        aim = self._aim(state, column, loaded, models) if state.basis == "attributes" else None
        return DirectionChoice(column.directions, averaged, state.basis, aim, state.region)

    def _aim(
        self, state: ExploreState, column: Column, loaded: LoadedModel, models: Sequence[LoadedModel]
    ) -> Aim | None:
        size = image_size(models)
        if state.aims is not None:
            key: Hashable = (column.where, latent_size(loaded), id(state.aims))
        else:
            config = loaded.model.config
            key = (state.source, state.base.image, size, image_shape(config))
        found = _take(self._aims, key)
        if found is None:
            if state.aims is not None:
                aim = aim_at_attributes(state.aims, column.where, latent_size(loaded))
            else:
                aim = aim_at_factors(self._images_of(state, *size), state.base.image, loaded)
            found = aim, state.aims  # kept together, so that the identity of the aims stays theirs
            _keep(self._aims, key, found, KEPT_IMAGES)
        return found[0]

    def _average(
        self, state: ExploreState, column: Column, loaded: LoadedModel, models: Sequence[LoadedModel]
    ) -> AveragedDirections:
        """Handed in, or found now."""
        known = self._averaged.get((column.where, column.directions))
        if known is not None:
            return known
        source = self._images_of(state, *image_size(models))
        key = (id(loaded), column.directions, source.key)
        found = _take(self._found_averages, key)
        if found is None:
            # Kept with the model, so that its identity stays its own.
            found = loaded, average_directions(loaded, column.directions, source)
            _keep(self._found_averages, key, found, KEPT_IMAGES)
        return found[1]

    def _image(self, state: ExploreState, ref: ImageRef, models: Sequence[LoadedModel]) -> tuple[Tensor, str]:
        size, channels = image_size(models)
        key = (state.source, ref, size, channels)
        found = _take(self._images, key)
        if found is None:
            if isinstance(ref, FileImage):
                found = load_image(ref.path, size, channels), printable(ref.path.name)
            else:
                source = self._images_of(state, size, channels)
                index = min(ref.index, len(source) - 1)
                found = source.images([index])[0], source.label(index)
            _keep(self._images, key, found, KEPT_IMAGES)
        return found

    def _images_of(self, state: ExploreState, size: tuple[int, int], channels: int) -> ImageSource:
        if isinstance(state.source, FacesConfig):
            channels = 3
        wanted = (state.source, size, channels)
        source = self._source
        fits = source is not None and source.image_shape == (channels, *size)
        if source is None or not fits or self._described not in (None, wanted):
            source = open_source(state.source, size, channels)
        self._source, self._described = source, wanted
        return source

    def _place(
        self,
        state: ExploreState,
        column: Column,
        loaded: LoadedModel,
        walker: Walker,
        k: int,
        image: Tensor,
    ) -> tuple[Place, CurvedPaths]:
        latents = (state.base.latents or {}).get(column.key)
        base = (state.source, state.base.image, latents)
        serial = self._serials[column.where]
        key = (column.where, serial, walker.choice, walker.limit, k, base, image.shape)
        found = _take(self._places, key)
        if found is None:
            # The same image with other weights: signs must not jump while a model trains.
            before = self._last.get((column.key, column.where))
            here = before is not None and before.base == base and before.shape == image.shape
            previous = (
                before.place if before is not None and here and before.choice == walker.choice else None
            )
            same = before.place if before is not None and here and before.serial == serial else None
            latent = None if latents is None else torch.tensor(latents)
            place = walker.place(_fit(image, loaded), k, latent, previous, same)
            found = place, CurvedPaths()
            _keep(self._places, key, found, KEPT_PLACES)
        self._last[column.key, column.where] = _Last(base, image.shape, walker.choice, serial, found[0])
        return found

    def _matched(self, first: Place, other: Place, image: Tensor) -> tuple[Place, Match, CurvedPaths]:
        key = (id(first), id(other))
        found = _take(self._matches, key)
        if found is None:
            match = match_directions(first, other, (image.shape[-2], image.shape[-1]))
            # Both places are kept with it, so that their identities stay theirs.
            found = first, other, other.reordered(match.order, match.signs), match, CurvedPaths()
            _keep(self._matches, key, found, KEPT_PLACES)
        return found[2], found[3], found[4]

    def _moved(
        self,
        state: ExploreState,
        column: Column,
        loaded: LoadedModel,
        walker: Walker,
        place: Place,
        paths: CurvedPaths,
        models: Sequence[LoadedModel],
        shrink: int,
    ) -> Moved:
        walk = state.walk_of(column)
        available = min(state.shown, place.directions.shape[1])
        towards = state.towards
        if state.mode == "curved":
            legs = tuple(leg for leg in walk.legs if leg.direction < available)
            moved = walker.curved(place, legs, paths, shrink)
        else:
            moved = walker.straight(place, walk.amounts[:available], shrink)
        if towards is not None:
            other = self._image(state, towards.image, models)[0]
            latent = walker.latent_of(_fit(other, loaded))
            moved = walker.between(moved, latent, towards.share, place, shrink)
        return moved


def averages(state: ExploreState, column: Column) -> bool:
    """Whether a column's directions are those of all images; latent axes are the same at every one anyway."""
    return column.scope == "images" and column.directions != "axes" and state.region is None


def latent_size(loaded: LoadedModel) -> int:
    """Dimensions of a model's latent."""
    return int(loaded.model.config.latent)


def image_size(models: Sequence[LoadedModel]) -> tuple[tuple[int, int], int]:
    """((height, width), channels) of the images that serve all models: the largest of theirs.

    A model of images of other proportions sees as much of their middle as has its own.
    """
    shapes = [image_shape(loaded.model.config) for loaded in models]
    if not shapes:
        return (64, 64), 3
    channels, height, width = (max(sides) for sides in zip(*shapes, strict=True))
    return (height, width), channels


def _fit(image: Tensor, loaded: LoadedModel) -> Tensor:
    return fit_images(image.unsqueeze(0), loaded)[0]


def _take(cache: OrderedDict[Hashable, T], key: Hashable) -> T | None:
    if key not in cache:
        return None
    cache.move_to_end(key)
    return cache[key]


def _keep(cache: OrderedDict[Hashable, T], key: Hashable, value: T, count: int) -> None:
    cache[key] = value
    while len(cache) > count:
        cache.popitem(last=False)
