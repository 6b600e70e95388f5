"""The penalties and their gradients, against automatic differentiation of the whole."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from jnn_studio.labs.rof.config import NetworkConfig, RofPenaltyConfig
from jnn_studio.labs.rof.network import build
from jnn_studio.labs.rof.objective import drawn_composite, exact_composite, gradient_norm, objectives
from jnn_studio.penalty import Composition


@pytest.fixture(params=[1, 2, 5])
def network(request: pytest.FixtureRequest) -> Composition:
    return build(request.param, NetworkConfig(frequencies=7, hidden=6), seed=3).double()


def points(f: Composition, count: int = 9) -> Tensor:
    n = f[0][0].frequencies.shape[1]
    return torch.rand(count, n, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 4 - 2


def whole_jacobians(module: torch.nn.Module, x: Tensor) -> Tensor:
    return torch.func.vmap(torch.func.jacrev(lambda v: module(v.unsqueeze(0)).squeeze(0)))(x)


def parameter_gradients(f: Composition, value: Tensor) -> list[Tensor]:
    return [g for g in torch.autograd.grad(value, list(f.parameters()), allow_unused=True) if g is not None]


def test_the_network_is_the_papers() -> None:
    f = build(2, NetworkConfig(), seed=0)

    h, g = f
    assert [tuple(p.shape) for p in h.parameters()] == [(100, 1002), (100,), (100, 100), (100,)]
    assert [tuple(p.shape) for p in g.parameters()] == [(100, 100), (100,), (1, 100), (1,)]
    spread = h[0].frequencies.std(0)
    assert spread[1].item() == pytest.approx(torch.pi / 2**0.5, rel=0.1)
    assert (spread[0] / spread[1]).item() == pytest.approx(0.5, rel=0.15)


def test_features_are_sines_cosines_and_the_point() -> None:
    features = build(2, NetworkConfig(frequencies=3), seed=0)[0][0]
    x = torch.tensor([[0.3, -0.2]])

    phase = x @ features.frequencies.T
    torch.testing.assert_close(features(x), torch.cat([phase.sin(), phase.cos(), x], 1))


def test_weights_are_a_function_of_the_seed() -> None:
    first, again, other = (build(2, NetworkConfig(frequencies=3), seed) for seed in (1, 1, 2))

    for name, value in first.state_dict().items():
        torch.testing.assert_close(value, again.state_dict()[name], rtol=0, atol=0)
        assert not torch.equal(value, other.state_dict()[name])


def test_the_nuclear_norm_is_that_of_the_gradient(network: Composition) -> None:
    x = points(network)

    right = whole_jacobians(network, x).squeeze(1).norm(dim=1)

    torch.testing.assert_close(gradient_norm(network.trace(x)), right)
    for found, wanted in zip(
        parameter_gradients(network, gradient_norm(network.trace(x)).mean()),
        parameter_gradients(network, right.mean()),
        strict=True,
    ):
        torch.testing.assert_close(found, wanted)


def test_the_composite_penalty_is_that_of_both_jacobians(network: Composition) -> None:
    x = points(network)
    h, g = network

    jh, jg = whole_jacobians(h, x), whole_jacobians(g, h(x))
    right = 0.5 * (jh.square().sum((1, 2)) + jg.square().sum((1, 2))).mean()

    found = exact_composite()(network, x)
    torch.testing.assert_close(found, right)
    for one, other in zip(
        parameter_gradients(network, found), parameter_gradients(network, right), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_the_engine_takes_exact_estimators(network: Composition) -> None:
    penalty = exact_composite()
    penalty(network, points(network))

    assert repr(penalty).count("exact,") == 2


def test_draws_agree_with_the_exact_penalty_on_average() -> None:
    f = build(2, NetworkConfig(frequencies=7, hidden=6), seed=3).double()
    x = points(f, 40)

    drawn = drawn_composite(RofPenaltyConfig(draws=300))(f, x, torch.Generator().manual_seed(0))

    torch.testing.assert_close(drawn, exact_composite()(f, x), rtol=0.02, atol=0)


def test_objectives_differ_by_the_gap(network: Composition) -> None:
    x = points(network)
    tau = torch.ones(len(x), dtype=torch.float64)

    nuclear, composite, gap = objectives(network, x, tau, 0.3)

    assert gap > 0
    assert composite - nuclear == pytest.approx(0.3 * gap)
    data = 0.5 * (network(x)[:, 0] - 1).square().mean()
    right = data + 0.3 * gradient_norm(network.trace(x)).mean()
    assert nuclear == pytest.approx(right.item())


def test_eta_rises_in_steps() -> None:
    rising = RofPenaltyConfig(start=0.05, increment=0.05, every=10)

    assert [rising.eta(step, 0.12) for step in (0, 9, 10, 20, 999)] == [0.05, 0.05, 0.1, 0.12, 0.12]
    assert rising.eta(0, 0.01) == 0.01
    assert RofPenaltyConfig(every=0).eta(0, 0.3) == 0.3
