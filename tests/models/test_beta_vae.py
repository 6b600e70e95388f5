"""The β-VAE: what the paper describes, with an encoder that can be differentiated image by image."""

from __future__ import annotations

import itertools

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.distributions import Normal, kl_divergence

from jnn_studio.jacobian import jacobian_svd
from jnn_studio.models.beta_vae import MODEL, BetaVAE, axis_divergence, build
from jnn_studio.models.config import BetaVAEConfig

CONFIG = BetaVAEConfig(size=32, latent=5, widths=(4, 6, 8, 10, 12))


@pytest.fixture
def model() -> BetaVAE:
    """Freshly initialised, with running statistics that are not the initial ones."""
    model = build(CONFIG, seed=0)
    model.posterior(torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(1)))
    model.decoder(torch.randn(16, 5, generator=torch.Generator().manual_seed(2)))
    return model.eval().requires_grad_(False)


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(3))


def test_the_default_is_the_papers_network() -> None:
    model = build(BetaVAEConfig(), seed=0)

    convolutions = [
        (type(m).__name__, m.in_channels, m.out_channels)
        for m in model.modules()
        if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))
    ]
    widths = [3, 32, 64, 128, 256, 512]
    down = [("Conv2d", a, b) for a, b in itertools.pairwise(widths)]
    up = [("ConvTranspose2d", b, a) for a, b in reversed(list(itertools.pairwise(widths[1:])))]
    assert convolutions == [*down, *up, ("ConvTranspose2d", 32, 32), ("Conv2d", 32, 3)]
    assert sum(isinstance(m, nn.BatchNorm2d) for m in model.modules()) == 10
    linear = [(m.in_features, m.out_features) for m in model.modules() if isinstance(m, nn.Linear)]
    assert linear == [(2048, 32), (2048, 32), (32, 2048)]


def test_images_become_latents_and_images_in_the_unit_range_again(
    model: BetaVAE, images: torch.Tensor
) -> None:
    latents = model.encode(images)
    assert latents.shape == (3, 5)
    torch.testing.assert_close(latents, model.encoder(model.encoder_input(images)))
    torch.testing.assert_close(latents, model.posterior(images)[0])

    far = model.decode(100 * latents)
    assert far.shape == images.shape
    assert far.min() >= 0
    assert far.max() <= 1
    torch.testing.assert_close(model(images), model.decode(latents))


@pytest.mark.parametrize("shrink", [2, 4])
def test_a_shrunk_image_is_the_mean_of_blocks_of_pixels(model: BetaVAE, shrink: int) -> None:
    latents = torch.randn(2, 5, generator=torch.Generator().manual_seed(4))

    small = model.decode_coarse(latents, shrink)

    side = 32 // shrink
    blocks = model.decode(latents).reshape(2, 3, side, shrink, side, shrink).mean((3, 5))
    torch.testing.assert_close(small, blocks)


def test_every_image_is_encoded_on_its_own(model: BetaVAE, images: torch.Tensor) -> None:
    alone = torch.cat([model.encode(image[None]) for image in images])

    torch.testing.assert_close(model.encode(images), alone, rtol=1e-4, atol=1e-6)


def test_its_jacobians_have_singular_values(model: BetaVAE, images: torch.Tensor) -> None:
    found = jacobian_svd(model.encoder, images)
    full = torch.func.vmap(torch.func.jacrev(lambda x: model.encoder(x[None])[0].flatten()))(images)
    torch.testing.assert_close(found.sigma, torch.linalg.svdvals(full.flatten(2)), rtol=1e-4, atol=1e-6)

    latents = model.encode(images)
    pushed = jacobian_svd(model.decode, latents, k=2)
    full = torch.func.vmap(torch.func.jacfwd(lambda z: model.decode(z[None])[0].flatten()))(latents)
    torch.testing.assert_close(pushed.sigma, torch.linalg.svdvals(full)[:, :2], rtol=1e-4, atol=1e-6)


def test_the_divergence_of_an_axis_is_that_of_two_normal_distributions() -> None:
    generator = torch.Generator().manual_seed(5)
    mean, log_variance = torch.randn(2, 4, 6, generator=generator, dtype=torch.float64)

    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))

    torch.testing.assert_close(axis_divergence(mean, log_variance), expected)


def test_the_same_seed_gives_the_same_weights_and_leaves_others_randomness_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, second = build(CONFIG, 1), build(CONFIG, 1)

    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)
    assert all(torch.equal(p, q) for p, q in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first.decoder.spread.weight, build(CONFIG, 2).decoder.spread.weight)


def test_a_network_made_of_tensors_computes_the_same(model: BetaVAE, images: torch.Tensor) -> None:
    copy = MODEL.from_tensors(CONFIG, model.state_dict())

    assert not copy.training
    assert not any(p.requires_grad for p in copy.parameters())
    torch.testing.assert_close(copy(images), model(images), rtol=0, atol=0)


@pytest.mark.parametrize(
    "setting", [{"size": 48}, {"size": 16}, {"widths": (4, 8)}, {"latent": 0}, {"dct": 4}]
)
def test_sizes_it_cannot_have_are_refused(setting: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BetaVAEConfig.model_validate(setting)
