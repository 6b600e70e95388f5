"""Dropout and batch norm: the penalty is that of the map of the forward pass, and disturbs nothing."""

import copy

import pytest
import torch
from torch import nn

from jnn_studio.penalty import Composition, NuclearNormPenalty

ESTIMATORS = ["forward", "reverse", "jvp", "finite_difference", "central_difference", "deflated"]


class Hidden(nn.Module):
    """The same layers where the type of the whole says nothing."""

    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


@pytest.fixture(params=[nn.Sequential, Hidden], ids=["known layers", "opaque"])
def build(request):
    return request.param


def value(f, x, name):
    probes = 1 if name in ("forward", "reverse", "closed_form") else 300
    sigma = 1e-4 if "difference" in name else None
    penalty = NuclearNormPenalty(name, sigma, probes, noise="gaussian", rank=2)
    return penalty.evaluate(f, x, torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_mask_of_the_forward_pass_is_used_again(build, name):
    h = build(nn.Linear(8, 12), nn.Tanh(), nn.Dropout(0.5)).double()
    f = Composition(h, nn.Linear(12, 3).double())
    trace = f.trace(torch.randn(6, 8, dtype=torch.float64))
    kept = (trace.passes[0].output != 0).to(torch.float64)
    slopes = 2 * kept * (1 - (trace.passes[0].output / 2).square())
    weight = next(iter(h.parameters()))
    exact = (slopes.square() @ weight.square().sum(1)).mean().item()
    assert value(f, trace, name).factors[0].item() == pytest.approx(
        exact, rel=1e-9 if name in ESTIMATORS[:2] else 0.1
    )


def test_the_closed_form_sees_the_mask():
    h = nn.Sequential(nn.Linear(8, 12), nn.Dropout(0.5), nn.Tanh()).double()
    f = Composition(h, nn.Linear(12, 3).double())
    trace = f.trace(torch.randn(6, 8, dtype=torch.float64))
    closed, forward = (value(f, trace, name).factors[0] for name in ("closed_form", "forward"))
    torch.testing.assert_close(closed, forward, rtol=1e-12, atol=0)


@pytest.mark.parametrize("layer", [nn.Dropout(0.3), nn.Dropout(0.3, inplace=True), nn.Dropout2d(0.3)])
def test_a_traced_dropout_draws_what_a_plain_one_draws(layer):
    f = Composition(nn.Sequential(nn.Conv2d(1, 3, 1), layer), nn.Flatten())
    x = torch.randn(4, 1, 5, 5)
    torch.manual_seed(3)
    plain = f(x)
    torch.manual_seed(3)
    assert torch.equal(f.trace(x).output, plain)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_penalty_takes_no_random_numbers_from_the_layers(build, name):
    f = Composition(build(nn.Linear(8, 12), nn.Dropout(0.5)), nn.Linear(12, 3))
    x = torch.randn(4, 8)
    torch.manual_seed(5)
    first = f.trace(x)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = f.trace(x)
    value(f, first, name)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_batch_statistics_stay_as_the_forward_pass_left_them(build, name):
    h = build(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ELU())
    f = Composition(h, nn.Sequential(nn.Flatten(), nn.Linear(12, 2)))
    x = torch.randn(4, 1, 4, 4)
    reference = copy.deepcopy(f)
    reference(x)
    value(f, x, name)
    for (key, found), expected in zip(f.named_buffers(), reference.buffers(), strict=True):
        assert torch.equal(found, expected), key
    assert all(module.training for module in f.modules())


@pytest.mark.parametrize("name", ESTIMATORS)
def test_batch_statistics_count_as_constants(build, name, squared_norms):
    norm = nn.BatchNorm1d(7).double()
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    h = build(nn.Linear(5, 7).double(), norm, nn.Tanh())
    f = Composition(h, nn.Linear(7, 2).double())
    x = torch.randn(6, 5, dtype=torch.float64)
    found = value(f, x, name).factors[0].item()

    a = next(iter(h.children()))(x) if build is nn.Sequential else h.layers[0](x)
    variance, mean = torch.var_mean(a, 0, correction=0)
    linear = h[0] if build is nn.Sequential else h.layers[0]

    def frozen(y):
        scaled = (linear(y) - mean.detach()) / (variance.detach() + norm.eps).sqrt()
        return torch.tanh(scaled * norm.weight + norm.bias)

    exact = squared_norms(frozen, x).mean().item()
    assert found == pytest.approx(exact, rel=1e-9 if name in ESTIMATORS[:2] else 0.1)


def test_the_closed_form_of_a_training_batch_norm_is_that_of_its_statistics():
    h = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.LeakyReLU()).double()
    f = Composition(h, nn.Flatten())
    trace = f.trace(torch.randn(4, 1, 5, 5, dtype=torch.float64))
    closed, forward = (value(f, trace, name).factors[0] for name in ("closed_form", "forward"))
    torch.testing.assert_close(closed, forward, rtol=1e-12, atol=0)


def test_batch_norm_without_running_statistics():
    h = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5, track_running_stats=False), nn.Tanh()).double()
    f = Composition(h, nn.Linear(5, 2).double())
    trace = f.trace(torch.randn(6, 4, dtype=torch.float64))
    closed, forward = (value(f, trace, name).factors[0] for name in ("closed_form", "forward"))
    torch.testing.assert_close(closed, forward, rtol=1e-12, atol=0)


def test_the_whole_step_still_differentiates(build):
    h = build(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ELU(), nn.Dropout(0.2))
    f = Composition(h, nn.Sequential(nn.Flatten(), nn.Linear(12, 2)))
    trace = f.trace(torch.randn(4, 1, 4, 4))
    loss = trace.output.square().sum() + NuclearNormPenalty()(f, trace)
    loss.backward()
    assert all(torch.isfinite(p.grad).all() for p in f.parameters())
