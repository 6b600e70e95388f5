"""Models to walk: bundled ones, weights files, and the newest weights of a run folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jnn_studio.base.embedded_pictures import may_have_pictures, read_pictures
from jnn_studio.base.errors import StudioError
from jnn_studio.base.resource_files import resource
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.models.weights import LoadedModel, load_model
from jnn_studio.training.config import RunConfig
from jnn_studio.training.events import MemberInfo, Snapshot
from jnn_studio.training.folder.run_folder import RunFolder, is_run
from jnn_studio.training.folder.run_weights import read_run_weights
from jnn_studio.training.image_config import ImageRunConfig
from jnn_studio.training.kind import find_kind, run_members
from jnn_studio.training.pair.autoencoder_pair import MEMBERS

BUNDLED = (*MEMBERS, "beta-vae")
"""Names of the models that ship with the program."""


class ModelsError(StudioError):
    """There is no model to walk where one was looked for; the message says what was expected."""


def open_bundled() -> list[LoadedModel]:
    """The pair that ships with the program, unregularised first."""
    return [load_model(resource("models", f"{key}.safetensors")) for key in MEMBERS]


def open_models(where: str | Path) -> list[LoadedModel]:
    """The models at ``where``: a weights file, a run folder, or the name of a bundled model.

    Raises:
        ModelsError: there is nothing to open; the message says what was expected.
        StudioError: what is there cannot be read.
    """
    if str(where) in BUNDLED:
        return [load_model(resource("models", f"{where}.safetensors"))]
    path = Path(where)
    if path.is_dir():
        return open_run_models(path)
    if not path.exists():
        raise ModelsError(
            f"there is no model at {path}; give a .safetensors file, a .jnnmodel, a run folder, or one of "
            f"the bundled models: {', '.join(BUNDLED)}"
        )
    return [load_model(path)]


def open_run_models(path: Path) -> list[LoadedModel]:
    """The models of the run in ``path``, with the weights of its newest checkpoint.

    Raises:
        ModelsError: its models have no latent, or the weights are not theirs.
        StudioError: the run has no readable checkpoint yet.
    """
    try:
        weights = read_run_weights(
            path, lambda config, member, tensors: member_model(config, member, tensors, "")
        )
        return [
            member_model(weights.config, *member, weights.step, weights.states.get(member[0].key))
            for member in weights.members
        ]
    except RuntimeError as error:
        raise ModelsError(f"the newest checkpoint of {path} does not fit its run: {error}") from error


def trained_on(config: RunConfig) -> FacesConfig | FolderConfig | None:
    """The images a run learns from, if it learns from images."""
    return config.data if isinstance(config, ImageRunConfig) else None


def images_of(path: Path) -> FacesConfig | FolderConfig | None:
    """The images that go with the models at ``path``: what a run learns from, what a portable model brings.

    Raises:
        StudioError: a run's configuration cannot be read.
    """
    if is_run(path):
        return trained_on(RunFolder.open(path).config())
    try:
        if may_have_pictures(path) and read_pictures(path):
            return FolderConfig(path=path.absolute())
    except (StudioError, OSError):
        pass  # models are opened without them
    return None


def models_of_snapshot(config: RunConfig, snapshot: Snapshot) -> dict[str, LoadedModel]:
    """The models of a run under way as they were at the snapshot's step, by member."""
    models = {}
    for member in run_members(config):
        tensors = {name: torch.from_numpy(value) for name, value in snapshot.weights[member.key].items()}
        state = snapshot.states.get(member.key)
        models[member.key] = member_model(config, member, tensors, str(snapshot.step), state)
    return models


def member_model(
    config: RunConfig,
    member: MemberInfo,
    tensors: Mapping[str, Tensor],
    step: str,
    state: Mapping[str, Any] | None = None,
) -> LoadedModel:
    """One model of a run with the weights it had at ``step`` (not copied), and what its training had found.

    Raises:
        ModelsError: runs of this kind have no models to walk.
        RuntimeError: the weights are not those of the run's network.
    """
    kind = find_kind(config.kind)
    if kind.network is None:
        raise ModelsError(f"the run {config.name!r} is of kind {config.kind!r}: it has no latent to walk")
    facts = {**kind.facts(config, member.key), **kind.found(config, member.key, state or {})}
    info = {"run": config.name, "member": member.key, "step": step, **facts}
    return LoadedModel(kind.network(config, member.key, tensors), member.label, info)
