"""The convolutional decoder, in an autoencoder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from jnn_studio.jacobian import jacobian
from jnn_studio.models.autoencoder import MODEL, build
from jnn_studio.models.config import AutoencoderConfig
from jnn_studio.models.weights import load_model, save_model
from jnn_studio.penalty import NuclearNormPenalty

SMALL = AutoencoderConfig(
    size=16,
    dct=8,
    hidden=24,
    latent=6,
    decoder="convolutional",
    decoder_hidden=10,
    decoder_channels=3,
)


@pytest.mark.parametrize(("channels", "size"), [(1, 16), (3, 48)])
def test_latents_become_pixels(channels: int, size: int) -> None:
    model = build(SMALL.model_copy(update={"channels": channels, "size": size}), seed=0)

    assert model.decode(torch.zeros(2, 6)).shape == (2, channels, size, size)
    assert model(torch.rand(2, channels, size, size)).shape == (2, channels, size, size)


def test_its_penalty_is_exact_and_that_of_full_jacobians() -> None:
    decoder = build(SMALL, seed=0).decoder.double()
    latents = torch.randn(2, 6, dtype=torch.float64)
    penalty = NuclearNormPenalty()

    value = penalty(decoder, latents)

    assert repr(penalty).count("closed_form (exact") == len(decoder) == 5
    expected = torch.zeros((), dtype=torch.float64)
    x = latents
    for factor in decoder:
        expected = expected + jacobian(factor, x).flatten(1).square().sum() / len(x)
        x = factor(x)
    torch.testing.assert_close(value, expected / 5)


def test_a_refinement_may_follow_it() -> None:
    plain = build(SMALL, seed=0)
    refined = build(SMALL.model_copy(update={"refinement": 2}), seed=0)
    latents = torch.randn(2, 6)

    # A fresh refinement is the identity.
    torch.testing.assert_close(refined.decode(latents), plain.decode(latents), rtol=0, atol=0)


@pytest.mark.parametrize("shrink", [2, 4])
def test_a_preview_is_the_picture_averaged(shrink: int) -> None:
    model = build(SMALL, seed=0)
    latents = torch.randn(2, 6)

    cells = model.decode(latents).unfold(2, shrink, shrink).unfold(3, shrink, shrink)
    torch.testing.assert_close(model.decode_coarse(latents, shrink), cells.mean((-2, -1)))
    with pytest.raises(ValueError, match="cannot be shrunk 3 times"):
        model.decode_coarse(latents, 3)


def test_written_and_read_it_computes_the_same(tmp_path: Path) -> None:
    model = build(SMALL, seed=1)
    latents = torch.randn(2, 6)

    save_model(tmp_path / "model.safetensors", model, "small")
    loaded = load_model(tmp_path / "model.safetensors").model

    assert loaded.config == SMALL
    torch.testing.assert_close(loaded.decode(latents), model.decode(latents))
    copy = MODEL.from_tensors(SMALL, model.state_dict())
    torch.testing.assert_close(copy.decode(latents), model.decode(latents))
