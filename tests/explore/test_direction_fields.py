"""Directions of three kinds, and what they do to the picture, against full Jacobians in double precision."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor, nn

from jnn_studio.explore.direction_fields import DirectionField
from jnn_studio.models.autoencoder import Autoencoder, build
from jnn_studio.models.beta_vae import BetaVAE
from jnn_studio.models.beta_vae import build as build_beta_vae
from jnn_studio.models.config import AutoencoderConfig, BetaVAEConfig

from .small_models import Handmade, tiny_autoencoder

LATENT = torch.tensor([0.3, -0.2, 0.5, 0.1], dtype=torch.float64)


def full(f: object, x: Tensor) -> Tensor:
    """Jacobian of an unbatched map, output flattened."""
    j = torch.func.jacrev(lambda y: f(y.unsqueeze(0)).flatten())(x)  # type: ignore[operator]
    return j.flatten(1)


def same_up_to_sign(a: Tensor, b: Tensor) -> None:
    torch.testing.assert_close((a * b).sum(0).abs(), torch.ones(a.shape[1], dtype=a.dtype))


def tiny_convolutional() -> Autoencoder:
    model = build(
        AutoencoderConfig(
            channels=1, size=16, dct=4, hidden=12, latent=4, decoder="convolutional", decoder_hidden=6,
            decoder_channels=4,
        ),
        1,
    )  # fmt: skip
    return model.double().eval().requires_grad_(False)


def tiny_beta_vae() -> BetaVAE:
    config = BetaVAEConfig(channels=1, size=32, latent=4, widths=(3, 4, 4, 4, 4))
    return build_beta_vae(config, 1).double().eval().requires_grad_(False)


MODELS = {
    "plain": partial(tiny_autoencoder, 1),
    "refined": partial(tiny_autoencoder, 1, 2),
    "convolutional": tiny_convolutional,
    "beta-vae": tiny_beta_vae,
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Autoencoder | BetaVAE:
    return MODELS[request.param]()


def test_of_the_encoder_they_are_left_singular_vectors_at_the_decoded_picture(
    model: Autoencoder | BetaVAE,
) -> None:
    found = DirectionField(model).at_latent("encoder", LATENT)

    picture = model.decode(LATENT.unsqueeze(0))[0]
    u, sigma, _ = torch.linalg.svd(full(model.encode, picture), full_matrices=False)
    torch.testing.assert_close(found.sigma, sigma)
    same_up_to_sign(found.vectors, u)


def test_of_the_decoder_they_are_right_singular_vectors(model: Autoencoder | BetaVAE) -> None:
    found = DirectionField(model).at_latent("decoder", LATENT)

    _, sigma, vh = torch.linalg.svd(full(model.decode, LATENT), full_matrices=False)
    torch.testing.assert_close(found.sigma, sigma)
    same_up_to_sign(found.vectors, vh.T)


def test_axes_are_ordered_by_how_far_they_move_the_picture(model: Autoencoder | BetaVAE) -> None:
    found = DirectionField(model).at_latent("axes", LATENT)

    lengths = full(model.decode, LATENT).norm(dim=0)
    order = lengths.argsort(descending=True)
    torch.testing.assert_close(found.sigma, lengths[order])
    assert torch.equal(found.vectors, torch.eye(4, dtype=torch.float64)[:, order])


def test_or_by_what_they_carry_where_the_model_knows_it(model: Autoencoder | BetaVAE) -> None:
    model.axis_kl = torch.tensor([0.1, 2.0, 0.0, 1.0])  # type: ignore[assignment]

    found = DirectionField(model).at_latent("axes", LATENT)

    assert torch.equal(found.vectors, torch.eye(4, dtype=torch.float64)[:, [1, 3, 0, 2]])
    torch.testing.assert_close(found.sigma, full(model.decode, LATENT).norm(dim=0)[[1, 3, 0, 2]])


def test_push_forwards_are_the_decoders_jacobian_times_directions(model: Autoencoder | BetaVAE) -> None:
    vectors = torch.linalg.qr(torch.randn(4, 3, dtype=torch.float64))[0]

    picture, push = DirectionField(model).picture_and_push(LATENT, vectors)

    torch.testing.assert_close(picture, model.decode(LATENT.unsqueeze(0))[0])
    torch.testing.assert_close(push, (full(model.decode, LATENT) @ vectors).T)
    assert torch.equal(DirectionField(model).push(LATENT, vectors), push)


def test_an_encoder_of_any_layers_will_do() -> None:
    torch.manual_seed(0)
    layers = (
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 4, 3, 2, 1),
        nn.LeakyReLU(),
        nn.Flatten(),
        nn.Linear(64, 4),
    )
    encoder = nn.Sequential(*layers).double()
    model = Handmade(encoder, nn.Linear(4, 64).double(), 4, 8).requires_grad_(False)
    image = torch.rand(1, 8, 8, dtype=torch.float64)

    found = DirectionField(model).at_image("encoder", image, LATENT)

    u, sigma, _ = torch.linalg.svd(full(model.encode, image), full_matrices=False)
    torch.testing.assert_close(found.sigma, sigma)
    same_up_to_sign(found.vectors, u)
