"""Principal component analysis: linear both ways, its directions the principal components in their order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from jnn_studio.jacobian import jacobian_svd
from jnn_studio.models.latent_model import DecodesCoarser, affine_decoding, has_latent
from jnn_studio.models.pca import MODEL, PCA, PCAConfig, build
from jnn_studio.models.weights import load_model, save_model

CONFIG = PCAConfig(channels=3, size=8, latent=5)


@pytest.fixture
def model() -> PCA:
    """Of deviations that differ, in double precision."""
    model = build(CONFIG, seed=0)
    model.deviations.copy_(torch.tensor([4.0, 2.5, 1.0, 0.5, 0.25]))
    return model.double()


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_reconstructions_are_the_nearest_images_in_the_span_of_the_components(
    model: PCA, images: torch.Tensor
) -> None:
    left = (images - model(images)).flatten(1)

    torch.testing.assert_close(
        left @ model.components.T, torch.zeros(4, 5, dtype=torch.float64), rtol=0, atol=1e-6
    )
    torch.testing.assert_close(model(model(images)), model(images))


def test_latents_are_what_the_encoder_makes_of_its_input(model: PCA, images: torch.Tensor) -> None:
    torch.testing.assert_close(model.encode(images), model.encoder(model.encoder_input(images)))
    torch.testing.assert_close(model.encode(model.decode(model.encode(images))), model.encode(images))


def test_encoder_and_decoder_have_the_standard_deviations_as_singular_values_in_their_order(
    model: PCA, images: torch.Tensor
) -> None:
    encoder = jacobian_svd(model.encoder, model.encoder_input(images))
    decoder = jacobian_svd(model.decode, model.encode(images))

    axes = torch.eye(5, dtype=torch.float64).expand(4, 5, 5)
    for sigma, vectors in ((encoder.sigma, encoder.u), (decoder.sigma, decoder.vh.mT)):
        torch.testing.assert_close(sigma, model.deviations.expand(4, 5), rtol=1e-6, atol=0)
        torch.testing.assert_close(vectors.abs(), axes, rtol=0, atol=1e-6)
    torch.testing.assert_close((decoder.u.mT @ model.components.T).abs(), axes, rtol=0, atol=1e-6)


def test_what_comes_after_the_decoder_is_an_isometry(model: PCA, images: torch.Tensor) -> None:
    decoding = affine_decoding(model)
    assert decoding is not None
    latents = model.encode(images)
    scores = decoding.decoder(latents)

    torch.testing.assert_close(decoding.render(scores), model.decode(latents))
    distance = (decoding.render(scores[:1]) - decoding.render(scores[1:2])).norm()
    torch.testing.assert_close(distance, (scores[0] - scores[1]).norm())
    assert decoding.isometric
    assert not decoding.linear


def test_a_shrunk_image_is_the_mean_of_blocks_of_pixels(model: PCA) -> None:
    assert isinstance(model, DecodesCoarser)
    latents = torch.randn(2, 5, generator=torch.Generator().manual_seed(4), dtype=torch.float64)

    blocks = model.decode(latents).reshape(2, 3, 4, 2, 4, 2).mean((3, 5))
    torch.testing.assert_close(model.decode_coarse(latents, 2), blocks)


def test_fewer_components_are_the_first_ones(model: PCA, images: torch.Tensor) -> None:
    fewer = model.truncated(2)

    assert fewer.config.latent == 2
    torch.testing.assert_close(fewer.encode(images), model.encode(images)[:, :2])
    kept = model.encode(images) * torch.tensor([1, 1, 0, 0, 0])
    torch.testing.assert_close(fewer(images), model.decode(kept))


def test_it_travels_as_any_model(model: PCA, images: torch.Tensor, tmp_path: Path) -> None:
    path = tmp_path / "pca.safetensors"
    save_model(path, model, "PCA", {"images": "12"})
    loaded = load_model(path)

    assert has_latent(loaded.model)
    assert isinstance(loaded.model, PCA)
    assert loaded.model.config == CONFIG
    assert loaded.info == {"images": "12"}
    np.testing.assert_allclose(loaded.model(images.float()), model(images), atol=1e-5)


def test_there_are_no_more_components_than_colour_values() -> None:
    with pytest.raises(ValidationError, match="images of 16 values have no 17 components"):
        PCAConfig(channels=1, size=4, latent=17)


def test_a_new_one_is_the_same_for_the_same_seed() -> None:
    first, same, other = (MODEL.build(CONFIG, seed) for seed in (0, 0, 1))

    assert torch.equal(first.components, same.components)
    assert not torch.equal(first.components, other.components)
    torch.testing.assert_close(first.components @ first.components.T, torch.eye(5))
