"""The bundled β-VAE beside the bundled pair: walked by the same walker, along axes or singular vectors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import psnr
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.explore.state import DirectionKind
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.models.beta_vae import BetaVAE
from jnn_studio.models.weights import LoadedModel


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    (loaded,) = open_models("beta-vae")
    return loaded


@pytest.fixture(scope="module")
def model(loaded: LoadedModel) -> BetaVAE:
    assert isinstance(loaded.model, BetaVAE)
    return loaded.model


@pytest.fixture(scope="module")
def faces() -> Tensor:
    """Faces that were in nobody's training set."""
    return FaceSource(16, 64, seed=321).images(range(16))


def test_it_is_what_the_paper_compares_with(loaded: LoadedModel, model: BetaVAE) -> None:
    assert loaded.name == "β-VAE"
    assert loaded.info["beta"] == "10.0"
    assert model.config.latent == 32
    assert not model.training


def test_it_shows_faces_it_has_never_seen(model: BetaVAE, faces: Tensor) -> None:
    assert psnr(model(faces), faces) > 21


def test_a_few_axes_carry_everything(model: BetaVAE, faces: Tensor) -> None:
    kl = model.axis_kl.sort(descending=True).values
    assert kl[:4].min() > 0.5
    assert kl[16:].max() < 0.1

    latents = model.encode(faces)
    silent = latents.clone()
    silent[:, model.axis_kl < 0.1] = 0
    change = (model.decode(silent) - model.decode(latents)).square().mean().sqrt()
    spread = (model.decode(latents) - model.decode(latents.roll(1, 0))).square().mean().sqrt()
    assert change < 0.2 * spread


def test_its_axes_are_walked_in_the_order_of_what_they_carry(loaded: LoadedModel, faces: Tensor) -> None:
    assert isinstance(loaded.model, BetaVAE)
    place = Walker(loaded, "axes").place(faces[0], 6)

    order = loaded.model.axis_kl.argsort(descending=True)[:6]
    torch.testing.assert_close(place.directions.abs(), torch.eye(32)[:, order])


def test_its_singular_directions_are_those_of_its_full_jacobians(
    loaded: LoadedModel, model: BetaVAE, faces: Tensor
) -> None:
    image = faces[0]
    of_encoder = torch.func.jacrev(lambda x: model.encoder(x[None])[0])(image).flatten(1)
    of_decoder = torch.func.jacfwd(lambda z: model.decode(z[None])[0].flatten())(model.encode(image[None])[0])

    for kind, expected in (
        ("encoder", torch.linalg.svd(of_encoder, full_matrices=False)[0]),
        ("decoder", torch.linalg.svd(of_decoder, full_matrices=False)[2].T),
    ):
        place = Walker(loaded, kind).place(image, 3)
        cosines = (place.directions * expected[:, :3]).sum(0).abs()
        np.testing.assert_allclose(cosines, 1, atol=1e-3)


@pytest.mark.parametrize("kind", ["encoder", "decoder", "axes"])
def test_it_moves_as_far_as_it_is_asked_to(loaded: LoadedModel, faces: Tensor, kind: DirectionKind) -> None:
    walker = Walker(loaded, kind)
    place = walker.place(faces[1], 3)

    for amount in (-0.04, 0.04):
        moved = walker.straight(place, [0.0, amount, 0.0])
        assert moved.rms == pytest.approx(0.04, rel=0.05)
        coarse = walker.straight(place, [0.0, amount, 0.0], shrink=2)
        assert coarse.image.shape == (32, 32, 3)
