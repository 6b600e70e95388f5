"""What Explore shows, computed away from the main thread and handed over as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.decode import load_image
from jnn_studio.data.pixels import to_uint8
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.open_models import member_model, open_bundled, open_models
from jnn_studio.explore.walker import Moved, Place, Walker
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.weights import LoadedModel, WeightsError
from jnn_studio.training.autoencoder_pair import REGULARISED, UNREGULARISED
from jnn_studio.training.config import RunConfig, read_config
from jnn_studio.training.events import Snapshot
from jnn_studio.training.image_config import ImageRunConfig
from jnn_studio.training.kind import run_members

DIRECTIONS = 8


@dataclass(frozen=True)
class ModelSet:
    """The models side by side, ready to be walked.

    ``data`` is what they were trained on, if that is known.
    """

    title: str
    loaded: tuple[LoadedModel, ...]
    walkers: tuple[Walker, ...]
    data: FacesConfig | FolderConfig | None

    @property
    def config(self) -> AutoencoderConfig:
        """Sizes of the first model; all of a set take the same images."""
        return self.loaded[0].model.config

    @property
    def roles(self) -> tuple[str, ...]:
        """The colour role of each model: its place in the controlled experiment."""
        return tuple(REGULARISED if _eta(model) > 0 else UNREGULARISED for model in self.loaded)

    @property
    def captions(self) -> tuple[str, ...]:
        """Name and η of each model."""
        return tuple(f"{model.name} · η = {_eta(model):g}" for model in self.loaded)


@dataclass(frozen=True)
class SourceImage:
    """An image of the open source."""

    index: int


@dataclass(frozen=True)
class FileImage:
    """An image file of one's own."""

    path: Path


ImageRef = SourceImage | FileImage


@dataclass(frozen=True)
class Scene:
    """One image seen by all models: where each of them is, and where the sliders took it."""

    models: ModelSet
    ref: ImageRef
    image: Tensor
    original: np.ndarray
    label: str
    places: tuple[Place, ...]
    moved: tuple[Moved, ...]


def bundled_set(limit: float) -> ModelSet:
    """The pair that ships with the program, on the procedural faces."""
    return _set("Bundled faces pair", open_bundled(), limit, FacesConfig())


def set_from_path(path: Path, limit: float) -> ModelSet:
    """The models of a run folder or weights file; raises what `open_models` raises."""
    config = read_config(path / "config.toml") if (path / "config.toml").is_file() else None
    return _set(path.name, open_models(path), limit, _data(config))


def set_from_snapshot(config: RunConfig, snapshot: Snapshot, limit: float) -> ModelSet:
    """The models of the run under way, as they were at the snapshot's step."""
    loaded = []
    for member in run_members(config):
        tensors = {name: torch.from_numpy(value) for name, value in snapshot.weights[member.key].items()}
        loaded.append(member_model(config, member, tensors, str(snapshot.step)))
    return _set(f"{config.name}, step {snapshot.step:,}", loaded, limit, _data(config))


def with_limit(models: ModelSet, limit: float) -> ModelSet:
    """The same models calibrated out to another RMS image change."""
    return replace(models, walkers=tuple(walker.with_limit(limit) for walker in models.walkers))


def open_ref(ref: ImageRef, source: ImageSource, config: AutoencoderConfig) -> tuple[Tensor, str]:
    """The image (channels, size, size) and what to call it; raises `DataError`."""
    if isinstance(ref, FileImage):
        return load_image(ref.path, config.size, config.channels), ref.path.name
    return source.images([ref.index])[0], source.label(ref.index)


def make_scene(
    models: ModelSet,
    ref: ImageRef,
    image: Tensor,
    label: str,
    amounts: Sequence[float],
    previous: Scene | None = None,
) -> Scene:
    """All models at ``image``, moved by ``amounts``; signs of directions are kept from ``previous``."""
    before = previous.places if previous is not None and len(previous.places) == len(models.walkers) else None
    k = min(DIRECTIONS, models.config.latent)
    places = tuple(
        walker.place(image, k, before[i] if before else None) for i, walker in enumerate(models.walkers)
    )
    return Scene(models, ref, image, to_uint8(image), label, places, move(models, places, amounts))


def move(models: ModelSet, places: Sequence[Place], amounts: Sequence[float]) -> tuple[Moved, ...]:
    """Every model moved by the same RMS ``amounts`` along its own directions."""
    return tuple(
        walker.move(place, amounts[: place.directions.shape[1]])
        for walker, place in zip(models.walkers, places, strict=True)
    )


def _data(config: RunConfig | None) -> FacesConfig | FolderConfig | None:
    return config.data if isinstance(config, ImageRunConfig) else None


def _set(
    title: str, loaded: Sequence[LoadedModel], limit: float, data: FacesConfig | FolderConfig | None
) -> ModelSet:
    shapes = {(model.model.config.size, model.model.config.channels) for model in loaded}
    if len(shapes) != 1:
        raise WeightsError(f"{title}: the models take images of different sizes and cannot be compared")
    return ModelSet(title, tuple(loaded), tuple(Walker(m.model, limit) for m in loaded), data)


def _eta(model: LoadedModel) -> float:
    return float(model.info.get("eta", "nan"))
