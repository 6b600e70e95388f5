"""Anybody's encoder and decoder come back from a portable file as they were, derivatives and all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from jnn_studio.explore.state import Leg
from jnn_studio.explore.walking.curved import CurvedPaths
from jnn_studio.explore.walking.walker import Walker
from jnn_studio.jacobian import jacobian_svd
from jnn_studio.models.portable.exporting import ExportError
from jnn_studio.models.portable.saving import save_portable
from jnn_studio.models.weights import LoadedModel, load_model

SIZE = 16


class Attending(nn.Module):
    """Convolution, normalisations, attention and a transformer layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, 2, 1)
        self.group = nn.GroupNorm(4, 16)
        self.batch = nn.BatchNorm2d(16)
        self.layer = nn.LayerNorm(16)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.transformer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.last = nn.Linear(16 * 64, 8)

    def forward(self, x: Tensor) -> Tensor:
        x = self.batch(self.group(functional.silu(self.conv(x))))
        tokens = x.flatten(2).transpose(1, 2)
        normal = self.layer(tokens)
        tokens = tokens + self.attention(normal, normal, normal)[0]
        latents: Tensor = self.last(self.transformer(tokens).flatten(1))
        return latents


class Upsampling(nn.Module):
    """Transposed convolution, bilinear upsampling and reflected edges, to pixels around zero."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 16 * 16)
        self.up = nn.ConvTranspose2d(16, 8, 4, 2, 1)
        self.last = nn.Conv2d(8, 3, 3, padding=1, padding_mode="reflect")

    def forward(self, z: Tensor) -> Tensor:
        x = functional.gelu(self.up(torch.relu(self.first(z)).view(-1, 16, 4, 4)))
        images: Tensor = torch.tanh(self.last(functional.interpolate(x, scale_factor=2, mode="bilinear")))
        return images


@pytest.fixture(scope="module")
def modules() -> tuple[Attending, Upsampling]:
    torch.manual_seed(0)
    encoder, decoder = Attending(), Upsampling()
    encoder.batch(torch.randn(8, 16, 8, 8))  # statistics of its own
    return encoder, decoder


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand(5, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def saved(
    modules: tuple[Attending, Upsampling], images: Tensor, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("portable") / "mine.jnnmodel"
    save_portable(path, *modules, images[:2], name="Mine", encoded=(0.5, 0.5), info={"eta": "0.1"})
    return path


@pytest.fixture(scope="module")
def loaded(saved: Path) -> LoadedModel:
    return load_model(saved)


def evaluated(module: nn.Module) -> nn.Module:
    return module.eval()


def test_it_says_what_it_is(loaded: LoadedModel) -> None:
    assert loaded.name == "Mine"
    assert loaded.info == {"eta": "0.1"}
    assert (loaded.model.config.channels, loaded.model.config.size, loaded.model.config.latent) == (
        3,
        SIZE,
        8,
    )


def test_another_batch_is_computed_alike(
    loaded: LoadedModel, modules: tuple[Attending, Upsampling], images: Tensor
) -> None:
    encoder, decoder = (evaluated(module) for module in modules)
    for batch in (images[:1], images):
        with torch.no_grad():
            latents = encoder((batch - 0.5) / 0.5)
            right = 0.5 + 0.5 * decoder(latents)
        torch.testing.assert_close(loaded.model.encode(batch), latents, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(loaded.model.decode(latents), right, rtol=1e-5, atol=1e-6)


def test_derivatives_of_every_mode_are_right(
    loaded: LoadedModel, modules: tuple[Attending, Upsampling], images: Tensor
) -> None:
    encoder = evaluated(modules[0])
    x = (images[0] - 0.5) / 0.5

    def of(module: nn.Module, x: Tensor) -> Tensor:
        result: Tensor = module(x.unsqueeze(0))[0]
        return result

    with sdpa_kernel(SDPBackend.MATH):
        right = torch.func.jacrev(lambda x: of(encoder, x))(x).flatten(1).detach()
    found = torch.func.jacrev(lambda x: of(loaded.model.encoder, x))(x).flatten(1)
    torch.testing.assert_close(found, right, rtol=1e-4, atol=1e-5)
    directions = torch.randn(3, *x.shape, generator=torch.Generator().manual_seed(2))

    def push(v: Tensor) -> Tensor:
        result: Tensor = torch.func.jvp(lambda x: of(loaded.model.encoder, x), (x,), (v,))[1]
        return result

    pushed = torch.vmap(push)(directions)
    torch.testing.assert_close(pushed, directions.flatten(1) @ right.T, rtol=1e-4, atol=1e-5)
    sigma = torch.linalg.svdvals(right)
    features = loaded.model.encoder_input(images[:1])
    dense = jacobian_svd(loaded.model.encoder, features, method="dense")
    krylov = jacobian_svd(loaded.model.encoder, features, k=3, method="krylov")
    torch.testing.assert_close(dense.sigma[0], sigma, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(krylov.sigma[0], sigma[:3], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["encoder", "decoder", "axes"])
def test_it_is_walked_like_any_other(loaded: LoadedModel, images: Tensor, kind: str) -> None:
    walker = Walker(loaded, kind, 0.05)  # type: ignore[arg-type]
    place = walker.place(images[0], 8)
    amount = 0.5 * float(place.calibration.table(0).rms[-1])
    assert amount > 0
    assert walker.straight(place, [amount]).rms == pytest.approx(amount, rel=0.05)
    # Untrained it gives back another picture, where an encoder's directions are others: from there.
    there = walker.place(images[0], 8, latent=place.latent)
    moved = walker.curved(there, (Leg(direction=0, amount=0.02 * amount),), CurvedPaths())
    assert moved.rms > 0 or "is lost here" in moved.stopped


def test_the_modules_stay_as_they_were(images: Tensor, tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder, decoder = Attending(), Upsampling()
    encoder.train()
    encoder.transformer.eval()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    save_portable(tmp_path / "a.jnnmodel", encoder, decoder, images, name="A")
    assert (encoder.training, encoder.transformer.training, decoder.training) == (True, False, True)
    assert all(parameter.requires_grad and parameter.grad is None for parameter in encoder.parameters())
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())


def test_a_latent_may_have_any_shape(images: Tensor, tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ELU(), nn.Conv2d(4, 2, 3, 2, 1))
    decoder = nn.Sequential(nn.ConvTranspose2d(2, 4, 4, 2, 1), nn.ELU(), nn.ConvTranspose2d(4, 3, 4, 2, 1))
    save_portable(tmp_path / "a.jnnmodel", encoder, decoder, images, name="Spatial")
    model = load_model(tmp_path / "a.jnnmodel").model
    assert model.config.latent == 2 * 4 * 4
    with torch.no_grad():
        torch.testing.assert_close(model.decode(model.encode(images)), decoder(encoder(images)))


class Spectral(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.fft.rfft2(x).real.flatten(1)[:, :8]


class Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:, :8] * (2.0 if x.sum() > 0 else 3.0)


class Pair(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x.flatten(1)[:, :8], x.flatten(1)[:, 8:16]


class Counting(nn.Module):
    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x.flatten(1)[:, :8] * self.calls


class Across(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)[:1, :8]


class ForItsBatch(nn.Module):
    """To `len`, a batch is a number like any other."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.ones(1, 4))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.token.expand(len(x), 4), x.flatten(1)[:, :4]], 1)


class LargeBatches(nn.Module):
    """Takes another way for large batches, as diffusers' upsampling does; ``factor``: to another result."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[0] >= 24:
            x = self.factor * x.contiguous()
        return x.flatten(1)[:, :8]


def _with_a_graph() -> nn.Module:
    module = nn.Flatten()
    module.kept = torch.ones(1, requires_grad=True) * 2
    return module


def test_another_way_for_large_batches_to_the_same_result_does_not_matter(
    images: Tensor, tmp_path: Path
) -> None:
    save_portable(tmp_path / "a.jnnmodel", LargeBatches(1.0), Upsampling(), images, name="A")
    many = images[:1].repeat(100, 1, 1, 1)
    assert load_model(tmp_path / "a.jnnmodel").model.encode(many).shape == (100, 8)


@pytest.mark.parametrize(
    ("encoder", "said"),
    [
        (LargeBatches(2.0), "computes something else .* for a batch of 24"),
        (nn.Sequential(nn.Identity(), Spectral()), r"layer '1' of the encoder uses aten\._fft_r2c"),
        (Branching(), "no branches that depend on numbers"),
        (Pair(), "gives 2 results; wrap it"),
        (Counting(), "changes calls"),
        (Across(), "the encoder"),
        (ForItsBatch(), r"works for the example's batch of \d+ alone .* not from len\(x\)"),
        (_with_a_graph(), "cannot be copied .* keep tensors that belong to a graph"),
    ],
)
def test_what_cannot_be_written_down_is_named(
    encoder: nn.Module, said: str, images: Tensor, tmp_path: Path
) -> None:
    path = tmp_path / "a.jnnmodel"
    with pytest.raises(ExportError, match=said):
        save_portable(path, encoder, Upsampling(), images, name="A")
    assert not path.exists()


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (torch.rand(2, 2, 8, 8), "1 or 3 channels"),
        (torch.rand(3, 8, 8), "channels, height, width"),
        (2 * torch.rand(2, 3, 8, 8) + 1, r"not in \[0, 1\]"),
    ],
)
def test_an_example_that_is_none_is_refused(example: Tensor, said: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=said):
        save_portable(tmp_path / "a.jnnmodel", Attending(), Upsampling(), example, name="A")


def test_its_name_and_scale_are_checked(images: Tensor, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"ends in \.jnnmodel"):
        save_portable(tmp_path / "a.pt", Attending(), Upsampling(), images, name="A")
    for scale in ((0.5, 0.0), (0.5,), ((0.5, 0.5), 1.0), "ab"):
        with pytest.raises(ExportError, match="scale"):
            save_portable(
                tmp_path / "a.jnnmodel",
                Attending(),
                Upsampling(),
                images,
                name="A",
                encoded=scale,  # type: ignore[arg-type]
            )


def test_a_decoder_of_another_picture_is_refused(images: Tensor, tmp_path: Path) -> None:
    decoder = nn.Sequential(nn.Linear(8, 3 * 64), nn.Unflatten(1, (3, 8, 8)))
    with pytest.raises(ExportError, match=r"decoder gives \(3, 8, 8\) where images are \(3, 16, 16\)"):
        save_portable(tmp_path / "a.jnnmodel", Attending(), decoder, images, name="A")
