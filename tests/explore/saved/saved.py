"""Small models and places to save directions of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jnn_studio.data.config import FacesConfig
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import to_uint8
from jnn_studio.explore.saved.saved_direction import SavedDirection, save_direction
from jnn_studio.explore.state import SourceImage
from jnn_studio.jacobian import GramSVD
from jnn_studio.models.autoencoder import build
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.weights import LoadedModel, fingerprint


@dataclass(frozen=True)
class Spot:
    """The paper's directions at one image, with what they do to it."""

    latent: Tensor
    directions: Tensor
    push: Tensor
    start: Tensor


def network(seed: int = 0, **changes: int) -> LoadedModel:
    """An untrained autoencoder."""
    config = AutoencoderConfig(**{"size": 16, "dct": 8, "hidden": 24, "latent": 8} | changes)
    return LoadedModel(
        build(config, seed).eval().requires_grad_(False), "small", {"eta": "0.5", "run": "first"}
    )


def spot(loaded: LoadedModel, index: int = 0, k: int = 6) -> Spot:
    """The place of face ``index``."""
    model = loaded.model
    image = FaceSource(64, model.config.size).images([index])[:, : model.config.channels]
    features = model.dct(image)
    latent = model.encoder(features)[0]
    u = GramSVD(model.encoder)(features).u[0, :, :k]
    tangents = u.T.contiguous()
    push = torch.func.jvp(model.decode, (latent.expand(k, -1).contiguous(),), (tangents,))[1]
    return Spot(latent, u, push.flatten(1), model.decode(latent[None])[0].clamp(0, 1))


def saved(
    name: str = "smile", index: int = 2, note: str = "", loaded: LoadedModel | None = None
) -> SavedDirection:
    """A direction found at face 0."""
    loaded = loaded or network()
    place = spot(loaded)
    moved = loaded.model.decode((place.latent + place.directions[:, index])[None])[0]
    return save_direction(
        name=name,
        note=note,
        loaded=loaded,
        where="regularised",
        fingerprint=fingerprint(loaded.model),
        kind="encoder",
        index=index,
        mode="straight",
        image=SourceImage(index=0),
        label="face 0",
        source=FacesConfig(count=64),
        amounts=(-0.05, 0.05),
        place=place,
        moved=np.asarray(to_uint8(moved)),
    )
