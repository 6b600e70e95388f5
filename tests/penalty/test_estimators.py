"""Every estimator of ‖J‖_F² on one network: exact ones exactly, stochastic ones within their error."""

import math

import pytest
import torch
from torch import nn

from jnn_studio.penalty import (
    CentralDifference,
    Composition,
    Deflated,
    FiniteDifference,
    ForwardMode,
    Hutchinson,
    NuclearNormPenalty,
    ReverseMode,
)
from jnn_studio.penalty.estimators.probes import NOISES, draw


class Opaque(nn.Module):
    """Hides the layers inside, so that only automatic differentiation is left."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


@pytest.fixture(params=["known layers", "opaque", "convolutional"])
def done(request):
    """A forward pass through one factor, in float64."""
    if request.param == "convolutional":
        h = nn.Sequential(nn.Conv2d(1, 3, 3, 2, 1), nn.ELU(), nn.ConvTranspose2d(3, 2, 2, 2), nn.Tanh())
        x = torch.randn(4, 1, 4, 4, dtype=torch.float64)
    else:
        h = nn.Sequential(nn.Linear(6, 9), nn.ELU(), nn.Linear(9, 7), nn.Tanh())
        x = torch.randn(4, 6, dtype=torch.float64)
    if request.param == "opaque":
        h = Opaque(h)
    return Composition(h.double(), nn.Identity()).trace(x).passes[0]


@pytest.fixture
def exact(done, squared_norms):
    return squared_norms(done.factor, done.input)


@pytest.mark.parametrize("estimator", [ForwardMode(), ReverseMode()], ids=lambda e: e.name)
def test_exact_modes(done, exact, estimator):
    estimate = estimator(done)
    torch.testing.assert_close(estimate.values, exact, rtol=1e-10, atol=0)
    assert estimate.standard_error is None
    assert estimate.evaluations == (done.n if estimator.name == "forward" else done.m)


STOCHASTIC = [
    Hutchinson(400, "gaussian"),
    Hutchinson(400, "rademacher"),
    Hutchinson(400, "sphere"),
    FiniteDifference(1e-6, 400),
    FiniteDifference(None, 400, "sphere"),
    CentralDifference(1e-4, 400),
    CentralDifference(None, 400, "rademacher"),
    Deflated(rank=2, probes=400),
]


@pytest.mark.parametrize("estimator", STOCHASTIC, ids=repr)
def test_stochastic_estimators_hit_the_mean_within_their_error(done, exact, estimator):
    estimate = estimator(done, torch.Generator().manual_seed(1))
    assert abs(estimate.values.mean() - exact.mean()) < 4 * estimate.standard_error
    assert estimate.standard_error < 0.1 * exact.mean()


def test_the_standard_error_is_the_spread_of_repetitions(done):
    generator = torch.Generator().manual_seed(2)
    estimates = [Hutchinson(8, "gaussian")(done, generator) for _ in range(300)]
    spread = torch.stack([e.values.mean() for e in estimates]).std()
    claimed = torch.stack([e.standard_error for e in estimates]).square().mean().sqrt()
    assert claimed.item() == pytest.approx(spread.item(), rel=0.15)


def test_one_probe_never_understates_its_error(done):
    generator = torch.Generator().manual_seed(2)
    estimates = [Hutchinson(1, "gaussian")(done, generator) for _ in range(300)]
    spread = torch.stack([e.values.mean() for e in estimates]).std()
    claimed = torch.stack([e.standard_error for e in estimates]).square().mean().sqrt()
    assert claimed > 0.9 * spread


def test_one_probe_of_one_element_has_no_error_to_give():
    f = Composition(nn.Linear(3, 3), nn.Linear(3, 3))
    terms = NuclearNormPenalty("jvp").evaluate(f, torch.zeros(1, 3))
    assert math.isnan(terms.standard_error)


@pytest.mark.parametrize("noise", NOISES)
def test_the_variance_of_one_probe_is_as_documented(noise):
    a = torch.randn(4, 4, dtype=torch.float64)
    a = a @ a.T
    v = draw(torch.empty(200_000, 4, dtype=torch.float64), noise, torch.Generator().manual_seed(3))
    samples = ((v @ a) * v).sum(1)
    square, n = a.square().sum(), 4
    expected = {
        "gaussian": 2 * square,
        "rademacher": 2 * (square - a.diag().square().sum()),
        "sphere": 2 * n / (n + 2) * (square - a.trace().square() / n),
    }[noise]
    assert samples.mean().item() == pytest.approx(a.trace().item(), rel=0.02)
    assert samples.var().item() == pytest.approx(expected.item(), rel=0.03)


def test_finite_difference_is_the_papers_formula(encoder):
    x = torch.randn(5, 12, dtype=torch.float64)
    sigma = 1e-3
    found = NuclearNormPenalty("finite_difference", sigma)(encoder, x, torch.Generator().manual_seed(4))
    # Equation (6): R = 1/(2σ²) (‖g(h(x) + ε) − g(h(x))‖² + ‖h(x + ε) − h(x)‖²), mean over the batch.
    h, g = encoder
    source = torch.Generator().manual_seed(4)
    noise_x = sigma * torch.randn(5, 12, generator=source, dtype=torch.float64)
    noise_z = sigma * torch.randn(5, 10, generator=source, dtype=torch.float64)
    z = h(x)
    first = (h(x + noise_x) - z).square().sum(1)
    second = (g(z + noise_z) - g(z)).square().sum(1)
    expected = ((first + second) / (2 * sigma**2)).mean()
    torch.testing.assert_close(found, expected, rtol=1e-13, atol=0)


class Square(nn.Module):
    def forward(self, x):
        return x.square()


def test_finite_differences_are_biased_by_sigma_squared_and_central_ones_less():
    x = torch.randn(400, 12, dtype=torch.float64)
    done = Composition(Square(), nn.Identity()).trace(x).passes[0]
    exact = 4 * x.square().sum(1).mean()
    for sigma in (1.0, 0.5):
        # E‖2xσε + σ²ε²‖²/σ² = 4‖x‖² + 3nσ²; the square drops out of f(x + ε) − f(x − ε).
        biased = FiniteDifference(sigma, 200)(done, torch.Generator().manual_seed(5))
        assert abs(biased.values.mean() - exact - 36 * sigma**2) < 4 * biased.standard_error
        central = CentralDifference(sigma, 200)(done, torch.Generator().manual_seed(5))
        assert abs(central.values.mean() - exact) < 4 * central.standard_error


def low_rank(n=40, rank=3):
    layer = nn.Linear(n, n, bias=False).double().requires_grad_(False)
    u, v = (torch.linalg.qr(torch.randn(n, rank, dtype=torch.float64))[0] for _ in range(2))
    layer.weight.copy_(u @ v.T + 1e-3 * torch.randn(n, n, dtype=torch.float64))
    return Composition(layer, nn.Identity()).trace(torch.randn(8, n, dtype=torch.float64)).passes[0]


def test_deflation_removes_the_variance_of_a_nearly_low_rank_jacobian():
    done, generator = low_rank(), torch.Generator().manual_seed(6)
    plain = torch.stack([Hutchinson()(done, generator).values for _ in range(50)]).std()
    deflated = Deflated(rank=4, probes=1)
    subspace = torch.stack([deflated(done, generator).values for _ in range(50)]).std()
    assert subspace < 1e-3 * plain


def test_deflation_is_unbiased_for_any_subspace(done, exact):
    deflated = Deflated(rank=2, probes=1, refresh=10_000)
    generator = torch.Generator().manual_seed(7)
    means = torch.stack([deflated(done, generator).values.mean() for _ in range(400)])
    assert abs(means.mean() - exact.mean()) < 4 * means.std() / 20


def test_deflation_by_as_many_directions_as_inputs_is_exact(done, exact):
    estimate = Deflated(rank=done.n)(done)
    torch.testing.assert_close(estimate.values, exact)
    assert estimate.standard_error is None


def test_deflation_follows_a_changing_network():
    done, deflated, generator = low_rank(), Deflated(rank=3, refresh=1), torch.Generator().manual_seed(8)
    deflated(done, generator)
    with torch.no_grad():
        done.factor.weight.copy_(low_rank().factor.weight)
    for _ in range(3):
        estimate = deflated(done, generator)
    exact = done.factor.weight.square().sum()
    assert abs(estimate.values - exact).max() < 1e-2 * exact


@pytest.mark.parametrize("name", ["rank", "probes", "refresh"])
def test_deflation_refuses_nothing(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        Deflated(**{name: 0})


@pytest.mark.parametrize(
    "name", ["forward", "reverse", "jvp", "finite_difference", "central_difference", "deflated"]
)
def test_gradients_reach_the_weights(done, name, squared_norms):
    """On average over noise, the gradient of the estimate is the gradient of ‖J‖_F²."""
    f = Composition(done.factor, nn.Identity())
    weights = list(done.factor.parameters())
    probes = 1 if name in ("forward", "reverse") else 600
    penalty = NuclearNormPenalty(name, probes=probes, noise="gaussian", rank=2)
    value = penalty.evaluate(f, done.input, torch.Generator().manual_seed(9)).factors[0]
    found = torch.autograd.grad(value, weights)

    jacobians = torch.func.vmap(torch.func.jacrev(lambda y: done.factor(y.unsqueeze(0)).flatten()))
    expected = torch.autograd.grad(
        jacobians(done.input).square().flatten(1).sum(1).mean(), weights, allow_unused=True
    )
    for a, b in zip(found, expected, strict=True):
        b = torch.zeros_like(a) if b is None else b
        tolerance = 1e-9 if probes == 1 else 0.15 * max(b.norm().item(), 0.1)
        assert (a - b).norm() < tolerance
