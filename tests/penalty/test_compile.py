"""torch.compile, on either side of the penalty. The eager backends need no C++ compiler."""

import pytest
import torch
from torch import nn

from jnn_studio.penalty import Composition, NuclearNormPenalty

# Raised by the compiler's own look at its inputs.
pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")


class Opaque(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.inner = nn.Linear(n, m)

    def forward(self, x):
        return torch.tanh(self.inner(x))


@pytest.fixture(autouse=True)
def fresh():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


@pytest.fixture
def x():
    return torch.randn(4, 6)


@pytest.mark.parametrize("estimator", ["auto", "forward", "reverse", "jvp"])
def test_a_compiled_loss_is_the_loss(encoder_32, x, estimator):
    penalty = NuclearNormPenalty(estimator, noise="rademacher")

    def loss(y):
        trace = encoder_32.trace(y)
        torch.manual_seed(1)
        return trace.output.square().sum() + penalty(encoder_32, trace)

    weights = list(encoder_32.parameters())
    expected = torch.autograd.grad(loss(x), weights, allow_unused=True)
    compiled = torch.compile(loss, backend="aot_eager")
    found = torch.autograd.grad(compiled(x), weights, allow_unused=True)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b)


def test_the_closed_form_compiles_into_one_graph(encoder_32, x):
    penalty = NuclearNormPenalty()
    compiled = torch.compile(lambda y: penalty(encoder_32, y), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), penalty(encoder_32, x))


def test_a_compiled_composition_is_still_one(encoder_32, x):
    compiled = torch.compile(encoder_32, backend="eager")
    torch.testing.assert_close(compiled(x), encoder_32(x))
    torch.testing.assert_close(NuclearNormPenalty()(compiled, x), NuclearNormPenalty()(encoder_32, x))


def test_compiled_factors(x):
    plain = Composition(nn.Sequential(nn.Linear(6, 20), nn.ELU()), Opaque(20, 12))
    compiled = Composition(*(torch.compile(factor, backend="eager") for factor in plain))
    for name in ("auto", "finite_difference"):
        generators = [torch.Generator().manual_seed(1) for _ in range(2)]
        penalties = [NuclearNormPenalty(name) for _ in range(2)]
        a, b = (p(f, x, g) for p, f, g in zip(penalties, (compiled, plain), generators, strict=True))
        torch.testing.assert_close(a, b)


@pytest.fixture
def encoder_32():
    return Composition(nn.Sequential(nn.Linear(6, 5), nn.ELU()), nn.Linear(5, 3))
