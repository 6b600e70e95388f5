"""What a finished model is worth beside its held-out PSNR: do its directions mean something?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from jnn_studio.base.watch import Watch
from jnn_studio.data.attributes import open_attributes
from jnn_studio.data.config import FacesConfig, FolderConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.folder_names import folder_attributes
from jnn_studio.data.source import ImageSource
from jnn_studio.explore.columns.open_models import open_run_models
from jnn_studio.explore.meaning.readouts import fit_readouts, folder_groups
from jnn_studio.explore.scene.renderer import image_size
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.jacobian.subspace import tangent_energy
from jnn_studio.models.weights import LoadedModel
from jnn_studio.training.config import RunConfig
from jnn_studio.training.gathering.images import open_images
from jnn_studio.training.kind import find_kind

TANGENT_ENERGY, SKILL = "tangent_energy", "attribute_skill"
DIRECTIONS, FACES = 10, 16
_UNSEEN = 2_000_003
"""Added to the seed of the faces that a run learns from."""
_MOST_IMAGES, _AT_ONCE = 4_096, 64


def measure(path: Path, config: RunConfig, watch: Watch, attributes: str = "") -> dict[str, dict[str, float]]:
    """Of each model of the finished run in ``path``, by its key; nothing where its images tell nothing.

    Drawn faces: tangent energy, mean over the first `DIRECTIONS` directions at `FACES` faces that no model
    has seen. Photographs with the table ``attributes``, or in folders that are attributes: how far, on
    average, a linear function of the latent is from chance (0) to perfect (1), cross-validated; folders are
    left out as a whole.

    Raises:
        StudioError: models, images or the table cannot be opened.
        Cancelled: ``watch`` says so.
    """
    data = getattr(config, "data", None)
    if find_kind(config.kind).network is None or not isinstance(data, FacesConfig | FolderConfig):
        return {}
    models = {loaded.info["member"]: loaded for loaded in open_run_models(path)}
    if isinstance(data, FacesConfig):
        return {key: {TANGENT_ENERGY: _energy(loaded, data, watch)} for key, loaded in models.items()}
    (size, _), channels = image_size(list(models.values()))  # of what is trained here both sides are alike
    source, _ = open_images(data, size, channels, watch)
    known = open_attributes(Path(attributes), source, watch) if attributes else None
    chosen = np.linspace(0, len(source) - 1, min(len(source), _MOST_IMAGES)).astype(int).tolist()
    labels = [source.label(index) for index in chosen]
    table = folder_attributes(labels) if known is None else replace(known, values=known.values[chosen])
    if table is None:
        return {}
    found = {}
    for key, loaded in models.items():
        latents = _latents(loaded, source, chosen, watch)
        readouts = fit_readouts(latents, table, watch, folder_groups(labels)).readouts
        skills = [readout.skill for readout in readouts if readout is not None]
        if skills:
            found[key] = {SKILL: float(np.mean(skills))}
    return found


@torch.no_grad()
def _energy(loaded: LoadedModel, data: FacesConfig, watch: Watch) -> float:
    source = FaceSource(FACES, loaded.model.config.size, data.seed + _UNSEEN)
    walker = Walker(loaded)
    energies = []
    for index in range(FACES):
        watch.check()
        push = walker.place(source.images([index])[0], DIRECTIONS).push
        tangents = source.factor_derivatives(index).flatten(1)
        energies.append(tangent_energy(push.mT[None], tangents.mT[None])[0].mean())
    return float(torch.stack(energies).mean())


@torch.no_grad()
def _latents(loaded: LoadedModel, source: ImageSource, chosen: list[int], watch: Watch) -> np.ndarray:
    parts = []
    for begin in range(0, len(chosen), _AT_ONCE):
        watch.check()
        parts.append(loaded.model.encode(source.images(chosen[begin : begin + _AT_ONCE])))
    return torch.cat(parts).numpy()
