"""The Jacobian as an operator agrees with the full Jacobian, whatever the layers."""

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch import nn

from jnn_studio.jacobian import JacobianOperator, jacobian
from jnn_studio.jacobian.by_element import Gain, Offset
from jnn_studio.jacobian.summing import Sum

ELEMENTWISE = [
    nn.CELU(0.6),
    nn.ELU(),
    nn.ELU(0.7),
    nn.GELU(),
    nn.GELU("tanh"),
    nn.Hardtanh(),
    nn.LeakyReLU(0.2),
    nn.LogSigmoid(),
    nn.Mish(),
    nn.ReLU(inplace=True),
    nn.ReLU6(),
    nn.SELU(),
    nn.SiLU(inplace=True),
    nn.Sigmoid(),
    nn.Softplus(beta=2.0, threshold=1.0),
    nn.Softsign(),
    nn.Tanh(),
]


def agree(f, x, full_jacobian):
    expected = full_jacobian(f, x)
    operator = JacobianOperator(f, x)
    v = torch.randn(len(x), operator.n, 3, dtype=x.dtype)
    u = torch.randn(len(x), operator.m, 3, dtype=x.dtype)
    torch.testing.assert_close(operator.dense(), expected, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(operator.push(v), expected @ v, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(operator.pull(u), expected.mT @ u, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("phi", ELEMENTWISE, ids=repr)
def test_elementwise_layers(phi, full_jacobian):
    f = nn.Sequential(nn.Linear(4, 5), phi, nn.Linear(5, 2)).double()
    agree(f, 3 * torch.randn(3, 4, dtype=torch.float64), full_jacobian)


@settings(max_examples=40)
@given(
    dimensions=st.integers(1, 3),
    kernel=st.integers(1, 3),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    groups=st.integers(1, 2),
    transposed=st.booleans(),
)
def test_convolutions(dimensions, kernel, stride, padding, dilation, groups, transposed):
    name = f"Conv{'Transpose' if transposed else ''}{dimensions}d"
    size = 2 * padding + dilation * (kernel - 1) + 2
    layer = getattr(nn, name)(2, 4, kernel, stride, padding, dilation=dilation, groups=groups).double()
    x = torch.randn(2, 2, *(min(size, 6),) * dimensions, dtype=torch.float64)
    try:
        layer(x)
    except RuntimeError:
        return  # torch itself refuses this combination of sizes
    operator = JacobianOperator(layer, x)
    v = torch.randn(2, operator.n, 2, dtype=torch.float64)
    u = torch.randn(2, operator.m, 2, dtype=torch.float64)
    expected = torch.stack([(layer(x + d.reshape(x.shape)) - layer(x)).flatten(1) for d in v.unbind(-1)], -1)
    torch.testing.assert_close(operator.push(v), expected, rtol=1e-10, atol=1e-10)
    # ⟨u, Jv⟩ = ⟨Jᵀu, v⟩ pins the transpose down.
    torch.testing.assert_close(u.mT @ expected, operator.pull(u).mT @ v, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_named_padding(padding, full_jacobian):
    agree(nn.Conv2d(2, 3, (1, 3), padding=padding).double(), torch.randn(2, 2, 4, 5).double(), full_jacobian)


def test_output_padding_wider_than_the_stride(full_jacobian):
    f = nn.ConvTranspose1d(2, 2, 3, stride=1, dilation=3, output_padding=2).double()
    agree(f, torch.randn(2, 2, 4).double(), full_jacobian)


def test_a_chain_of_known_and_unknown_layers(full_jacobian):
    f = nn.Sequential(
        nn.Conv2d(2, 4, 3, 2, 1),
        nn.BatchNorm2d(4),
        nn.Upsample(scale_factor=2),
        nn.PixelUnshuffle(2),
        nn.AvgPool2d(2),
        nn.Dropout(),
        nn.Flatten(),
        nn.LayerNorm(64),
        nn.Linear(64, 5),
        nn.Softmax(-1),
    )
    f = f.double().eval()
    f[1].running_var.uniform_(0.5, 2)
    agree(f, torch.randn(2, 2, 8, 8, dtype=torch.float64), full_jacobian)


@pytest.mark.parametrize("training", [False, True])
def test_branches_that_are_added_and_what_is_multiplied_or_added_to_them(full_jacobian, training):
    bent = nn.Sequential(nn.SiLU(), nn.Dropout(0.5), nn.Conv2d(1, 4, 2, 2), nn.Flatten(), nn.Linear(16, 5))
    f = nn.Sequential(
        Sum(
            nn.Sequential(nn.Flatten(), nn.Linear(16, 5)), bent, nn.Sequential(nn.Flatten(), nn.Linear(16, 5))
        ),
        Sum(nn.Identity(), nn.Tanh()),
        Gain(torch.rand(5, dtype=torch.float64)),
        nn.Sequential(Offset(torch.randn(5, dtype=torch.float64)), nn.ReLU()),
    )
    f = f.double().train(training)
    x = torch.randn(3, 1, 4, 4, dtype=torch.float64)
    if not training:
        agree(f, x, full_jacobian)
        return
    operator = JacobianOperator(f, x)
    v, u = torch.randn(3, 16, 2, dtype=torch.float64), torch.randn(3, 5, 2, dtype=torch.float64)
    # ⟨u, Jv⟩ = ⟨Jᵀu, v⟩: both with the masks of one forward pass.
    torch.testing.assert_close(u.mT @ operator.push(v), operator.pull(u).mT @ v, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(operator.push(v), operator.dense() @ v, rtol=1e-10, atol=1e-10)


def test_a_sum_is_what_its_branches_add_up_to():
    a, b = nn.Linear(3, 2), nn.Linear(3, 2)
    x = torch.randn(4, 3)
    torch.testing.assert_close(Sum(a, b)(x), a(x) + b(x))
    with pytest.raises(ValueError, match="at least one branch"):
        Sum()


@torch.no_grad()
def test_vectors_handed_in_are_left_alone():
    f = nn.Sequential(nn.Tanh(), nn.Flatten(), nn.Tanh(), nn.Linear(6, 6), nn.Tanh(), nn.Unflatten(1, (2, 3)))
    operator = JacobianOperator(f, torch.randn(2, 2, 3))
    v = torch.randn(2, 6, 4)
    before = v.clone()
    assert torch.equal(operator.push(v), operator.push(v))
    assert torch.equal(operator.pull(v), operator.pull(v))
    assert torch.equal(v, before)


def test_any_callable_is_a_map(full_jacobian):
    agree(lambda x: x.square() @ torch.ones(4, 2).double(), torch.randn(3, 4).double(), full_jacobian)


def test_a_layer_with_a_forward_pass_of_its_own_is_not_taken_for_its_base(full_jacobian):
    class Doubled(nn.Linear):
        def forward(self, x):
            return 2 * super().forward(x)

    agree(nn.Sequential(Doubled(3, 2), nn.Tanh()).double(), torch.randn(2, 3).double(), full_jacobian)


def test_a_hook_on_a_container_counts(full_jacobian):
    f = nn.Sequential(nn.Linear(3, 3), nn.Tanh()).double()
    f.register_forward_hook(lambda _, __, y: 3 * y)
    agree(nn.Sequential(f, nn.Linear(3, 2).double()), torch.randn(2, 3).double(), full_jacobian)


def test_tuples_in_and_out():
    class Split(nn.Module):
        def forward(self, pair):
            a, b = pair
            return a * b[:, :, 0], [b.sum(1)]

    x = (torch.randn(2, 3).double(), torch.randn(2, 3, 4).double())
    operator = JacobianOperator(Split(), x)
    assert (operator.n, operator.m) == (15, 7)
    entries = operator.dense()
    v, u = torch.randn(2, 15, 2).double(), torch.randn(2, 7, 2).double()
    torch.testing.assert_close(operator.push(v), entries @ v)
    torch.testing.assert_close(operator.pull(u), entries.mT @ u)
    torch.testing.assert_close(entries[:, :3, :3], torch.diag_embed(x[1][:, :, 0]))


def test_the_full_jacobian_is_differentiable_in_the_weights():
    f = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.LayerNorm(6), nn.Linear(6, 3)).double()
    x = torch.randn(2, 4, dtype=torch.float64)
    weights = dict(f.named_parameters())

    def energy(*values):
        swapped = dict(zip(weights, values, strict=True))
        return jacobian(lambda y: torch.func.functional_call(f, swapped, (y,)), x).square().sum()

    jacobian(f, x).square().sum().backward()
    values = [w.detach().clone().requires_grad_() for w in weights.values()]
    expected = torch.autograd.grad(energy(*values), values, allow_unused=True)
    for weight, gradient in zip(weights.values(), expected, strict=True):
        found = torch.zeros_like(weight) if weight.grad is None else weight.grad
        torch.testing.assert_close(found, torch.zeros_like(weight) if gradient is None else gradient)
    assert torch.autograd.gradcheck(energy, [v.detach().requires_grad_() for v in values])


def test_memory_chunks_do_not_change_the_entries(encoder):
    x = torch.randn(3, 30, dtype=torch.float64)
    torch.testing.assert_close(
        JacobianOperator(encoder, x).dense(chunk=4), JacobianOperator(encoder, x).dense()
    )


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (torch.zeros(2, 3, dtype=torch.int64), TypeError, r"x must be floating point.*int64 \(2, 3\)"),
        ([1.0, 2.0], TypeError, r"x must be a floating-point tensor \(batch, \*shape\).*float"),
        (torch.zeros(3), ValueError, r"x must be.*nothing of it empty; got float32 \(3,\)"),
        (torch.zeros(0, 3), ValueError, r"got float32 \(0, 3\)"),
        (
            torch.tensor([[1.0, float("nan"), 0.0]]),
            ValueError,
            r"x must be finite; 1 of 3 .* float32 \(1, 3\)",
        ),
        ((torch.zeros(2, 3), torch.zeros(3, 3)), ValueError, "one batch size"),
    ],
    ids=["integers", "list", "no batch axis", "empty", "nan", "unequal batches"],
)
def test_bad_inputs_are_named(x, error, message):
    with pytest.raises(error, match=message):
        JacobianOperator(nn.Linear(3, 2), x)


def test_a_map_that_loses_the_batch_axis_is_refused():
    with pytest.raises(ValueError, match="keep the batch axis: it made 1 outputs of 2 inputs"):
        JacobianOperator(lambda x: x.sum(0, keepdim=True), torch.zeros(2, 3))


def test_a_map_with_integer_output_is_refused():
    with pytest.raises(TypeError, match=r"f\(x\) must be floating point.*int64"):
        JacobianOperator(lambda x: x.argmax(1, keepdim=True), torch.zeros(2, 3))
