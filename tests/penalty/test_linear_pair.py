"""What the penalties of encoder and decoder keep of the data, in the linear case: ``docs/eta.md``."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from jnn_studio.penalty import NuclearNormPenalty
from jnn_studio.penalty.composition import Composition

VARIANCES = torch.tensor([9.0, 5.0, 2.5, 1.3, 0.5, 0.2, 0.05], dtype=torch.float64)


def kept(variance: float, eta: float, eta_decoder: float) -> float:
    """The closed form: what the pair multiplies a principal component by."""
    ratio = math.sqrt(eta * eta_decoder) / variance
    if ratio > math.sqrt(2 / 3) / 3:
        return 0.0
    s = 1.0
    for _ in range(60):  # Newton, from the right, to the largest root of s − s³ = ratio
        s -= (s - s**3 - ratio) / (1 - 3 * s**2)
    return s**2


def trained(eta: float, eta_decoder: float) -> tuple[Tensor, Tensor]:
    """Encoder and decoder, as matrices, of a linear pair trained with the penalty of two factors each."""
    torch.manual_seed(0)
    size, hidden, latent = len(VARIANCES), 8, 7
    encoder = Composition(nn.Linear(size, hidden, bias=False), nn.Linear(hidden, latent, bias=False)).double()
    decoder = Composition(nn.Linear(latent, hidden, bias=False), nn.Linear(hidden, size, bias=False)).double()
    # From a start at which nothing is lost: 0 is a local minimum of every component, whatever its variance.
    with torch.no_grad():
        for there, back in ((encoder[0], decoder[1]), (encoder[1], decoder[0])):
            nn.init.orthogonal_(there.weight)
            back.weight.copy_(there.weight.T)
    # Images whose mean squares are exactly the variances.
    images = torch.diag((VARIANCES * size).sqrt())
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimiser = torch.optim.LBFGS(
        parameters, max_iter=20_000, max_eval=40_000, tolerance_grad=1e-11, tolerance_change=0.0,
        history_size=50, line_search_fn="strong_wolfe",
    )  # fmt: skip

    def loss() -> Tensor:
        optimiser.zero_grad()
        encoded = encoder.trace(images)
        decoded = decoder.trace(encoded.output)
        total = 0.5 * (decoded.output - images).square().sum() / size
        penalty = NuclearNormPenalty()
        total = total + eta * penalty(encoder, encoded) + eta_decoder * penalty(decoder, decoded)
        total.backward()
        return total

    optimiser.step(loss)
    with torch.no_grad():
        eye = torch.eye(latent, dtype=torch.float64)
        return encoder(torch.eye(size, dtype=torch.float64)).T, decoder(eye).T


@pytest.mark.parametrize(("eta", "eta_decoder"), [(0.2, 0.04), (0.1, 0.1), (0.3, 1.2)])
def test_a_trained_linear_pair_keeps_what_the_closed_form_says(eta: float, eta_decoder: float) -> None:
    encoder, decoder = trained(eta, eta_decoder)
    expected = torch.tensor([kept(float(v), eta, eta_decoder) for v in VARIANCES], dtype=torch.float64)

    assert 0 < int((expected > 0).sum()) < len(VARIANCES)
    torch.testing.assert_close(decoder @ encoder, torch.diag(expected), rtol=1e-5, atol=1e-5)
    sigma = torch.linalg.svdvals(encoder)
    torch.testing.assert_close(sigma, (expected * eta_decoder / eta).sqrt(), rtol=1e-5, atol=1e-4)


def test_what_is_kept_has_nearly_equal_singular_values() -> None:
    """However different the variances: between √⅔ and 1 times √(η_decoder / η)."""
    for variance in (0.5, 1.0, 100.0):
        share = kept(variance, 0.2, 0.04)
        assert share == 0 or math.sqrt(2 / 3) - 1e-9 <= math.sqrt(share) < 1


def test_the_threshold_goes_with_the_images_variance_and_nothing_else() -> None:
    threshold = 3 * math.sqrt(1.5) * math.sqrt(0.2 * 0.04)
    assert kept(threshold * 1.0001, 0.2, 0.04) > 0.66
    assert kept(threshold * 0.9999, 0.2, 0.04) == 0
    assert kept(100 * 5.0, 100 * 0.2, 100 * 0.04) == pytest.approx(kept(5.0, 0.2, 0.04))
