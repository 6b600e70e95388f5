"""A layer is taken for what its type says only where it does that and no more."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

from jnn_studio.jacobian import JacobianOperator, NoDerivativeError, jacobian_svd
from jnn_studio.jacobian.layers import LayerKind, kind_of
from jnn_studio.penalty import Composition, NuclearNormPenalty


def linear():
    return nn.Linear(6, 6)


def forward_hook():
    layer = linear()
    layer.register_forward_hook(lambda _, __, y: 3 * y.sin())
    return layer


def pre_hook():
    layer = linear()
    layer.register_forward_pre_hook(lambda _, inputs: (inputs[0].square(),))
    return layer


def activation_hook():
    layer = nn.Tanh()
    layer.register_forward_hook(lambda _, __, y: y * y)
    return layer


def identity_hook():
    layer = nn.Identity()
    layer.register_forward_hook(lambda _, __, y: y.exp())
    return layer


def own_forward():
    class Scaled(nn.Linear):
        def forward(self, x):
            return super().forward(x) * x

    return Scaled(6, 6)


def own_identity():
    class Cubed(nn.Identity):
        def forward(self, x):
            return x**3

    return Cubed()


def own_convolution():
    class Standardised(nn.Conv1d):
        def _conv_forward(self, x, weight, bias):
            return super()._conv_forward(x, weight / weight.std(), bias)

    return nn.Sequential(nn.Unflatten(1, (2, 3)), Standardised(2, 2, 3, padding=1), nn.Flatten())


def own_call():
    class Called(nn.Linear):
        def __call__(self, x):
            return super().__call__(x).sin()

    return Called(6, 6)


def replaced_forward():
    layer = linear()
    layer.forward = lambda x: torch.sin(x) * 2
    return layer


def replaced_forward_of_a_container():
    layers = nn.Sequential(linear(), nn.Tanh())
    layers.forward = lambda x: x.square()
    return layers


def container_hook():
    layers = nn.Sequential(linear(), nn.Tanh())
    layers.register_forward_hook(lambda _, __, y: y.square())
    return layers


def container_pre_hook():
    layers = nn.Sequential(linear(), nn.Tanh())
    layers.register_forward_pre_hook(lambda _, inputs: (inputs[0].square(),))
    return layers


def own_order():
    class Backwards(nn.Sequential):
        def __iter__(self):
            return iter(list(self._modules.values())[::-1])

    return Backwards(linear(), nn.Tanh(), linear())


def weight_norm():
    return parametrizations.weight_norm(linear())


def spectral_norm():
    return parametrizations.spectral_norm(linear())


def orthogonal():
    return parametrizations.orthogonal(linear())


def parametrised():
    class Symmetric(nn.Module):
        def forward(self, w):
            return w.triu() + w.triu(1).mT

    layer = linear()
    parametrize.register_parametrization(layer, "weight", Symmetric())
    return layer


@pytest.mark.filterwarnings("ignore")
def old_weight_norm():
    return nn.utils.weight_norm(linear())


def old_spectral_norm():
    return nn.utils.spectral_norm(linear())


def pruned():
    return prune.l1_unstructured(linear(), "weight", amount=0.5)


def tied():
    """Decoder and encoder share their weight."""

    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.encode = linear()

        def forward(self, x):
            return nn.functional.linear(torch.tanh(self.encode(x)), self.encode.weight.mT)

    return Tied()


def shared():
    layer = linear()
    return nn.Sequential(layer, nn.Tanh(), layer)


def plain_subclass():
    class Initialised(nn.Linear):
        """Nothing but its beginnings."""

        def __init__(self, n, m):
            super().__init__(n, m)
            self.reset_parameters()

        def reset_parameters(self):
            nn.init.normal_(self.weight, std=0.3)

    return Initialised(6, 6)


LAYERS = [
    forward_hook,
    pre_hook,
    activation_hook,
    identity_hook,
    own_forward,
    own_identity,
    own_convolution,
    own_call,
    replaced_forward,
    replaced_forward_of_a_container,
    container_hook,
    container_pre_hook,
    own_order,
    weight_norm,
    spectral_norm,
    orthogonal,
    parametrised,
    old_weight_norm,
    old_spectral_norm,
    pruned,
    tied,
    shared,
    plain_subclass,
]


@pytest.fixture(params=LAYERS, ids=lambda make: make.__name__)
def whole(request):
    with pytest.warns() if request.param is old_weight_norm else _nothing():
        layer = request.param()
    return nn.Sequential(linear(), layer, nn.Tanh(), linear()).double()


class _nothing:  # noqa: N801
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def exact_energy(f, x):
    """Mean of ‖J‖_F² by reverse mode, differentiable."""
    rows = [
        torch.autograd.grad(y, one, create_graph=True)[0].square().sum()
        for one in x.unsqueeze(1).requires_grad_()
        for y in f(one).flatten()
    ]
    return torch.stack(rows).sum() / len(x)


def test_singular_values_and_products(whole, full_jacobian):
    whole.eval()
    x = torch.randn(2, 6, dtype=torch.float64)
    exact = full_jacobian(whole, x)
    for method in ("auto", "dense", "krylov"):
        sigma = jacobian_svd(whole, x, k=3, method=method, tolerance=1e-9).sigma
        torch.testing.assert_close(sigma, torch.linalg.svdvals(exact)[:, :3], rtol=1e-7, atol=1e-10)
    v = torch.randn(2, 6, 2, dtype=torch.float64)
    torch.testing.assert_close(JacobianOperator(whole, x).push(v).detach(), exact @ v)


@pytest.mark.parametrize("estimator", ["auto", "forward", "reverse"])
def test_the_penalty_and_its_gradient(whole, estimator):
    whole.eval()
    x = torch.randn(2, 6, dtype=torch.float64)
    # One after the nonlinearity, so that auto has a closed form of it where the layer is known.
    f = Composition(whole[:2], whole[2:])
    terms = NuclearNormPenalty(estimator).evaluate(f, x)
    first, second = exact_energy(f[0], x.clone()), exact_energy(f[1], f[0](x).detach())
    torch.testing.assert_close(torch.stack(terms.factors), torch.stack([first, second]))
    weights = [p for p in f[0].parameters() if p.requires_grad]
    found = torch.autograd.grad(terms.factors[0], weights, allow_unused=True, materialize_grads=True)
    wanted = torch.autograd.grad(first, weights, allow_unused=True, materialize_grads=True)
    torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("make", [spectral_norm, old_spectral_norm], ids=lambda make: make.__name__)
def test_a_spectral_norm_in_training_mode_is_that_of_the_forward_pass(make):
    """Every evaluation turns its vectors a little; the penalty's own do not count."""
    f = Composition(nn.Sequential(make(), nn.Tanh()), linear()).double().train()
    x = torch.randn(3, 6, dtype=torch.float64)
    after = copy.deepcopy(f)
    f(x), after(x)
    trace, expected = f.trace(x), after(x)
    torch.testing.assert_close(trace.output, expected)
    value = NuclearNormPenalty("forward").evaluate(f, trace).factors[0]
    for (name, found), wanted in zip(f.named_buffers(), after.buffers(), strict=True):
        torch.testing.assert_close(found, wanted, msg=name)
    torch.testing.assert_close(value, exact_energy(after.eval()[0], x))
    difference = NuclearNormPenalty("finite_difference", 1e-5, 2000).evaluate(f, trace).factors[0]
    assert difference.item() == pytest.approx(value.item(), rel=0.1)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (plain_subclass, LayerKind.AFFINE),
        (weight_norm, LayerKind.AFFINE),
        (orthogonal, LayerKind.AFFINE),
        (parametrised, LayerKind.OTHER),
        (spectral_norm, LayerKind.OTHER),
        (pruned, LayerKind.OTHER),
        (forward_hook, LayerKind.OTHER),
        (own_call, LayerKind.OTHER),
        (replaced_forward, LayerKind.OTHER),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_is_known(make, kind):
    assert kind_of(make()) is kind


def test_a_hook_of_all_modules_counts(full_jacobian):
    f, x = nn.Sequential(linear(), nn.Tanh(), linear()).double(), torch.randn(2, 6, dtype=torch.float64)
    handle = torch.nn.modules.module.register_module_forward_hook(
        lambda module, _, y: y * 2 if isinstance(module, nn.Linear) else None
    )
    try:
        exact = full_jacobian(f, x)
        torch.testing.assert_close(jacobian_svd(f, x).sigma, torch.linalg.svdvals(exact))
    finally:
        handle.remove()


@pytest.mark.filterwarnings("ignore")
def test_a_quantised_layer_is_refused_by_name():
    from torch.ao.quantization import quantize_dynamic

    f = quantize_dynamic(nn.Sequential(linear(), nn.Tanh(), linear()), {nn.Linear})
    with pytest.raises(NoDerivativeError, match=r"layer '0' \(Linear\) has no derivative: .*quant"):
        jacobian_svd(f, torch.randn(2, 6))


def test_a_random_layer_in_evaluation_mode_is_that_of_the_pass(full_jacobian):
    """Dropout that never stops (Monte Carlo dropout), and a latent that is drawn."""

    class Drawn(nn.Module):
        def forward(self, x):
            return nn.functional.dropout(x, 0.5, training=True) * torch.randn_like(x)

    f = Composition(nn.Sequential(Drawn(), linear()), linear()).double().eval()
    x = torch.randn(2, 6, dtype=torch.float64)
    trace = f.trace(x)
    scale = (trace.passes[0].layers[0].output / x).detach()
    exact = (scale.unsqueeze(1) * f[0][1].weight).square().sum((1, 2)).mean()
    value = NuclearNormPenalty("forward").evaluate(f, trace).factors[0]
    torch.testing.assert_close(value, exact)
    difference = NuclearNormPenalty("finite_difference", 1e-5, 2000).evaluate(f, trace).factors[0]
    assert difference.item() == pytest.approx(exact.item(), rel=0.1)
