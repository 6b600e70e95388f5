"""Somebody's modules as a model of the program: copied, tried, and left alone."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

from jnn_studio.explore.directions.direction_fields import DirectionField, DirectionsError
from jnn_studio.models.wrapped import WrapError, copied, pictures_of, wrap


class Watching(nn.Module):
    """Counts its own calls."""

    calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        type(self).calls += 1
        return x


@pytest.fixture
def pair() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.SiLU(), nn.Conv2d(4, 2, 1))
    decoder = nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(2, 3, 3, padding=1))
    return encoder.double(), decoder.double()


IMAGES = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_copies_compute_what_the_modules_do_and_those_stay_as_they_are(
    pair: tuple[nn.Module, nn.Module],
) -> None:
    encoder, decoder = pair
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    model = wrap(
        "mine", copied(encoder, "e"), copied(decoder, "d"), IMAGES, (0.5, (0.5, 0.4, 0.3)), lambda x: x / 2
    )

    assert encoder.training
    assert encoder[0].weight.dtype == torch.float64
    assert all(torch.equal(before[name], value) for name, value in encoder.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in encoder.parameters())
    assert (model.config.channels, model.config.size, model.config.latent) == (3, 8, 32)
    encoder.eval()
    given = (IMAGES.double() - 0.5) / torch.tensor([0.5, 0.4, 0.3]).reshape(3, 1, 1)
    latents = encoder(given)
    torch.testing.assert_close(model.encode(IMAGES).double(), latents.flatten(1), rtol=1e-5, atol=1e-6)
    pictures = model.decode(model.encode(IMAGES)).double()
    torch.testing.assert_close(pictures, decoder(latents) / 2, rtol=1e-5, atol=1e-6)


def test_one_scale_is_said_once_and_the_decoding_is_known_to_be_affine(
    pair: tuple[nn.Module, nn.Module],
) -> None:
    model = wrap("mine", copied(pair[0], "e"), copied(pair[1], "d"), IMAGES, (0.5, 0.25))
    latents = model.encode(IMAGES)
    torch.testing.assert_close(model.decode(latents), model.decoder(latents) * 0.25 + 0.5)
    assert model.affine_decoding is not None


def test_without_a_decoder_pictures_are_what_latents_tell_linearly() -> None:
    # Of images that are a linear function of four numbers, which the encoder finds, nothing is lost.
    torch.manual_seed(1)
    basis = torch.rand(4, 48)
    images = (torch.rand(64, 4) @ basis / 4).reshape(64, 3, 4, 4)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(48, 6))
    with torch.no_grad():
        encoder[1].weight[:4] = torch.linalg.pinv(basis).T
    model = wrap("mine", encoder, None, images)
    assert float((model(images) - images).abs().max()) < 1e-3


def test_a_decoder_alone_knows_what_it_made_of_what() -> None:
    torch.manual_seed(2)
    decoder = nn.Sequential(nn.Linear(5, 12), nn.Unflatten(1, (3, 2, 2)), nn.Sigmoid())
    latents = torch.randn(9, 5)
    images = pictures_of("gan", decoder, latents)
    model = wrap("gan", None, decoder, images, latents=latents)
    assert torch.equal(model.encode(images), latents)
    assert torch.equal(model.encode(images[3:4] + 1e-4), latents[3:4])
    with pytest.raises(DirectionsError, match="a decoder alone"):
        DirectionField(model).at_image("encoder", images[0], latents[0])


@pytest.mark.parametrize(
    ("encoder", "decoder", "words"),
    [
        (lambda x: x, nn.Identity(), "the encoder of 'mine' is a function; give an nn.Module"),
        (nn.Linear(5, 2), nn.Identity(), "the encoder of 'mine' cannot be computed: RuntimeError: mat1"),
        (nn.LSTM(8, 4), nn.Identity(), "the encoder of 'mine' cannot be computed"),
        (nn.Flatten(), nn.Linear(192, 191), "gives (1, 2, 191) where the images are (2, 3, 8, 8)"),
        (nn.Flatten(0), nn.Identity(), "it is to give one vector"),
        (nn.GRU(8, 8), nn.Identity(), "the encoder of 'mine'"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_is_accepted(
    encoder: nn.Module, decoder: nn.Module, words: str
) -> None:
    with pytest.raises(WrapError) as caught:
        wrap("mine", copied(encoder, "the encoder of 'mine'"), decoder, IMAGES)
    assert words in str(caught.value)


def test_what_cannot_be_copied_says_so() -> None:
    module = nn.Identity()
    module.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(WrapError, match=r"cannot be copied \(TypeError"):
        copied(module, "the encoder")
