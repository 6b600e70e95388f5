"""Compositions deeper than two: both readings, against the closed optimum for linear maps."""

import itertools

import pytest
import torch
from torch import nn

from jnn_studio.penalty import Composition, NuclearNormPenalty


def linear_chain(matrices):
    layers = []
    for matrix in matrices:
        layer = nn.Linear(matrix.shape[1], matrix.shape[0], bias=False).double()
        layer.weight.data.copy_(matrix)
        layers.append(layer)
    return Composition(*layers)


def balanced(target, depth):
    """X₁⋯X_L = target with every factor's singular values σ^{1/L}: the minimiser of both readings."""
    u, sigma, vh = torch.linalg.svd(target, full_matrices=False)
    root = sigma.pow(1 / depth)
    inner = [torch.diag(root) for _ in range(depth - 2)]
    return [root.unsqueeze(1) * vh, *inner, u * root]


def optimum(target, depth, reading):
    sigma = torch.linalg.svdvals(target)
    return (sigma if reading == "nuclear" else sigma.pow(2 / depth)).sum()


X = torch.zeros(2, 5, dtype=torch.float64)


@pytest.mark.parametrize("reading", ["schatten", "nuclear"])
@pytest.mark.parametrize("depth", [2, 3, 4, 5])
def test_balanced_factors_attain_the_optimum(depth, reading):
    target = torch.randn(4, 5, dtype=torch.float64)
    f = linear_chain(balanced(target, depth))
    value = NuclearNormPenalty(reading=reading)(f, X)
    torch.testing.assert_close(value, optimum(target, depth, reading))


@pytest.mark.parametrize("reading", ["schatten", "nuclear"])
@pytest.mark.parametrize("depth", [2, 3, 4])
def test_no_other_factorisation_goes_below(depth, reading):
    target = torch.randn(4, 5, dtype=torch.float64)
    bound = optimum(target, depth, reading)
    for seed in range(20):
        torch.manual_seed(seed)
        factors = balanced(target, depth)
        for i in range(depth - 1):
            change = torch.eye(4).double() + 0.3 * torch.randn(4, 4).double()
            factors[i], factors[i + 1] = change @ factors[i], factors[i + 1] @ torch.linalg.inv(change)
        f = linear_chain(factors)
        torch.testing.assert_close(f(torch.eye(5).double()).T, target)
        assert NuclearNormPenalty(reading=reading)(f, X) >= bound - 1e-9


def soft_threshold(y, eta):
    """min ½(s − y)² + η s"""
    return (y - eta).clamp_min(0)


def schatten_threshold(y, eta, p):
    """min ½(s − y)² + η sᵖ over s ≥ 0, by exhaustion."""
    s = torch.linspace(0, float(y.max()), 200_001, dtype=torch.float64)
    cost = 0.5 * (s - y.unsqueeze(1)).square() + eta * s.pow(p)
    return s[cost.argmin(1)]


@pytest.mark.parametrize(
    ("depth", "reading"), [(2, "schatten"), (3, "schatten"), (3, "nuclear"), (4, "nuclear")]
)
def test_training_reaches_the_closed_optimum(depth, reading):
    """min ½‖X₁⋯X_L − Y‖² + η R is solved by thresholding the singular values of Y."""
    u, v = (torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64))[0] for _ in range(2))
    y = torch.tensor([3.0, 2.0, 1.2, 0.2]).double()
    target, eta = (u * y) @ v.T, 0.4
    f = linear_chain([m + 0.05 * torch.randn_like(m) for m in balanced(target, depth)])
    penalty = NuclearNormPenalty(reading=reading)
    basis = torch.eye(4, dtype=torch.float64)
    optimiser = torch.optim.LBFGS(
        f.parameters(),
        max_iter=2000,
        tolerance_grad=1e-10,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )

    def objective():
        return 0.5 * (f(basis).T - target).square().sum() + eta * penalty(f, basis)

    def closure():
        optimiser.zero_grad()
        loss = objective()
        loss.backward()
        return loss

    optimiser.step(closure)
    expected = soft_threshold(y, eta)
    if reading == "schatten" and depth > 2:
        expected = schatten_threshold(y, eta, 2 / depth)
    torch.testing.assert_close(torch.linalg.svdvals(f(basis).T.detach()), expected, rtol=0, atol=2e-3)


def test_two_factors_have_one_reading(encoder):
    x = torch.randn(3, 12, dtype=torch.float64)
    torch.testing.assert_close(
        NuclearNormPenalty(reading="nuclear")(encoder, x), NuclearNormPenalty(reading="schatten")(encoder, x)
    )


def deep(sizes):
    layers = [nn.Sequential(nn.Linear(a, b), nn.Tanh()) for a, b in itertools.pairwise(sizes)]
    return Composition(*layers).double()


@pytest.mark.parametrize("depth", [3, 4, 5, 6])
def test_the_nuclear_reading_bounds_the_nuclear_norm_of_a_network(depth, full_jacobian):
    f, x = deep([6] * (depth + 1)), torch.randn(8, 6, dtype=torch.float64)
    nuclear = torch.linalg.svdvals(full_jacobian(f, x)).sum(1)
    assert (NuclearNormPenalty(reading="nuclear").values(f, x) >= nuclear - 1e-12).all()


@pytest.mark.parametrize("depth", [4, 6])
def test_even_depths_are_matrix_free_and_unbiased(depth, full_jacobian):
    sizes = [11, 12, 10, 13, 11, 12, 10][: depth + 1]
    f, x = deep(sizes), torch.randn(6, 11, dtype=torch.float64)
    penalty = NuclearNormPenalty(reading="nuclear", probes=400)
    terms = penalty.evaluate(f, x, torch.Generator().manual_seed(2))
    assert "probed" in repr(penalty)
    exact = NuclearNormPenalty(reading="nuclear", exact_budget=100).evaluate(f, x)
    assert exact.standard_error is None
    assert abs(terms.total - exact.total) < 4 * terms.standard_error < 0.2 * exact.total
    first = torch.linalg.svdvals(full_jacobian(f[0], x)).pow(depth).sum(1).mean()
    torch.testing.assert_close(exact.factors[0], first)


def test_the_gradient_of_a_power_reaches_the_weights():
    f, x = deep([3, 4, 3, 4, 3]), torch.randn(2, 3, dtype=torch.float64)
    weights = list(f.parameters())
    exact = torch.autograd.grad(NuclearNormPenalty(reading="nuclear")(f, x), weights)
    penalty = NuclearNormPenalty(reading="nuclear", exact_budget=0, probes=3000)
    probed = torch.autograd.grad(penalty(f, x, torch.Generator().manual_seed(1)), weights)
    for a, b in zip(probed, exact, strict=True):
        assert (a - b).norm() < 0.1 * max(b.norm().item(), 0.1)


def test_an_odd_depth_of_large_factors_is_refused():
    f = Composition(*(nn.Linear(600, 600) for _ in range(3)))
    with pytest.raises(
        ValueError, match="an odd depth of 3 needs a full SVD .* factor 0 has 600 singular values"
    ):
        NuclearNormPenalty(reading="nuclear")(f, torch.zeros(1, 600))
