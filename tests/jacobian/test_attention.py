"""Attention has every derivative: products, singular values, the penalty's gradient."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from jnn_studio.jacobian import JacobianOperator, jacobian_svd
from jnn_studio.jacobian.kernels import differentiable_kernels
from jnn_studio.penalty import Composition, NuclearNormPenalty


class Multihead(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Dot(nn.Module):
    def __init__(self):
        super().__init__()
        self.project = nn.Linear(4, 12)

    def forward(self, x):
        return F.scaled_dot_product_attention(*self.project(x).chunk(3, -1))


def encoder_layer():
    return nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True)


def encoder():
    return nn.TransformerEncoder(encoder_layer(), 2, enable_nested_tensor=False)


@pytest.fixture(params=[Multihead, Dot, encoder_layer, encoder], ids=lambda make: make.__name__)
def layer(request):
    return request.param().double()


@pytest.fixture(params=[False, True], ids=["evaluating", "training"])
def mode(request, layer):
    return layer.train(request.param)


@pytest.fixture
def x():
    return torch.randn(2, 3, 4, dtype=torch.float64)


def entries(f, x):
    """J of every element by reverse mode of the plain kernels, differentiable."""
    with differentiable_kernels(f):
        rows = [
            torch.stack(
                [torch.autograd.grad(y, one, create_graph=True)[0].flatten() for y in f(one).flatten()]
            )
            for one in x.unsqueeze(1).requires_grad_()
        ]
    return torch.stack(rows)


@pytest.mark.parametrize("method", ["auto", "dense", "krylov"])
def test_singular_values(mode, x, method):
    exact = torch.linalg.svdvals(entries(mode, x).detach())
    sigma = jacobian_svd(mode, x, k=3, method=method, tolerance=1e-9).sigma
    torch.testing.assert_close(sigma, exact[:, :3], rtol=1e-8, atol=1e-10)


def test_products(mode, x):
    exact, operator = entries(mode, x).detach(), JacobianOperator(mode, x)
    v, u = torch.randn(2, 12, 3, dtype=torch.float64), torch.randn(2, 12, 3, dtype=torch.float64)
    torch.testing.assert_close(operator.push(v), exact @ v)
    torch.testing.assert_close(operator.pull(u), exact.mT @ u)


@pytest.mark.parametrize(("estimator", "budget"), [("forward", 8), ("reverse", 8), ("auto", 12)])
def test_the_exact_penalty_and_its_gradient(mode, x, estimator, budget):
    f = Composition(mode, nn.Identity())
    penalty = NuclearNormPenalty(estimator, exact_budget=budget)
    value = penalty.evaluate(f, f.trace(x)).factors[0]
    expected = entries(mode, x.clone()).square().sum((1, 2)).mean()
    torch.testing.assert_close(value, expected)
    assert "exact" in repr(penalty).splitlines()[1]
    weights = list(mode.parameters())
    found = torch.autograd.grad(value, weights, allow_unused=True, materialize_grads=True)
    wanted = torch.autograd.grad(expected, weights, allow_unused=True, materialize_grads=True)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("estimator", ["auto", "jvp", "deflated"])
def test_the_estimated_penalty_trains(layer, x, estimator):
    f = Composition(layer, nn.Linear(4, 4).double())
    penalty = NuclearNormPenalty(estimator, probes=400, exact_budget=0, noise="gaussian", rank=2)
    terms = penalty.evaluate(f, x)
    exact = entries(layer, x).square().sum((1, 2)).mean()
    assert terms.factors[0].item() == pytest.approx(exact.item(), rel=0.2)
    terms.total.backward()


def test_the_plan_of_a_deep_attention_factor_is_a_jvp(x):
    f = Composition(encoder(), nn.Flatten())
    penalty = NuclearNormPenalty()
    penalty(f, x.float()).backward()
    assert "factor 0, TransformerEncoder(ModuleList) 12→12: jvp (stochastic" in repr(penalty)


def test_a_small_attention_factor_is_exact_and_differentiates():
    f = Composition(nn.Linear(4, 2), nn.Sequential(nn.Unflatten(1, (1, 2)), Multihead2(), nn.Flatten()))
    penalty = NuclearNormPenalty()
    penalty(f, torch.randn(3, 4)).backward()
    assert "factor 1, Sequential(Unflatten, Multihead2, Flatten) 2→2: forward (exact" in repr(penalty)


class Multihead2(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(2, 1, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


def test_the_kernels_of_everybody_else_come_back():
    def settings():
        cuda = torch.backends.cuda
        return (
            cuda.flash_sdp_enabled(),
            cuda.mem_efficient_sdp_enabled(),
            cuda.math_sdp_enabled(),
            torch.backends.mha.get_fastpath_enabled(),
            torch.backends.mkldnn.enabled if hasattr(torch.backends.mkldnn, "enabled") else None,
        )

    before = settings()
    first, second = (differentiable_kernels(nn.LSTM(2, 2)) for _ in range(2))
    first.__enter__()
    second.__enter__()  # as two threads would, one leaving before the other
    first.__exit__(None, None, None)
    assert not torch.backends.cuda.flash_sdp_enabled()
    second.__exit__(None, None, None)
    assert settings() == before
