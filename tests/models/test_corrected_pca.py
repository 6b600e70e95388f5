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
from jnn_studio.training.fit_pca import fit_pca

SMALL = CorrectedPCAConfig(size=16, latent=12, widths=(3, 4, 5), hidden=7)
FACES = FaceSource(60, 16, seed=2)
IMAGES = FACES.images(range(12))


@pytest.fixture(scope="module")
def pca() -> PCA:
    return fit_pca(FACES, 12).model


@pytest.fixture
def fresh(pca: PCA) -> CorrectedPCA:
    model = build(SMALL, seed=0)
    model.start_from(pca)
    return model


@pytest.fixture
def trained(fresh: CorrectedPCA) -> CorrectedPCA:
    """All weights moved a little, so that every part has a part."""
    generator = torch.Generator().manual_seed(1)
    for weight in fresh.parameters():
        if weight.requires_grad:
            weight.data += 0.1 * torch.randn(weight.shape, generator=generator)
    return fresh


@torch.no_grad()
def test_it_begins_as_the_principal_components(fresh: CorrectedPCA, pca: PCA) -> None:
    torch.testing.assert_close(fresh(IMAGES), pca(IMAGES), rtol=0, atol=1e-5)
    torch.testing.assert_close(fresh.encode(IMAGES), pca.scores(IMAGES), rtol=0, atol=1e-5)
    assert psnr(fresh(IMAGES), IMAGES) == pytest.approx(psnr(pca(IMAGES), IMAGES), abs=1e-4)


def test_the_linear_path_s_basis_stays_and_all_else_is_learnt(fresh: CorrectedPCA) -> None:
    optimiser = torch.optim.AdamW(fresh.parameters(), 1e-2)
    before = {name: weight.clone() for name, weight in fresh.named_parameters()}
    losses = []
    for _ in range(60):
        loss = (fresh(IMAGES) - IMAGES).square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))

    assert losses[-1] < 0.9 * losses[0]
    kept = [name for name, weight in fresh.named_parameters() if torch.equal(weight, before[name])]
    assert kept == ["encoder.0.branches.0.1.weight", "decoder.1.branches.0.1.weight"]


@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_its_penalty_is_that_of_full_jacobians(trained: CorrectedPCA, side: str) -> None:
    model = trained.double()
    inputs = {"encoder": model.encoder_input(IMAGES.double()), "decoder": model.encode(IMAGES.double())}
    composition, x = getattr(model, side), inputs[side].detach()
    exact = torch.zeros((), dtype=torch.float64)
    for factor in composition:
        exact = exact + 0.5 * jacobian(factor, x).flatten(1).square().sum() / len(x)
        x = factor(x)

    trace = composition.trace(inputs[side].detach())
    every_row = NuclearNormPenalty("reverse")(composition, trace)
    torch.testing.assert_close(every_row, exact, rtol=1e-10, atol=0)

    penalty = NuclearNormPenalty()
    drawn = torch.stack(
        [penalty(composition, trace, torch.Generator().manual_seed(seed)) for seed in range(200)]
    )
    assert "closed_form (exact" in repr(penalty)
    assert "jvp (stochastic, 1 evaluation): all layers known" in repr(penalty)
    assert abs(drawn.mean() - exact) < 4 * drawn.std() / math.sqrt(len(drawn))
    # One probe for each of 12 images, at a rank of about 12: √(2/12/12) = 0.12.
    assert drawn.std() < 0.12 * exact


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
