"""Layers that only automatic differentiation knows: right by some route, or refused with the layer's name."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from jnn_studio.jacobian import JacobianOperator, NoDerivativeError, jacobian_svd
from jnn_studio.penalty import Composition, NuclearNormPenalty


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.recurrence = kind(3, 4, batch_first=True)

    def forward(self, x):
        return self.recurrence(x)[0]


class Sampled(nn.Module):
    """A spatial transformer: grid_sample with a grid that depends on the image."""

    def __init__(self):
        super().__init__()
        self.where = nn.Linear(9, 6)

    def forward(self, x):
        grid = F.affine_grid(self.where(x.flatten(1)).view(-1, 2, 3), list(x.shape), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


class Solved(nn.Module):
    def forward(self, x):
        return torch.linalg.solve(x @ x.mT + torch.eye(3, dtype=x.dtype), x)


class Distances(nn.Module):
    def __init__(self):
        super().__init__()
        self.centres = nn.Parameter(torch.randn(3, 6))

    def forward(self, x):
        return torch.cdist(x, self.centres)


class Exported(nn.Module):
    """A layer norm as a graph of ATen operators has it."""

    def forward(self, x):
        return torch.ops.aten.native_layer_norm.default(x, [6], None, None, 1e-5)[0]


class Tokens(nn.Module):
    """Normalised channels, looked at as tokens: the gradient comes back channels last."""

    def __init__(self):
        super().__init__()
        self.group, self.batch, self.layer = nn.GroupNorm(2, 4), nn.BatchNorm2d(4).eval(), nn.LayerNorm(4)

    def forward(self, x):
        return self.layer(self.batch(self.group(x)).flatten(2).transpose(1, 2))


LAYERS = {
    "exported layer norm": (Exported, (2, 6)),
    "lstm": (lambda: Recurrent(nn.LSTM), (5, 3)),
    "gru": (lambda: Recurrent(nn.GRU), (5, 3)),
    "grid_sample": (Sampled, (1, 3, 3)),
    "layer norm": (lambda: nn.LayerNorm(6), (6,)),
    "layer norm without weights": (lambda: nn.LayerNorm(6, elementwise_affine=False), (2, 6)),
    "instance norm": (lambda: nn.InstanceNorm2d(2, affine=True), (2, 3, 3)),
    "group norm": (lambda: nn.GroupNorm(2, 4), (4, 3)),
    "glu": (nn.GLU, (6,)),
    "hardsigmoid": (nn.Hardsigmoid, (6,)),
    "cdist": (Distances, (2, 6)),
    "solve": (Solved, (3, 3)),
}


@pytest.fixture(params=LAYERS, ids=str)
def case(request):
    make, shape = LAYERS[request.param]
    inner = nn.Sequential(nn.Linear(shape[-1], shape[-1]), nn.Tanh(), make()).double()
    return inner, torch.randn(2, *shape, dtype=torch.float64)


def energy(f, x):
    """Mean of ‖J‖_F² from reverse mode alone."""
    total = 0.0
    for one in x.unsqueeze(1):
        one = one.clone().requires_grad_()
        total += sum(
            torch.autograd.grad(y, one, retain_graph=True)[0].square().sum() for y in f(one).flatten()
        )
    return total / len(x)


def test_products_and_singular_values(case, full_jacobian):
    f, x = case
    exact = torch.stack(
        [
            torch.stack(
                [torch.autograd.grad(y, one, retain_graph=True)[0].flatten() for y in f(one).flatten()]
            )
            for one in x.unsqueeze(1).requires_grad_()
        ]
    )
    operator = JacobianOperator(f, x.detach())
    v = torch.randn(2, operator.n, 3, dtype=x.dtype)
    torch.testing.assert_close(operator.push(v).detach(), exact @ v)
    for method in ("auto", "dense", "krylov"):
        sigma = jacobian_svd(f, x.detach(), k=2, method=method, tolerance=1e-9).sigma
        torch.testing.assert_close(sigma, torch.linalg.svdvals(exact)[:, :2], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("estimator", ["forward", "reverse"])
def test_the_gradient_of_the_penalty_is_that_of_its_value(case, estimator):
    """torch's own forward mode has wrong derivatives for some of these, without a word."""
    f, x = case
    weight, step = f[0].weight, 1e-5
    direction = torch.randn_like(weight)
    f = Composition(f, nn.Identity())
    value = NuclearNormPenalty(estimator).evaluate(f, x).factors[0]
    torch.testing.assert_close(value.detach(), energy(f, x))
    found = (torch.autograd.grad(value, weight)[0] * direction).sum()
    ends = []
    for sign in (1, -1):
        with torch.no_grad():
            weight += sign * step * direction
        ends.append(energy(f, x))
        with torch.no_grad():
            weight -= sign * step * direction
    torch.testing.assert_close(found, (ends[0] - ends[1]) / (2 * step), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("method", ["dense", "krylov"])
def test_recurrent_layers_in_single_precision(kind, method):
    f, x = Recurrent(kind), torch.randn(2, 5, 3)
    sigma = jacobian_svd(f, x, k=2, method=method).sigma
    expected = jacobian_svd(f.double(), x.double(), k=2, method="dense").sigma
    torch.testing.assert_close(sigma, expected.float(), rtol=1e-4, atol=1e-5)


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0].cos()


class OnceDifferentiable(nn.Module):
    def forward(self, x):
        return Once.apply(x)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 6)
        self.strange = OnceDifferentiable()

    def forward(self, x):
        return x + self.strange(self.first(x))


def test_reverse_mode_serves_where_it_is_all_there_is(full_jacobian):
    f, x = nn.Sequential(nn.Linear(6, 6), Block()), torch.randn(2, 6)
    svd = jacobian_svd(f, x)
    assert svd.method == "dense"
    smooth = lambda y: (lambda a: a + f[1].first(a).sin())(f[0](y))  # noqa: E731
    torch.testing.assert_close(svd.sigma, torch.linalg.svdvals(full_jacobian(smooth, x)))


def test_auto_says_why_it_took_the_longer_way():
    f = nn.Sequential(nn.Linear(80, 80), OnceDifferentiable())
    svd = jacobian_svd(f, torch.randn(1, 80), k=1)
    assert svd.method == "dense"
    assert svd.reason == "layer '1' (OnceDifferentiable) has no forward mode or double backward"


def test_what_has_no_derivative_is_named_with_its_path_and_what_to_do():
    f = nn.Sequential(nn.Linear(6, 6), Block())
    with pytest.raises(NoDerivativeError) as raised:
        jacobian_svd(f, torch.randn(2, 6), k=1, method="krylov")
    message = str(raised.value)
    assert message.startswith("layer '1.strange' (OnceDifferentiable) has no forward mode or double backward")
    assert "jacobian_svd(…, method='dense') needs reverse mode alone" in message


def test_what_has_no_batching_rule_is_taken_one_vector_at_a_time(full_jacobian):
    class Peeking(nn.Module):
        def forward(self, x):
            return x.sin() if float(x.detach().sum()) > -1e9 else x

    operator = JacobianOperator(Peeking(), torch.randn(2, 4))
    entries = operator.dense()
    torch.testing.assert_close(entries, full_jacobian(torch.sin, operator._input))


def test_a_function_without_a_name_of_its_own_is_no_obstacle(full_jacobian):
    f, x = nn.LayerNorm(4), torch.randn(2, 4)
    torch.testing.assert_close(JacobianOperator(f.forward, x).dense(), full_jacobian(f, x))


@pytest.mark.parametrize("estimator", ["auto", "jvp", "reverse"])
def test_a_map_that_mixes_the_batch_has_no_jacobian_at_each_element(estimator):
    class Centred(nn.Module):
        def forward(self, x):
            return (x - x.mean(0)).sin()

    with pytest.raises(ValueError, match=r"Centred depend on the inputs of other elements.*batch_first=True"):
        jacobian_svd(Centred(), torch.randn(3, 4))
    f = Composition(nn.Linear(4, 12), Centred())
    with pytest.raises(ValueError, match="Centred depend on the inputs of other elements"):
        NuclearNormPenalty(estimator)(f, torch.randn(3, 4))
    assert jacobian_svd(Centred(), torch.randn(1, 4)).sigma.shape == (1, 4)


def test_attention_with_the_sequence_first_is_refused_instead_of_mixed_up():
    with pytest.raises(ValueError, match="batch_first=True"):
        jacobian_svd(nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0), torch.randn(3, 5, 4))


@pytest.mark.parametrize("make", [lambda: Recurrent(nn.GRU), Sampled, Solved], ids=["gru", "sample", "solve"])
def test_inference_mode_is_no_obstacle(make):
    f, x = make(), torch.randn(2, 1, 3, 3) if make is Sampled else torch.randn(2, 3, 3)
    expected = jacobian_svd(f, x, k=2).sigma
    with torch.inference_mode():
        for method in ("auto", "krylov"):
            found = jacobian_svd(f, x.clone(), k=2, method=method).sigma
            torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_normalised_tokens_against_differences():
    """torch's own reverse mode is wrong here, so that no oracle made with it will do."""
    f, x = Tokens().double(), torch.randn(2, 4, 3, 3, dtype=torch.float64)
    operator = JacobianOperator(f, x)
    v, u = torch.randn(2, 36, 2, dtype=torch.float64), torch.randn(2, 36, 2, dtype=torch.float64)
    steps = [1e-6 * v[..., i].reshape(x.shape) for i in range(2)]
    moved = torch.stack([(f(x + d) - f(x - d)).flatten(1) / 2e-6 for d in steps], -1).detach()
    torch.testing.assert_close(operator.push(v).detach(), moved, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(u.mT @ moved, operator.pull(u).detach().mT @ v, rtol=1e-6, atol=1e-7)
    channels_last = JacobianOperator(f, x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(channels_last.push(v), operator.push(v))
