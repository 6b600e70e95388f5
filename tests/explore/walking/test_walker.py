"""A model at an image, and the directions that lead away from it."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import to_uint8
from jnn_studio.explore.columns.open_models import open_models
from jnn_studio.explore.state import DirectionKind
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.jacobian import effective_rank, jacobian
from jnn_studio.models.autoencoder import Autoencoder, build
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.weights import LoadedModel


@pytest.fixture
def loaded(trained: Path) -> LoadedModel:
    return open_models(trained)[1]


@pytest.fixture
def model(loaded: LoadedModel) -> Autoencoder:
    assert isinstance(loaded.model, Autoencoder)
    return loaded.model


def walker_of(model: Autoencoder, kind: DirectionKind = "encoder", limit: float = 0.2) -> Walker:
    return Walker(LoadedModel(model, "it", {}), kind, limit)


@pytest.fixture
def image() -> Tensor:
    return FaceSource(3, 16, seed=9).images([2])[0]


def dense_svd(model: Autoencoder, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    double = copy.deepcopy(model).double()
    with torch.no_grad():
        j = jacobian(double.encoder, double.dct(image.unsqueeze(0).double()))[0]
    return torch.linalg.svd(j, full_matrices=False)


def test_directions_are_the_left_singular_vectors_of_the_encoders_jacobian(
    model: Autoencoder, image: Tensor
) -> None:
    place = walker_of(model).place(image, 5)
    u, sigma, _ = dense_svd(model, image)

    assert place.directions.shape == (8, 5)
    for d in range(5):
        assert abs(float(place.directions[:, d].double() @ u[:, d])) == pytest.approx(1, abs=1e-3)
    np.testing.assert_allclose(place.sigma, sigma, rtol=1e-4, atol=1e-5 * float(sigma[0]))
    assert place.effective_rank == pytest.approx(float(effective_rank(sigma)), rel=1e-3)


def test_directions_of_the_coefficients_are_those_of_the_pixels(model: Autoencoder, image: Tensor) -> None:
    place = walker_of(model).place(image, 3)
    with torch.no_grad():
        in_pixels = jacobian(model.encode, image.unsqueeze(0))[0]
    u, sigma, _ = torch.linalg.svd(in_pixels, full_matrices=False)

    np.testing.assert_allclose(place.sigma, sigma[:8], rtol=1e-3, atol=1e-4 * float(sigma[0]))
    for d in range(3):
        assert abs(float(place.directions[:, d] @ u[:, d])) == pytest.approx(1, abs=1e-3)


def test_a_direction_brightens_the_image(model: Autoencoder, image: Tensor) -> None:
    place = walker_of(model).place(image, 4)
    latents = place.latent + 1e-3 * place.directions.T
    with torch.no_grad():
        change = model.decode(latents) - model.decode(place.latent.unsqueeze(0))

    assert (change.flatten(1).sum(1) >= -1e-4 * change.flatten(1).abs().sum(1)).all()


def test_signs_are_kept_when_the_weights_change(model: Autoencoder, image: Tensor) -> None:
    before = walker_of(model).place(image, 4)
    turned = replace(before, push=-before.push, directions=-before.directions)
    trained_on = copy.deepcopy(model)
    torch.manual_seed(0)
    for p in trained_on.parameters():
        p.add_(1e-3 * torch.randn_like(p) * p.abs().mean())

    after = walker_of(trained_on).place(image, 4, previous=before)
    after_turned = walker_of(trained_on).place(image, 4, previous=turned)

    assert torch.nn.functional.cosine_similarity(after.push, before.push).min() > 0.9
    assert ((after.directions * before.directions).sum(0) > 0.9).all()
    torch.testing.assert_close(after_turned.directions, -after.directions)
    torch.testing.assert_close(after_turned.push, -after.push)


def test_a_place_with_another_number_of_directions_is_no_hindrance(model: Autoencoder, image: Tensor) -> None:
    walker = walker_of(model)

    place = walker.place(image, 6, previous=walker.place(image, 3))

    torch.testing.assert_close(place.directions, walker.place(image, 6).directions)


def test_no_more_directions_than_the_latent_has(model: Autoencoder, image: Tensor) -> None:
    assert walker_of(model).place(image, 100).directions.shape == (8, 8)


def test_its_reconstruction_is_the_models(model: Autoencoder, image: Tensor) -> None:
    place = walker_of(model).place(image, 2)
    with torch.no_grad():
        expected = model(image.unsqueeze(0)).clamp(0, 1)[0]

    np.testing.assert_array_equal(place.reconstruction, to_uint8(expected))
    error = float((expected - image).square().mean())
    assert place.psnr == pytest.approx(-10 * np.log10(error), abs=1e-3)


def test_no_amount_leaves_the_reconstruction_to_the_last_bit(model: Autoencoder, image: Tensor) -> None:
    walker = walker_of(model)
    place = walker.place(image, 3)

    moved = [walker.straight(place, []), walker.straight(place, [0.0] * 3), *walker.strip(place, 1, [0.0])]

    for there in moved:
        assert there.rms == 0
        np.testing.assert_array_equal(there.image, place.reconstruction)


def test_a_walk_goes_along_the_direction_by_the_calibrated_distance(
    model: Autoencoder, image: Tensor
) -> None:
    walker = walker_of(model)
    place = walker.place(image, 3)
    latent = place.latent.clone()
    for d, amount in enumerate((0.03, 0.0, -0.08)):
        latent += place.calibration.distance(d, amount) * place.directions[:, d]

    moved = walker.straight(place, [0.03, 0.0, -0.08])

    with torch.no_grad():
        expected = model.decode(latent.unsqueeze(0)).clamp(0, 1)[0]
        start = model.decode(place.latent.unsqueeze(0)).clamp(0, 1)[0]
    np.testing.assert_array_equal(moved.image, to_uint8(expected))
    assert moved.rms == pytest.approx(float((expected - start).square().mean().sqrt()), rel=1e-5)


def test_a_strip_is_one_walk_for_each_amount(model: Autoencoder, image: Tensor) -> None:
    walker = walker_of(model)
    place = walker.place(image, 3)

    strip = walker.strip(place, 2, [-0.1, 0.0, 0.1])

    assert len(strip) == 3
    for there, amount in zip(strip, (-0.1, 0.0, 0.1), strict=True):
        alone = walker.straight(place, [0.0, 0.0, amount])
        assert np.abs(there.image.astype(int) - alone.image).max() <= 1  # another batch, another rounding
        assert there.rms == pytest.approx(alone.rms, abs=1e-5)


def test_walking_leaves_no_gradients_behind(model: Autoencoder, image: Tensor) -> None:
    place = walker_of(model).place(image, 2)

    assert not place.latent.requires_grad
    assert not place.directions.requires_grad


def test_grey_images_are_shown_in_three_equal_channels() -> None:
    model = build(AutoencoderConfig(channels=1, size=16, dct=8, hidden=12, latent=4), 0)
    model.eval().requires_grad_(False)
    walker = walker_of(model)
    place = walker.place(torch.rand(1, 16, 16), 2)

    for shown in (place.reconstruction, walker.straight(place, [0.1]).image):
        assert shown.shape == (16, 16, 3)
        assert shown.dtype == np.uint8
        assert (shown == shown[:, :, :1]).all()


def test_a_latent_led_to_is_a_place_of_its_own(model: Autoencoder, image: Tensor) -> None:
    latent = torch.linspace(-1, 1, 8)
    walker = walker_of(model)

    place = walker.place(image, 3, latent=latent)

    with torch.no_grad():
        decoded = model.decode(latent.unsqueeze(0))[0]
    there = walker.place(decoded, 3)
    torch.testing.assert_close((place.directions * there.directions).sum(0).abs(), torch.ones(3))
    np.testing.assert_allclose(place.sigma, there.sigma, rtol=1e-4)
    torch.testing.assert_close(place.latent, latent)
    torch.testing.assert_close(place.start, decoded.clamp(0, 1))
    assert place.psnr is None


def test_a_place_in_another_order_leads_to_the_same_pictures(model: Autoencoder, image: Tensor) -> None:
    walker = walker_of(model)
    place = walker.place(image, 4)

    other = place.reordered((2, 0, 3), (-1.0, 1.0, 1.0))

    assert list(other.sigma[:3]) == list(place.sigma[[2, 0, 3]])
    assert sorted(other.sigma) == sorted(place.sigma)
    torch.testing.assert_close(other.push[0], -place.push[2])
    there = walker.straight(other, [0.05, -0.02, 0.0])
    same = walker.straight(place, [-0.02, 0.0, -0.05, 0.0])
    torch.testing.assert_close(there.latent, same.latent)


def test_between_two_images_lies_a_straight_line(model: Autoencoder, image: Tensor) -> None:
    walker = walker_of(model)
    place = walker.place(image, 2)
    moved = walker.straight(place, [0.05])
    other = walker.latent_of(1 - image)

    half = walker.between(moved, other, 0.25, place)

    torch.testing.assert_close(half.latent, 0.75 * moved.latent + 0.25 * other)
    assert (walker.between(moved, other, 0.0, place).image == moved.image).all()
    torch.testing.assert_close(walker.between(moved, other, 1.0, place).latent, other)


def test_a_preview_is_small_and_changes_by_as_much(model: Autoencoder, image: Tensor) -> None:
    walker = walker_of(model)
    place = walker.place(image, 3)

    preview = walker.straight(place, [0.08, 0.0, 0.0], shrink=2)

    assert preview.image.shape == (8, 8, 3)
    assert preview.rms == pytest.approx(walker.straight(place, [0.08, 0.0, 0.0]).rms, rel=0.1)
    assert walker.straight(place, [0.0], shrink=2).rms < 1e-6
