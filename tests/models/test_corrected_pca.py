"""Principal components with a correction: PCA at first, and penalised as what it is."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import psnr
from jnn_studio.jacobian import jacobian
from jnn_studio.models.config import CorrectedPCAConfig
from jnn_studio.models.corrected_pca import CorrectedPCA, build
from jnn_studio.models.pca import PCA
from jnn_studio.models.weights import load_model, save_model
from jnn_studio.penalty import NuclearNormPenalty
from jnn_studio.training.config import OptimiserConfig
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import MemberInfo
from jnn_studio.training.optimiser import adamw_member
from jnn_studio.training.pair.fit_pca import fit_pca

SMALL = CorrectedPCAConfig(size=16, components=20, latent=6, hidden=7, squares=2)
FIXED = ["encoder.0.branches.0.weight", "decoder.2.branches.0.weight"]
CPU = choose_device("cpu")
FACES = FaceSource(60, 16, seed=2)
IMAGES = FACES.images(range(12))


def moved(model: CorrectedPCA) -> CorrectedPCA:
    generator = torch.Generator().manual_seed(1)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data += 0.1 * torch.randn(weight.shape, generator=generator)
    return model


@pytest.fixture(scope="module")
def pca() -> PCA:
    return fit_pca(FACES, 20).model


@pytest.fixture
def fresh(pca: PCA) -> CorrectedPCA:
    model = build(SMALL, seed=0)
    model.start_from(pca)
    return model


@pytest.fixture
def trained(fresh: CorrectedPCA) -> CorrectedPCA:
    """All weights moved a little, so that every part has a part."""
    return moved(fresh)


@torch.no_grad()
def test_it_begins_as_the_principal_components(fresh: CorrectedPCA, pca: PCA) -> None:
    first = pca.truncated(6)
    torch.testing.assert_close(fresh(IMAGES), first(IMAGES), rtol=0, atol=1e-5)
    torch.testing.assert_close(fresh.encode(IMAGES), first.scores(IMAGES), rtol=0, atol=1e-5)
    assert psnr(fresh(IMAGES), IMAGES) == pytest.approx(psnr(first(IMAGES), IMAGES), abs=1e-4)


@pytest.fixture
def wide(pca: PCA) -> CorrectedPCA:
    """More directions than an exact estimator takes on, all weights moved a little."""
    model = build(SMALL.model_copy(update={"latent": 12}), seed=0)
    model.start_from(pca)
    return moved(model)


def test_all_that_is_trained_learns(fresh: CorrectedPCA) -> None:
    optimiser = torch.optim.AdamW(fresh.parameters(), 1e-2)
    before = {name: weight.clone() for name, weight in fresh.named_parameters()}
    losses = []
    for _ in range(40):
        loss = (fresh(IMAGES) - IMAGES).square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))

    assert losses[-1] < 0.7 * losses[0]
    assert [name for name, weight in fresh.named_parameters() if torch.equal(weight, before[name])] == FIXED


@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_its_penalty_is_that_of_full_jacobians(wide: CorrectedPCA, side: str) -> None:
    model = wide.double()
    inputs = {"encoder": model.encoder_input(IMAGES.double()), "decoder": model.encode(IMAGES.double())}
    composition, x = getattr(model, side), inputs[side].detach()
    exact = torch.zeros((), dtype=torch.float64)
    for factor in composition:
        exact = exact + jacobian(factor, x).flatten(1).square().sum() / len(x) / 3
        x = factor(x)

    trace = composition.trace(inputs[side].detach())
    torch.testing.assert_close(NuclearNormPenalty("reverse")(composition, trace), exact, rtol=1e-10, atol=0)

    penalty = NuclearNormPenalty()
    seeds = (torch.Generator().manual_seed(seed) for seed in range(200))
    drawn = torch.stack([penalty(composition, trace, seed) for seed in seeds]).detach()
    assert repr(penalty).count("closed_form (exact, no evaluation)") == 2
    assert repr(penalty).count("jvp (stochastic, 1 evaluation): all layers known") == 1
    assert abs(drawn.mean() - exact) < 4 * drawn.std() / math.sqrt(len(drawn))
    # One probe for each of 12 images at 12 directions or so: a third of it is off by √(2/12/12) = 0.12.
    assert drawn.std() < 0.06 * exact


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_penalised_direction_is_lost_in_its_straight_and_its_bent_part(layers: int) -> None:
    """A latent that the last layer of the encoder takes from nothing is not moved by anything."""
    model = build(SMALL.model_copy(update={"layers": layers}), seed=0).double()
    for weight in model.parameters():
        weight.data += 0.1
    model.encoder[-1].weight.data[2] = 0

    found = torch.linalg.svdvals(jacobian(model.encoder, model.encoder_input(IMAGES.double())))
    assert (found[:, -1] < 1e-12).all()
    assert (found[:, -2] > 1e-6).all()


def test_what_is_walked_is_what_the_model_is(trained: CorrectedPCA) -> None:
    decoding = trained.affine_decoding
    latents = trained.encode(IMAGES)

    torch.testing.assert_close(decoding.render(decoding.decoder(latents)), trained.decode(latents))
    torch.testing.assert_close(
        trained.encoder_input(decoding.render(decoding.decoder(latents))),
        decoding.decoder(latents),
        rtol=0,
        atol=1e-6,
    )
    cells = trained.decode(latents).unfold(2, 4, 4).unfold(3, 4, 4).mean((-2, -1))
    torch.testing.assert_close(trained.decode_coarse(latents, 4), cells)


@torch.no_grad()
def test_the_error_is_that_of_the_picture_without_drawing_it(trained: CorrectedPCA) -> None:
    scores = trained.encoder_input(IMAGES)
    found = trained.squared_error(IMAGES, scores, trained.decoder(trained.encoder(scores)))

    torch.testing.assert_close(found, (trained(IMAGES) - IMAGES).square().sum(), rtol=1e-5, atol=0)


def test_a_decay_spares_what_begins_as_the_identity(fresh: CorrectedPCA) -> None:
    member = adamw_member(MemberInfo("one", "One", 0.0), fresh, OptimiserConfig(weight_decay=0.5), CPU)
    before = {name: weight.clone() for name, weight in fresh.named_parameters()}
    for weight in fresh.parameters():
        weight.grad = torch.zeros_like(weight) if weight.requires_grad else None

    member.optimiser.step()

    spared = [name for name, weight in fresh.named_parameters() if torch.equal(weight, before[name])]
    begun_at_zero = [name for name, weight in before.items() if not weight.any()]
    squares = ["encoder.1.weight", "encoder.2.weight", "decoder.0.weight", "decoder.1.weight"]
    assert sorted(set(spared) - set(begun_at_zero) - set(FIXED)) == sorted(squares)


def test_another_analysis_s_shape_is_refused(fresh: CorrectedPCA, pca: PCA) -> None:
    with pytest.raises(ValueError, match="4 components"):
        fresh.start_from(pca.truncated(4))


def test_the_same_seed_gives_the_same_weights() -> None:
    def weights(seed: int) -> list[Tensor]:
        return list(build(SMALL, seed).state_dict().values())

    assert all(map(torch.equal, weights(3), weights(3)))
    assert not all(map(torch.equal, weights(3), weights(4)))


def test_written_and_read_it_computes_the_same(trained: CorrectedPCA, tmp_path: Path) -> None:
    save_model(tmp_path / "model.safetensors", trained, "small")
    loaded = load_model(tmp_path / "model.safetensors").model

    assert loaded.config == SMALL
    torch.testing.assert_close(loaded.decode(loaded.encode(IMAGES)), trained(IMAGES), rtol=0, atol=1e-5)
