"""The paper's autoencoder and its refinement."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from jnn_studio.jacobian import jacobian
from jnn_studio.models.autoencoder import MODEL, Autoencoder, build
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.dct import dct_matrix
from jnn_studio.models.refinement import Refinement
from jnn_studio.penalty import Composition

SMALL = AutoencoderConfig(size=16, dct=8, hidden=24, latent=6)


def same_weights(a: Autoencoder, b: Autoencoder) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("refinement", [0, 4])
def test_shapes(channels: int, refinement: int) -> None:
    model = build(SMALL.model_copy(update={"channels": channels, "refinement": refinement}), seed=0)
    images = torch.rand(5, channels, 16, 16)

    assert model.encode(images).shape == (5, 6)
    assert model.decode(torch.zeros(5, 6)).shape == images.shape
    assert model(images).shape == images.shape
    assert model.dct.features == model.config.features == channels * 64


def test_its_compositions_are_what_a_forward_pass_goes_through() -> None:
    model = build(SMALL.model_copy(update={"refinement": 4}), seed=0)
    images = torch.rand(3, 3, 16, 16)
    encoder, decoder = model.encoder, model.decoder

    assert isinstance(encoder, Composition)
    assert isinstance(decoder, Composition)
    latent = encoder.trace(model.dct(images)).output
    by_hand = model.render(decoder.trace(latent).output)
    torch.testing.assert_close(by_hand, model(images), rtol=0, atol=0)


def test_each_composition_is_cut_after_its_nonlinearity() -> None:
    model = build(SMALL, seed=0)

    for composition, (inputs, outputs) in zip(
        (model.encoder, model.decoder), [(192, 6), (6, 192)], strict=True
    ):
        h, g = composition
        assert h(torch.zeros(1, inputs)).shape == (1, 24)
        assert g(torch.zeros(1, 24)).shape == (1, outputs)
        # g is affine: its Jacobian is the same everywhere. h is not.
        there, elsewhere = torch.zeros(1, 24), torch.full((1, 24), 3.0)
        torch.testing.assert_close(jacobian(g, there), jacobian(g, elsewhere))
        there, elsewhere = torch.zeros(1, inputs), torch.full((1, inputs), 3.0)
        assert not torch.allclose(jacobian(h, there), jacobian(h, elsewhere))


def test_the_same_seed_gives_the_same_weights() -> None:
    assert same_weights(build(SMALL, seed=3), build(SMALL, seed=3))
    assert not same_weights(build(SMALL, seed=3), build(SMALL, seed=4))


def test_building_leaves_everybody_elses_randomness_alone() -> None:
    torch.manual_seed(5)
    undisturbed = torch.rand(3)

    torch.manual_seed(5)
    build(SMALL, seed=0)

    torch.testing.assert_close(torch.rand(3), undisturbed, rtol=0, atol=0)


def test_a_fresh_refinement_is_the_identity_and_learns_all_the_same() -> None:
    refinement = Refinement(channels=3, width=4)
    images = torch.rand(2, 3, 16, 16)

    refined = refinement(images)

    torch.testing.assert_close(refined, images, rtol=0, atol=0)
    (refined - 1).square().sum().backward()
    assert refinement.tail.weight.grad is not None
    assert refinement.tail.weight.grad.abs().sum() > 0


def test_a_trained_refinement_uses_every_one_of_its_layers() -> None:
    torch.manual_seed(0)
    refinement = Refinement(channels=1, width=2)
    torch.nn.init.normal_(refinement.tail.weight)

    refinement(torch.rand(2, 1, 16, 16)).sum().backward()

    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in refinement.parameters())


def test_a_network_from_tensors_computes_the_same_and_asks_for_no_gradient() -> None:
    model = build(SMALL.model_copy(update={"refinement": 4}), seed=1)
    images = torch.rand(2, 3, 16, 16)

    copy = MODEL.from_tensors(model.config, model.state_dict())

    torch.testing.assert_close(copy(images), model(images), rtol=0, atol=0)
    assert not copy.training
    assert not any(p.requires_grad for p in copy.parameters())


def test_tensors_of_another_network_are_refused() -> None:
    tensors = build(SMALL, seed=0).state_dict()

    with pytest.raises(RuntimeError, match="size mismatch"):
        MODEL.from_tensors(SMALL.model_copy(update={"hidden": 25}), tensors)
    with pytest.raises(RuntimeError, match="Missing key"):
        MODEL.from_tensors(SMALL, {})


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"size": 24, "dct": 8, "decoder": "convolutional"}, "divisible by 16, got 24"),
        ({"decoder_channels": 0}, "greater than or equal to 1"),
        ({"size": 16, "dct": 17}, r"dct \(17\) cannot exceed the image size \(16\)"),
        ({"size": 20, "dct": 8, "refinement": 4}, "divisible by 8, got 20"),
        ({"channels": 2}, "Input should be 1 or 3"),
        ({"hidden": 0}, "greater than or equal to 1"),
        ({"hidden": 10**30}, "less than or equal to"),
        ({"depth": 3}, "Extra inputs"),
    ],
)
def test_sizes_that_fit_no_network_are_refused(settings: dict[str, int], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        AutoencoderConfig.model_validate(settings)


@pytest.mark.parametrize(("shrink", "kept"), [(2, 8), (4, 4)])
def test_a_preview_holds_the_low_frequencies_of_the_unrefined_picture(shrink: int, kept: int) -> None:
    model = build(SMALL, seed=0)
    latents = torch.randn(3, 6)

    with torch.no_grad():
        preview = model.decode_coarse(latents, shrink)
        full = model.decode(latents)

    # The same cosines, sampled in the middle of larger pixels.
    whole = torch.from_numpy(dct_matrix(16, kept)).float()
    small = torch.from_numpy(dct_matrix(16 // shrink, kept)).float() / shrink**0.5
    expected = small.T @ (whole @ full @ whole.T) @ small
    torch.testing.assert_close(preview, expected)
    brightness = preview.mean((1, 2, 3)) - full.mean((1, 2, 3))
    assert brightness.abs().max() < 1e-5


def test_a_preview_is_not_refined_and_fits_the_picture() -> None:
    plain = build(SMALL, seed=0)
    refined = build(SMALL.model_copy(update={"refinement": 4}), seed=0)
    for mine, theirs in zip(refined.decoder.parameters(), plain.decoder.parameters(), strict=True):
        mine.data.copy_(theirs)
    assert refined.refinement is not None
    torch.nn.init.normal_(refined.refinement.tail.weight)
    latents = torch.randn(2, 6)

    torch.testing.assert_close(refined.decode_coarse(latents, 2), plain.decode_coarse(latents, 2))
    with pytest.raises(ValueError, match="cannot be shrunk 3 times"):
        plain.decode_coarse(latents, 3)
