"""The closed form equals the full Jacobian, for random layers and shapes, in float64."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch import nn

from jnn_studio.penalty import ClosedForm, Composition, NuclearNormPenalty, row_norms

NONLINEARITIES = [
    nn.ELU(),
    nn.ELU(0.5),
    nn.LeakyReLU(0.1),
    nn.GELU(),
    nn.GELU("tanh"),
    nn.SiLU(),
    nn.Tanh(),
    nn.Softplus(),
    nn.Softplus(3.0, 2.0),
    nn.Sigmoid(),
    nn.Mish(),
]


@pytest.fixture(autouse=True, params=["port", "no port"])
def ports(request, monkeypatch):
    """With and without the shortcut that large linear layers take through their own backward pass."""
    monkeypatch.setattr(row_norms, "SMALLEST", 0 if request.param == "port" else 2**40)


def full(f, x):
    def energy(row):
        return torch.func.jacrev(lambda y: f(y.unsqueeze(0)).flatten())(row).square().sum()

    return torch.stack([energy(row) for row in x])


def check(factor, x):
    factor = factor.double()
    estimate = ClosedForm()(Composition(factor, nn.Identity()).trace(x).passes[0])
    torch.testing.assert_close(estimate.values.expand(len(x)), full(factor, x), rtol=1e-10, atol=0)
    assert estimate.standard_error is None
    return estimate


@settings(max_examples=40)
@given(
    inputs=st.integers(1, 7),
    outputs=st.integers(1, 7),
    tokens=st.lists(st.integers(1, 3), max_size=2),
    phi=st.sampled_from([None, *NONLINEARITIES]),
    bias=st.booleans(),
    seed=st.integers(0, 99),
)
def test_linear_layers(inputs, outputs, tokens, phi, bias, seed):
    torch.manual_seed(seed)
    layer = nn.Linear(inputs, outputs, bias=bias)
    factor = layer if phi is None else nn.Sequential(layer, phi)
    estimate = check(factor, torch.randn(3, *tokens, inputs, dtype=torch.float64))
    assert estimate.evaluations == 0


@settings(max_examples=60)
@given(
    dimensions=st.integers(1, 2),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 2),
    groups=st.integers(1, 2),
    transposed=st.booleans(),
    output_padding=st.integers(0, 1),
    phi=st.sampled_from([None, *NONLINEARITIES]),
    size=st.integers(1, 6),
    seed=st.integers(0, 99),
)
def test_convolutions(
    dimensions, kernel, stride, padding, dilation, groups, transposed, output_padding, phi, size, seed
):
    torch.manual_seed(seed)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    if transposed:
        name = f"ConvTranspose{dimensions}d"
        options["output_padding"] = min(output_padding, max(stride, dilation) - 1)
    else:
        name = f"Conv{dimensions}d"
    layer = getattr(nn, name)(2, 4, kernel, **options).double()
    x = torch.randn(2, 2, *(size,) * dimensions, dtype=torch.float64)
    try:
        empty = layer(x).numel() == 0
    except RuntimeError:
        return  # torch itself refuses this combination of sizes
    if not empty:
        check(layer if phi is None else nn.Sequential(layer, phi), x)


def test_border_pixels_count_only_the_taps_inside():
    layer = nn.Conv2d(1, 1, 3, padding=1, bias=False).double()
    nn.init.ones_(layer.weight)
    x = torch.zeros(1, 1, 3, 3, dtype=torch.float64)
    done = Composition(layer, nn.Identity()).trace(x).passes[0]
    # Of 9 taps, corners have 4 inside, edges 6, the centre 9.
    assert ClosedForm()(done).values.item() == 4 * 4 + 4 * 6 + 9


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_named_padding(padding):
    check(nn.Sequential(nn.Conv1d(2, 3, 3, padding=padding), nn.Tanh()), torch.randn(2, 2, 5).double())


CHAINS = {
    "elementwise alone": (nn.GELU(), (5,), 0),
    "flattened": (nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.Tanh()), (3, 4), 0),
    "unflattened": (nn.Sequential(nn.Linear(4, 12), nn.Unflatten(1, (3, 4)), nn.Tanh()), (4,), 0),
    "shuffled": (nn.Sequential(nn.Conv2d(1, 4, 3), nn.PixelShuffle(2), nn.SiLU()), (1, 5, 5), 0),
    "two nonlinearities": (nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.ELU()), (4,), 0),
    "nonlinearity first": (nn.Sequential(nn.Tanh(), nn.Linear(4, 3)), (4,), 1),
    "nonlinearity first, convolution": (
        nn.Sequential(nn.SiLU(), nn.Conv2d(2, 4, 3, 2, 1, groups=2), nn.Tanh()),
        (2, 5, 5),
        1,
    ),
    "nonlinearity first, transposed": (
        nn.Sequential(nn.Tanh(), nn.ConvTranspose2d(2, 4, 3, 2, 1, groups=2)),
        (2, 3, 3),
        1,
    ),
    "reshape alone": (nn.Flatten(), (3, 4), 0),
}


@pytest.mark.parametrize("name", CHAINS)
def test_chains(name):
    factor, shape, evaluations = CHAINS[name]
    assert check(factor, torch.randn(2, *shape, dtype=torch.float64)).evaluations == evaluations


def test_batch_norm_in_evaluation_mode():
    factor = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.LeakyReLU()).eval()
    factor[1].running_var.uniform_(0.5, 2)
    factor[1].running_mean.normal_()
    nn.init.normal_(factor[1].weight)
    check(factor, torch.randn(2, 2, 4, 4, dtype=torch.float64))


def test_weight_normalised_layers():
    layer = torch.nn.utils.parametrizations.weight_norm(nn.Linear(4, 5))
    check(nn.Sequential(layer, nn.Tanh()), torch.randn(2, 4, dtype=torch.float64))


@pytest.mark.parametrize(
    "factor",
    [
        nn.Sequential(nn.Linear(4, 5), nn.Tanh()),
        nn.Sequential(nn.Tanh(), nn.Linear(4, 5), nn.SiLU()),
        nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 2, 3, padding=1), nn.GELU()),
        nn.Sequential(nn.Unflatten(1, (2, 2)), nn.ConvTranspose1d(2, 2, 3), nn.Softplus()),
        nn.Linear(4, 5),
    ],
    ids=["linear", "nonlinearity first", "convolution", "transposed", "affine"],
)
def test_gradients_in_weights_and_inputs(factor):
    f = Composition(nn.Linear(3, 4), factor).double()
    x = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    names = [name for name, _ in f.named_parameters()]

    def energies(y, *weights):
        weights = dict(zip(names, weights, strict=True))

        def of_factor(z):
            inner = {n.removeprefix("1."): w for n, w in weights.items() if n.startswith("1.")}
            return torch.func.functional_call(f[1], inner, (z,))

        return full(of_factor, torch.nn.functional.linear(y, weights["0.weight"], weights["0.bias"])).mean()

    leaves = [x, *f.parameters()]
    expected = torch.autograd.grad(energies(*leaves), leaves, allow_unused=True)
    found = torch.autograd.grad(
        NuclearNormPenalty().evaluate(f, x).factors[1], leaves, allow_unused=True, retain_graph=True
    )
    for a, b, leaf in zip(found, expected, leaves, strict=True):
        zero = torch.zeros_like(leaf)
        torch.testing.assert_close(zero if a is None else a, zero if b is None else b)


def test_gradients_can_be_differentiated_again(encoder):
    x = torch.randn(2, 12, dtype=torch.float64)
    weight = encoder[0][0].weight

    def slope_energy():
        loss = encoder.trace(x)
        total = loss.output.square().sum() + NuclearNormPenalty()(encoder, loss)
        (gradient,) = torch.autograd.grad(total, weight, create_graph=True)
        return gradient.square().sum()

    (second,) = torch.autograd.grad(slope_energy(), weight)
    step = torch.randn_like(weight)
    with torch.no_grad():
        weight += 1e-6 * step
    ahead = slope_energy().item()
    with torch.no_grad():
        weight -= 2e-6 * step
    behind = slope_energy().item()
    assert (second * step).sum().item() == pytest.approx((ahead - behind) / 2e-6, rel=1e-5)


def test_batched_gradients(encoder):
    values = NuclearNormPenalty().values(encoder, torch.randn(3, 12, dtype=torch.float64))
    weight = encoder[0][0].weight
    together = torch.autograd.grad(
        values, weight, torch.eye(3, dtype=torch.float64), is_grads_batched=True, retain_graph=True
    )[0]
    one_by_one = [torch.autograd.grad(v, weight, retain_graph=True)[0] for v in values]
    torch.testing.assert_close(together, torch.stack(one_by_one))


def test_per_sample_gradients_through_function_transforms(encoder):
    x = torch.randn(3, 12, dtype=torch.float64)
    weights = dict(encoder.named_parameters())

    def penalty_of(parameters, row):
        class View(nn.Module):
            def __init__(self):
                super().__init__()
                self.f = encoder

            def forward(self, y):
                return NuclearNormPenalty().values(self.f, y).sum()

        names = {f"f.{name}": value for name, value in parameters.items()}
        return torch.func.functional_call(View(), names, (row.unsqueeze(0),))

    found = torch.func.vmap(torch.func.grad(penalty_of), in_dims=(None, 0))(weights, x)["0.0.weight"]
    values = NuclearNormPenalty().values(encoder, x)
    expected = [torch.autograd.grad(v, encoder[0][0].weight, retain_graph=True)[0] for v in values]
    torch.testing.assert_close(found, torch.stack(expected))


@pytest.mark.parametrize(
    "factor",
    [
        nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3)),
        nn.Sequential(nn.Linear(3, 3), nn.Softmax(-1)),
        nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3)),
    ],
    ids=["two affine", "softmax", "layer norm"],
)
def test_factors_without_a_closed_form_are_refused(factor):
    f = Composition(factor, nn.Linear(3, 2))
    with pytest.raises(ValueError, match="the closed form needs at most one linear or convolutional layer"):
        NuclearNormPenalty("closed_form")(f, torch.zeros(1, 3))


def test_circular_padding_has_no_closed_form():
    f = Composition(nn.Conv1d(1, 2, 3, padding=1, padding_mode="circular"), nn.Flatten())
    penalty = NuclearNormPenalty("closed_form")
    with pytest.raises(ValueError, match="got Conv1d"):
        penalty(f, torch.zeros(1, 1, 5))
