"""Directions of three kinds, and what they do to the picture, against full Jacobians in double precision."""

from __future__ import annotations

import types
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
import scipy.linalg
import torch
from torch import Tensor, nn

from jnn_studio.explore.columns.open_models import BUNDLED, open_models
from jnn_studio.explore.directions.averaged import average_directions
from jnn_studio.explore.directions.choice import DirectionChoice
from jnn_studio.explore.directions.direction_fields import DirectionField
from jnn_studio.explore.region import Region
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.jacobian.masked import DAMPING
from jnn_studio.models.autoencoder import Autoencoder, build
from jnn_studio.models.beta_vae import BetaVAE
from jnn_studio.models.beta_vae import build as build_beta_vae
from jnn_studio.models.config import AutoencoderConfig, BetaVAEConfig, CorrectedPCAConfig
from jnn_studio.models.corrected_pca import CorrectedPCA
from jnn_studio.models.corrected_pca import build as build_corrected_pca
from jnn_studio.models.latent_model import AffineDecoding, DecodesCoarser, affine_decoding, has_latent
from jnn_studio.models.portable.saving import save_portable
from jnn_studio.models.weights import load_model

from ..small_models import Handmade, tiny_autoencoder, walker_of

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


def tiny_corrected_pca() -> CorrectedPCA:
    config = CorrectedPCAConfig(channels=1, size=8, components=12, latent=4, hidden=9)
    model = build_corrected_pca(config, 1).double()
    generator = torch.Generator().manual_seed(1)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data += 0.2 * torch.randn(weight.shape, generator=generator, dtype=torch.float64)
    return model.eval().requires_grad_(False)


MODELS = {
    "plain": partial(tiny_autoencoder, 1),
    "refined": partial(tiny_autoencoder, 1, 2),
    "convolutional": tiny_convolutional,
    "beta-vae": tiny_beta_vae,
    "corrected-pca": tiny_corrected_pca,
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Autoencoder | BetaVAE | CorrectedPCA:
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


def test_what_a_model_says_of_its_decoding_is_true(model: Autoencoder | BetaVAE) -> None:
    decoding = affine_decoding(model)
    if decoding is None:
        assert isinstance(model, Autoencoder)
        assert model.refinement is not None
        return
    output = decoding.decoder(LATENT.unsqueeze(0))
    picture = decoding.render(output)
    torch.testing.assert_close(picture, model.decode(LATENT.unsqueeze(0)))
    one, other = torch.randn(2, *output.shape, dtype=output.dtype)
    difference = decoding.render(one) - decoding.render(other)
    torch.testing.assert_close(decoding.render(one + output) - decoding.render(other + output), difference)
    if decoding.linear:
        assert not decoding.render(torch.zeros_like(output)).any()
    if decoding.isometric:
        torch.testing.assert_close(difference.norm(), (one - other).norm())
    if decoding.undone:
        torch.testing.assert_close(model.encoder_input(picture), output)


@pytest.mark.parametrize(
    ("name", "said"),
    [("plain", (True, True, True)), ("convolutional", (True, True, False)), ("beta-vae", (False,) * 3)],
)
def test_and_it_says_all_there_is_to_say(name: str, said: tuple[bool, bool, bool]) -> None:
    decoding = affine_decoding(MODELS[name]())

    assert decoding is not None
    assert (decoding.linear, decoding.isometric, decoding.undone) == said


@pytest.mark.parametrize("name", BUNDLED)
def test_no_bundled_model_goes_the_long_way(name: str) -> None:
    (loaded,) = open_models(name)
    model = loaded.model
    field, latent = DirectionField(model), torch.zeros(model.config.latent)
    two_layers = isinstance(model, Autoencoder) and model.config.decoder == "mirrored"

    assert field.at_latent("decoder", latent).method == "gram"
    assert (field._layers is None) is two_layers
    assert (field._decoder_side is not None) is two_layers
    assert (field._encoder_after_decoder is not None) is two_layers
    assert (field._encoder_side is not None) is isinstance(model, Autoencoder)
    assert isinstance(model, DecodesCoarser)


def test_a_model_that_offers_nothing_more_is_walked_all_the_same() -> None:
    torch.manual_seed(3)
    decoder = nn.Sequential(nn.Linear(4, 9), nn.Tanh(), nn.Linear(9, 64), nn.Sigmoid())
    model = Handmade(nn.Linear(64, 4).double(), decoder.double(), 4, 8).requires_grad_(False)
    field = DirectionField(model)
    vectors = torch.linalg.qr(torch.randn(4, 3, dtype=torch.float64))[0]

    picture, push = field.picture_and_push(LATENT, vectors)

    assert has_latent(model)
    assert field._layers is None
    assert field._decoder_side is None
    torch.testing.assert_close(picture, model.decode(LATENT.unsqueeze(0))[0])
    torch.testing.assert_close(push, (full(model.decode, LATENT) @ vectors).T)
    walker = walker_of(model)
    place = walker.place(torch.rand(1, 8, 8, dtype=torch.float64), 3)
    whole, coarse = (walker.straight(place, [0.02, 0.0, 0.01], shrink) for shrink in (1, 2))
    assert whole.rms > 0
    assert coarse.image.shape == (8, 8, 3)  # without a coarser picture it shows the one it has
    assert coarse.rms == whole.rms


class Offering(Handmade):
    """A model of one's own that says how its pictures are made."""

    def decode(self, latents: Tensor) -> Tensor:
        return self.affine_decoding.render(self._decode(latents))

    @property
    def affine_decoding(self) -> AffineDecoding:
        return AffineDecoding(self._decode, lambda y: 1 - 0.5 * y.reshape(-1, 1, 8, 8))


def test_one_that_says_how_its_pictures_are_made_runs_its_layers_once() -> None:
    torch.manual_seed(3)
    decoder = nn.Sequential(nn.Linear(4, 9), nn.Tanh(), nn.Linear(9, 64))
    model = Offering(nn.Linear(64, 4).double(), decoder.double(), 4, 8).requires_grad_(False)
    field = DirectionField(model)

    found = field.at_latent("decoder", LATENT)
    picture, push = field.picture_and_push(LATENT, found.vectors)

    assert found.method == "gram"
    assert field._layers is not None
    assert field._decoder_side is None  # half the picture has half the singular values: no isometry
    jacobian = full(model.decode, LATENT)
    torch.testing.assert_close(found.sigma, torch.linalg.svdvals(jacobian))
    torch.testing.assert_close(picture, model.decode(LATENT.unsqueeze(0))[0])
    torch.testing.assert_close(push, (jacobian @ found.vectors).T)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize(
    "region",
    [
        Region(left=0.2, top=0.3, right=0.7, bottom=0.6),
        Region(left=0, top=0, right=0.2, bottom=0.2),
        Region(left=0, top=0.1, right=1, bottom=1),
    ],
    ids=["middle", "corner", "most"],
)
def test_of_a_region_they_are_those_of_the_full_jacobian(kind: str, region: Region) -> None:
    model = MODELS[kind]()
    size = model.config.size
    found = DirectionField(model).in_region(region, LATENT)

    j = full(model.decode, LATENT)
    left, top, right, bottom = region.box(size, size)
    mask = torch.zeros(model.config.channels, size, size, dtype=torch.bool)
    mask[:, top:bottom, left:right] = True
    inside = j[mask.flatten()]
    whole = j.T @ j
    metric = whole + DAMPING * torch.linalg.eigvalsh(whole)[-1] * torch.eye(4, dtype=j.dtype)
    values, vectors = scipy.linalg.eigh((inside.T @ inside).numpy(), metric.numpy())
    known = min(4, len(inside))
    torch.testing.assert_close(
        found.sigma[:known].square(), torch.from_numpy(values[::-1].copy())[:known], rtol=1e-6, atol=1e-9
    )
    expected = torch.from_numpy(vectors[:, ::-1].copy())
    same_up_to_sign(found.vectors[:, :known], (expected / expected.norm(dim=0))[:, :known])
    share = (inside @ found.vectors).square().sum(0) / (j @ found.vectors).square().sum(0)
    torch.testing.assert_close(found.inside, share)


def test_somebody_elses_model_has_all_kinds_of_directions(tmp_path: Path) -> None:
    """Of which nothing is known but what it computes."""
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Conv2d(1, 3, 3, 2, 1), nn.Tanh(), nn.Flatten(), nn.Linear(48, 4))
    decoder = nn.Sequential(
        nn.Linear(4, 48), nn.Tanh(), nn.Unflatten(1, (3, 4, 4)), nn.ConvTranspose2d(3, 1, 2, 2), nn.Sigmoid()
    )
    save_portable(tmp_path / "theirs.jnnmodel", encoder, decoder, torch.rand(2, 1, 8, 8), name="theirs")
    loaded, image = load_model(tmp_path / "theirs.jnnmodel"), torch.rand(1, 8, 8)
    region, walker = Region(left=0.25, top=0.25, right=0.75, bottom=0.75), Walker(loaded)

    place = walker.with_choice(DirectionChoice(region=region)).place(image, 4)
    j = full(loaded.model.decode, place.latent)
    inside = region.inside((1, 8, 8))
    change = (j @ place.directions).square()
    torch.testing.assert_close(torch.from_numpy(place.inside), change[inside].sum(0) / change.sum(0))
    assert place.grouping is not None
    assert place.grouping.find()

    averaged = average_directions(loaded, "decoder", _Random())
    there = walker.with_choice(DirectionChoice("decoder", averaged)).place(image, 4)
    torch.testing.assert_close(torch.from_numpy(there.sigma), (j @ there.directions).norm(dim=0))


class _Random:
    name, key, image_shape = "random", "random", (1, 8, 8)

    def __len__(self) -> int:
        return 5

    def images(self, indices: Sequence[int], device: str = "cpu") -> Tensor:
        return torch.rand(len(indices), 1, 8, 8, generator=torch.Generator().manual_seed(indices[0]))


def test_of_another_latent_the_region_is_not_that_of_the_last() -> None:
    field, region = DirectionField(tiny_autoencoder(1)), Region(left=0, top=0, right=0.5, bottom=0.5)
    first = field.in_region(region, LATENT)
    other = field.in_region(region, 2 * LATENT)
    assert not torch.allclose(first.sigma, other.sigma)
    torch.testing.assert_close(field.in_region(region, LATENT.clone()).sigma, first.sigma)


class Wild(nn.Module):
    """Decoders of layers that torch's forward mode does not get through as they are."""

    config = types.SimpleNamespace(channels=1, size=4, latent=6)

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return self.decoder(latents)


class Sampled(nn.Module):
    """`grid_sample` has no forward mode."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        grid = 0.3 * z[:, :2].reshape(-1, 1, 1, 2) + torch.zeros(1, 4, 4, 2)
        images = z[:, 2:].reshape(-1, 1, 2, 2)
        return nn.functional.grid_sample(images, grid, align_corners=True)


@pytest.mark.parametrize("decoder", ["transformer", "sampled"])
def test_push_forwards_of_any_decoder_are_right(decoder: str) -> None:
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(3, 1, 8, 0.0, batch_first=True)
    transformer = nn.Sequential(
        nn.Unflatten(1, (2, 3)), layer, nn.Flatten(), nn.Linear(6, 16), nn.Unflatten(1, (1, 4, 4))
    )
    model = Wild(transformer if decoder == "transformer" else Sampled()).eval().requires_grad_(False)
    latent = torch.randn(6)
    picture, push = DirectionField(model).picture_and_push(latent, torch.eye(6))
    torch.testing.assert_close(picture, model.decode(latent[None])[0], rtol=1e-4, atol=1e-5)
    jacobian = torch.autograd.functional.jacobian(lambda z: model.train().decode(z[None]).flatten(), latent)
    torch.testing.assert_close(push, jacobian.T, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("region", [None, Region(left=0.2, top=0.3, right=0.7, bottom=0.6)])
def test_forms_tell_directions_and_the_speed_of_what_is_seen(
    model: Autoencoder | BetaVAE, region: Region | None
) -> None:
    choice, field = DirectionChoice("decoder", region=region), DirectionField(model)

    forms = choice.forms(field, LATENT, 4)

    expected, found = choice.at_latent(field, LATENT), choice.of_forms(field, forms, LATENT)
    torch.testing.assert_close(found.sigma, expected.sigma)
    same_up_to_sign(found.vectors[:, :2], expected.vectors[:, :2])
    torch.testing.assert_close(forms.speed, speed_seen(model, LATENT))


def test_of_an_encoder_they_tell_the_speed_along_its_directions(model: Autoencoder | BetaVAE) -> None:
    choice, field = DirectionChoice("encoder"), DirectionField(model)

    forms = choice.forms(field, LATENT, 2)

    expected = choice.at_latent(field, LATENT)
    torch.testing.assert_close(choice.of_forms(field, forms, LATENT).sigma, expected.sigma)
    first = expected.vectors[:, :2]
    torch.testing.assert_close(first.T @ forms.speed @ first, first.T @ speed_seen(model, LATENT) @ first)


def speed_seen(model: Autoencoder | BetaVAE, latent: Tensor) -> Tensor:
    """JᵀJ per value of the picture, clipped values not counted."""
    picture = model.decode(latent.unsqueeze(0)).flatten()
    seen = full(model.decode, latent)[(picture > 0) & (picture < 1)]
    return seen.T @ seen / len(picture)


def wide_convolutional(gain: float) -> Autoencoder:
    """Whose first layer lets the last 12 of 20 latent axes through by a factor ``gain``."""
    config = AutoencoderConfig(
        channels=1, size=16, dct=4, hidden=12, latent=20, decoder="convolutional", decoder_hidden=30,
        decoder_channels=8,
    )  # fmt: skip
    model = build(config, 1).double().eval().requires_grad_(False)
    model.decoder[0][0].weight[:, 8:] *= gain
    return model


@pytest.mark.parametrize("gain", [1.0, 1e-4])
def test_what_the_first_layers_let_through_is_enough_to_tell_them(gain: float) -> None:
    model = wide_convolutional(gain)
    field, latent = DirectionField(model), torch.linspace(-1, 1, 20, dtype=torch.float64)

    assert field._layers is not None
    _, columns, basis = field._layers.picture_and_leading(latent)
    found = field.of_forms(None, field.forms(None, latent), latent)

    assert (basis.shape[1] < 20) is (gain < 1)
    torch.testing.assert_close(columns, (full(model.decode, latent) @ basis).T)
    _, sigma, vh = torch.linalg.svd(full(model.decode, latent), full_matrices=False)
    torch.testing.assert_close(found.sigma[:8], sigma[:8], rtol=1e-6, atol=0)
    angles = (found.vectors[:, :8] * vh[:8].T).sum(0).abs().clamp(max=1).acos()
    assert float(angles.max()) < 1e-3


def test_those_near_by_become_those_here_but_for_an_error_of_second_order() -> None:
    model = wide_convolutional(1.0)
    field, here = DirectionField(model), torch.linspace(-1, 1, 20, dtype=torch.float64)
    _, sigma, _ = torch.linalg.svd(full(model.decode, here), full_matrices=False)
    errors = []
    for away in (0.02, 0.01):
        near = field.at_latent("decoder", here + away)
        found = field.of_decoder_near(here, near, 6)
        assert found.pushes is not None
        torch.testing.assert_close(found.pushes, (full(model.decode, here) @ found.vectors[:, :6]).T)
        assert float((near.sigma[0] - sigma[0]).abs()) > 100 * float((found.sigma[0] - sigma[0]).abs())
        errors.append(float(sigma[0] - found.sigma[0]))
    assert 0 < 3 * errors[1] < errors[0]
