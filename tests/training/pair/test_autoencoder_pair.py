"""The controlled experiment: two models alike in everything but the penalty."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from jnn_studio.base.watch import Watch
from jnn_studio.data.faces import FaceSource
from jnn_studio.data.pixels import psnr
from jnn_studio.jacobian import effective_rank, jacobian
from jnn_studio.models.autoencoder import Autoencoder
from jnn_studio.models.weights import load_model
from jnn_studio.training.config import RunConfig
from jnn_studio.training.device import choose_device
from jnn_studio.training.events import Metrics, Preview, Spectrum
from jnn_studio.training.pair.autoencoder_pair import AutoencoderPair

Tiny = Callable[..., RunConfig]


def pair(config: RunConfig) -> AutoencoderPair:
    source = FaceSource(config.data.count, config.model.size, config.data.seed)
    device = choose_device("cpu", config.schedule.precision)
    return AutoencoderPair(config, source, device, Watch())


@torch.no_grad()
def squared_norms(model: Autoencoder, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Reconstructions in float64 with ½(‖Jg‖² + ‖Jh‖²) of encoder and decoder, from full Jacobians."""
    model = copy.deepcopy(model).double()
    x = model.dct(images.double())
    found = []
    for composition in (model.encoder, model.decoder):
        h, g = composition
        hidden = h(x)
        norms = [jacobian(h, x).square().sum((1, 2)), jacobian(g, hidden).square().sum((1, 2))]
        found.append(0.5 * (norms[0] + norms[1]).mean())
        x = g(hidden)
    return model.render(x), found[0], found[1]


def test_both_models_start_from_the_same_weights(tiny: Tiny) -> None:
    a, b = pair(tiny()).members

    assert (a.key, b.key) == ("unregularised", "regularised")
    assert (a.eta, b.eta) == (0.0, 0.5)
    assert a.model is not b.model
    for p, q in zip(a.model.parameters(), b.model.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=0)


@pytest.mark.parametrize("refinement", [0, 2])
def test_the_loss_is_the_formula_with_full_jacobians(tiny: Tiny, refinement: int) -> None:
    experiment = pair(tiny(penalty={"eta": 0.7, "eta_decoder": 0.2}, model={"refinement": refinement}))
    batch = experiment.batch(3)

    for member in experiment.members:
        total, reconstruction, encoder, decoder = experiment.losses(member, batch, 3).double()
        output, expected_encoder, expected_decoder = squared_norms(member.model, batch)
        expected = 0.5 * (output - batch.double()).square().sum() / len(batch)
        torch.testing.assert_close(reconstruction, expected, rtol=1e-5, atol=0)
        if member.key == "unregularised":
            assert total == reconstruction
            assert encoder == decoder == 0
        else:
            torch.testing.assert_close(encoder, expected_encoder, rtol=1e-5, atol=0)
            torch.testing.assert_close(decoder, expected_decoder, rtol=1e-5, atol=0)
            expected = expected + 0.7 * expected_encoder + 0.2 * expected_decoder
            torch.testing.assert_close(total, expected, rtol=1e-5, atol=0)


def test_a_convolutional_decoder_is_penalised_and_trained_as_any_other(tiny: Tiny) -> None:
    model = {"decoder": "convolutional", "decoder_hidden": 10, "decoder_channels": 3}
    penalty, optimiser = {"eta": 0.7, "eta_decoder": 0.2}, {"learning_rate": 1e-2}
    experiment = pair(tiny(penalty=penalty, optimiser=optimiser, model=model))
    batch, member = experiment.batch(0), experiment.members[1]

    losses = []
    for step in range(20):
        member.optimiser.zero_grad()
        total, reconstruction, encoder, decoder = experiment.losses(member, batch, step)
        torch.testing.assert_close(total, reconstruction + 0.7 * encoder + 0.2 * decoder)
        total.backward()
        member.optimiser.step()
        losses.append(float(total.detach()))
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in member.model.decoder.parameters())
    assert losses[-1] < 0.8 * losses[0]


def test_the_papers_eta_weighs_the_penalty_by_its_value_in_orthonormal_coordinates(tiny: Tiny) -> None:
    experiment = pair(tiny(penalty={"eta": "paper-code", "eta_decoder": 0.0}))
    regularised = experiment.members[1]

    total, reconstruction, encoder, decoder = experiment.losses(regularised, experiment.batch(0), 0).double()

    assert regularised.eta == 0.25 / 32
    torch.testing.assert_close(total, reconstruction + 0.25 / 32 * encoder, rtol=1e-6, atol=0)
    assert decoder == 0


def test_the_penalty_reaches_every_weight_it_is_made_of(tiny: Tiny) -> None:
    """Its gradient is that of the full Jacobians' norms, the path through h(x) included."""
    experiment = pair(tiny(penalty={"eta": 0.7, "eta_decoder": 0.2}))
    member, batch = experiment.members[1], experiment.batch(0)
    experiment.losses(member, batch, 0)[0].backward()

    model = copy.deepcopy(member.model).double()
    model.zero_grad()
    x = model.dct(batch.double())
    penalty = torch.zeros((), dtype=torch.float64)
    for composition, eta in ((model.encoder, 0.7), (model.decoder, 0.2)):
        h, g = composition
        a = h[0](x)
        slopes = torch.where(a > 0, torch.ones_like(a), a.exp())
        j_h = slopes.unsqueeze(2) * h[0].weight
        penalty = penalty + eta * 0.5 * (j_h.square().sum((1, 2)).mean() + g.weight.square().sum())
        x = g(h(x))
    (penalty + 0.5 * (model.render(x) - batch.double()).square().sum() / len(batch)).backward()

    for p, q in zip(member.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(p.grad.double(), q.grad, rtol=1e-4, atol=1e-5)


def test_eta_rises_linearly_and_then_stays(tiny: Tiny) -> None:
    experiment = pair(tiny(penalty={"eta": 0.5, "eta_decoder": 0.1, "warmup_steps": 4}))
    member, batch = experiment.members[1], experiment.batch(0)

    shares = []
    for step in range(6):
        total, reconstruction, encoder, decoder = experiment.losses(member, batch, step).double()
        shares.append(float(((total - reconstruction) / (0.5 * encoder + 0.1 * decoder)).detach()))

    assert shares == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1], rel=1e-4)


def test_the_finite_difference_estimates_the_same_penalty_with_the_same_noise_for_both(tiny: Tiny) -> None:
    config = tiny(penalty={"estimator": "finite_difference", "eta": 1.0, "eta_decoder": 1.0})
    experiment = pair(config)
    unregularised, regularised = experiment.members
    batch = experiment.batch(0)

    exact = squared_norms(regularised.model, batch)[1:]
    drawn = torch.stack([experiment.losses(regularised, batch, step)[2:] for step in range(60)]).double()

    for values, expected in zip(drawn.detach().T, exact, strict=True):
        error_bar = values.std() / math.sqrt(len(values))
        assert abs(values.mean() - expected) < 4 * error_bar + 0.01 * expected
    again = experiment.losses(regularised, batch, 7)[2:]
    torch.testing.assert_close(again.double(), drawn[7], rtol=0, atol=0)
    watched = experiment.watch(unregularised, batch, 7)
    assert list(watched.values()) == pytest.approx(again.tolist(), rel=1e-6)


def test_what_a_model_is_not_penalised_for_is_watched(tiny: Tiny) -> None:
    experiment = pair(tiny(penalty={"eta": 0.5, "eta_decoder": 0.0}))
    unregularised, regularised = experiment.members
    batch = experiment.batch(0)
    _, encoder, decoder = squared_norms(regularised.model, batch)

    assert experiment.watch(unregularised, batch, 0) == pytest.approx(
        {"penalty": float(encoder), "decoder_penalty": float(decoder)}, rel=1e-5
    )
    assert experiment.watch(regularised, batch, 0) == pytest.approx(
        {"decoder_penalty": float(decoder)}, rel=1e-5
    )

    with_both = pair(tiny(penalty={"eta": 0.5, "eta_decoder": 0.1}))
    assert with_both.watch(with_both.members[1], batch, 0) == {}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_mixed_precision_changes_the_loss_no_more_than_its_rounding(tiny: Tiny, precision: str) -> None:
    full = pair(tiny())
    mixed = pair(tiny(schedule={"precision": precision}))
    batch = full.batch(0)

    for a, b in zip(full.members, mixed.members, strict=True):
        expected, found = full.losses(a, batch, 0), mixed.losses(b, batch, 0)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, expected, rtol=0.02, atol=0)
        found[0].backward()
        assert all(torch.isfinite(p.grad).all() for p in b.model.parameters())


def test_what_is_measured(tiny: Tiny) -> None:
    config = tiny(logging={"spectrum_every": 4, "preview_every": 6})
    experiment = pair(config)

    def kinds(step: int) -> list[str]:
        return [type(event).__name__ for event in experiment.measure(step)]

    spectra, previews = ["Spectrum", "Metrics"] * 2, ["Metrics", "Metrics", "Preview"]
    assert kinds(0) == spectra + previews
    assert kinds(4) == spectra
    assert kinds(6) == previews
    assert kinds(7) == []
    assert kinds(config.schedule.steps) == spectra + previews


def test_a_spectrum_is_the_mean_over_held_out_images(tiny: Tiny) -> None:
    experiment = pair(tiny())
    (spectrum, _) = (event for event in experiment.measure(0) if isinstance(event, Spectrum))
    model = experiment.members[0].model
    held_out = FaceSource(48, 16, 1).images(experiment._batches.held_out[:4].tolist())

    with torch.no_grad():
        dense = torch.linalg.svdvals(jacobian(model.encoder, model.dct((held_out * 255).round() / 255)))

    np.testing.assert_allclose(spectrum.sigma, dense.mean(0), rtol=1e-4)
    assert spectrum.sigma.dtype == np.float32
    assert spectrum.effective_rank == pytest.approx(float(effective_rank(dense).mean()), rel=1e-4)


def test_the_tightness_gap_is_that_of_full_jacobians(tiny: Tiny) -> None:
    experiment = pair(tiny())
    metrics = [event for event in experiment.measure(0) if isinstance(event, Metrics)]
    found = next(e.terms["tightness_gap"] for e in metrics if "tightness_gap" in e.terms)
    model = experiment.members[0].model
    h, g = model.encoder
    held_out = FaceSource(48, 16, 1).images(experiment._batches.held_out[:4].tolist())

    with torch.no_grad():
        x = model.dct((held_out * 255).round() / 255)
        squares = jacobian(h, x).square().sum((1, 2)) + jacobian(g, h(x)).square().sum((1, 2))
        nuclear = torch.linalg.svdvals(jacobian(model.encoder, x)).sum(1)

    assert found == pytest.approx(float((0.5 * squares - nuclear).mean()), rel=1e-4)
    assert found > 0


def test_a_preview_shows_held_out_images_and_their_reconstructions(tiny: Tiny) -> None:
    experiment = pair(tiny())
    (preview,) = (event for event in experiment.measure(0) if isinstance(event, Preview))
    held_out = FaceSource(48, 16, 1).images(experiment._batches.held_out.tolist())
    metrics = [event for event in experiment.measure(0) if isinstance(event, Metrics)]
    quality = {e.member: e.terms["held_out_psnr"] for e in metrics if "held_out_psnr" in e.terms}

    as_bytes = held_out.mul(255).round().byte().permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(preview.originals, as_bytes)
    for member in experiment.members:
        with torch.no_grad():
            expected = member.model(torch.from_numpy(as_bytes).permute(0, 3, 1, 2) / 255)
        shown = torch.from_numpy(preview.reconstructions[member.key]).permute(0, 3, 1, 2) / 255
        torch.testing.assert_close(shown, expected.clamp(0, 1), rtol=0, atol=0.51 / 255)
        assert quality[member.key] == pytest.approx(psnr(expected, held_out), abs=0.05)


def test_psnr_is_the_mean_over_images_of_clipped_reconstructions() -> None:
    images = torch.full((2, 1, 4, 4), 0.5)
    reconstruction = torch.stack([torch.full((1, 4, 4), 0.6), torch.full((1, 4, 4), 7.0)])

    expected = (10 * math.log10(1 / 0.01) + 10 * math.log10(1 / 0.25)) / 2
    assert psnr(reconstruction, images) == pytest.approx(expected, rel=1e-5)
    assert psnr(images, images) == pytest.approx(120)


def test_both_models_are_exported_with_what_they_are(tiny: Tiny, tmp_path: Path) -> None:
    config = tiny(name="mine", penalty={"eta": "paper-text", "eta_decoder": 0.125})
    experiment = pair(config)

    experiment.export(tmp_path, 17)

    expected: dict[str, dict[str, Any]] = {
        "unregularised": {"eta": "0.0", "eta_decoder": "0.0"},
        "regularised": {"eta": repr(0.5 / 32), "eta_decoder": "0.125"},
    }
    for member in experiment.members:
        loaded = load_model(tmp_path / f"{member.key}.safetensors")
        assert loaded.name == member.label
        assert loaded.info == {
            "run": "mine",
            "step": "17",
            "data": config.data.model_dump_json(),
            **expected[member.key],
        }
        for p, q in zip(loaded.model.parameters(), member.model.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=0, atol=0, check_device=False)
