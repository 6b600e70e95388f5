"""The exact nuclear norm, and how far the penalty stands above it."""

import pytest
import torch
from torch import nn

from jnn_studio.penalty import Composition, NuclearNormPenalty, exact_nuclear_norm, tightness_gap


def test_it_is_the_sum_of_singular_values_of_every_element(encoder, full_jacobian):
    x = torch.randn(5, 12, dtype=torch.float64)
    expected = torch.linalg.svdvals(full_jacobian(encoder, x)).sum(1)
    torch.testing.assert_close(exact_nuclear_norm(encoder, x), expected, rtol=1e-10, atol=0)


def test_its_gradient_is_that_of_the_sum():
    f = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    x = torch.randn(2, 4, dtype=torch.float64)
    names = [name for name, _ in f.named_parameters()]

    def norm(*weights):
        swapped = dict(zip(names, weights, strict=True))
        return exact_nuclear_norm(lambda y: torch.func.functional_call(f, swapped, (y,)), x)

    weights = [p.detach().clone().requires_grad_() for p in f.parameters()]
    assert torch.autograd.gradcheck(norm, weights)
    exact_nuclear_norm(f, x).sum().backward()
    expected = torch.autograd.grad(norm(*weights).sum(), weights, allow_unused=True)
    torch.testing.assert_close(f[0].weight.grad, expected[0])
    torch.testing.assert_close(f[2].weight.grad, expected[2])


def test_a_constant_network_has_norm_and_gradient_zero():
    f = nn.Linear(4, 3)
    nn.init.zeros_(f.weight)
    exact_nuclear_norm(f, torch.randn(2, 4)).sum().backward()
    assert (f.weight.grad == 0).all()


def test_training_with_it_thresholds_singular_values():
    """min ½‖A − Y‖² + η‖A‖_* at A = U (Σ − η)₊ Vᵀ."""
    u, v = (torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))[0] for _ in range(2))
    target = (u * torch.tensor([2.0, 1.0, 0.5]).double()) @ v.T
    f = nn.Linear(3, 3, bias=False).double()
    optimiser = torch.optim.SGD(f.parameters(), lr=0.3)
    for _ in range(200):
        optimiser.zero_grad()
        norm = exact_nuclear_norm(f, torch.zeros(1, 3, dtype=torch.float64)).sum()
        (0.5 * (f.weight - target).square().sum() + 0.3 * norm).backward()
        optimiser.step()
    expected = torch.tensor([1.7, 0.7, 0.2]).double()
    torch.testing.assert_close(torch.linalg.svdvals(f.weight.detach()), expected, rtol=0, atol=1e-6)


def test_the_gap_is_the_bound_less_the_norm(encoder):
    x = torch.randn(5, 12, dtype=torch.float64)
    gap = tightness_gap(encoder, x)
    torch.testing.assert_close(gap.bound, NuclearNormPenalty().values(encoder, x))
    torch.testing.assert_close(gap.nuclear, exact_nuclear_norm(encoder, x), rtol=1e-10, atol=0)
    torch.testing.assert_close(gap.gap, gap.bound - gap.nuclear)
    assert gap.exact
    assert (gap.gap > 0).all()


def test_the_gap_of_a_trace_is_that_of_its_input(encoder):
    x = torch.randn(5, 12, dtype=torch.float64)
    torch.testing.assert_close(tightness_gap(encoder, encoder.trace(x)).gap, tightness_gap(encoder, x).gap)


def test_the_gap_of_balanced_factors_vanishes():
    root = torch.randn(4, 4)
    f = Composition(nn.Linear(4, 4), nn.Linear(4, 4))
    with torch.no_grad():
        f[0].weight.copy_(root)
        f[1].weight.copy_(root.T)
    gap = tightness_gap(f, torch.zeros(3, 4))
    assert (gap.gap.abs() < 1e-5 * gap.nuclear).all()


def test_wide_outputs_and_wide_inputs_are_alike():
    f = Composition(nn.Sequential(nn.Linear(3, 9), nn.ELU()), nn.Linear(9, 40))
    x = torch.randn(2, 3)
    torch.testing.assert_close(
        tightness_gap(f, x).nuclear, exact_nuclear_norm(f, x).detach(), rtol=1e-5, atol=0
    )


def test_large_maps_are_estimated(encoder):
    x = torch.randn(5, 12, dtype=torch.float64)
    gap = tightness_gap(encoder, x, largest_exact=2, probes=200, generator=torch.Generator().manual_seed(1))
    assert not gap.exact
    torch.testing.assert_close(gap.nuclear, tightness_gap(encoder, x).nuclear, rtol=0.05, atol=0)


def test_deeper_compositions_need_the_nuclear_reading():
    f, x = Composition(*(nn.Linear(4, 4) for _ in range(3))), torch.randn(2, 4)
    with pytest.raises(
        ValueError, match=r"with 3 factors .* only as NuclearNormPenalty\(reading='nuclear'\)"
    ):
        tightness_gap(f, x)
    assert (tightness_gap(f, x, NuclearNormPenalty(reading="nuclear")).gap > -1e-6).all()
