"""A composition runs as its factors do, keeps its forward pass, and says what does not fit."""

import pytest
import torch
from torch import nn

from jnn_studio.penalty import Composition, NuclearNormPenalty


class Levels(nn.Module):
    """h of a small U-Net: the bottleneck and the skip."""

    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(1, 3, 3, padding=1)
        self.down = nn.Conv2d(3, 4, 2, stride=2)

    def forward(self, x):
        skip = torch.tanh(self.head(x))
        return torch.tanh(self.down(skip)), [skip]


class Merge(nn.Module):
    """g of a small U-Net."""

    def __init__(self):
        super().__init__()
        self.up = nn.ConvTranspose2d(4, 3, 2, stride=2)
        self.tail = nn.Conv2d(3, 1, 3, padding=1)

    def forward(self, levels):
        bottom, (skip,) = levels
        return self.tail(torch.tanh(self.up(bottom) + skip))


def test_it_is_the_sequence_of_its_factors(encoder):
    x = torch.randn(3, 12, dtype=torch.float64)
    expected = encoder[1](encoder[0](x))
    assert torch.equal(encoder(x), expected)
    assert torch.equal(encoder.trace(x).output, expected)


def test_gradients_through_a_trace_are_those_of_the_forward_pass(encoder):
    x = torch.randn(3, 12, dtype=torch.float64, requires_grad=True)
    leaves = [x, *encoder.parameters()]
    plain = torch.autograd.grad(encoder(x).square().sum(), leaves)
    traced = torch.autograd.grad(encoder.trace(x).output.square().sum(), leaves)
    torch.testing.assert_close(traced, plain)


def test_factors_keep_what_they_saw(encoder):
    x = torch.randn(3, 12, dtype=torch.float64)
    h, g = encoder.trace(x).passes
    assert h.input is x
    assert g.input is h.output
    assert (h.n, h.m, g.n, g.m, h.batch) == (12, 10, 10, 6, 3)


def test_forward_hooks_still_run(encoder):
    seen = []
    encoder[0][0].register_forward_hook(lambda *_: seen.append("linear"))
    encoder[1].register_forward_hook(lambda *_: seen.append("head"))
    encoder.trace(torch.randn(2, 12, dtype=torch.float64))
    assert seen == ["linear", "head"]


def test_a_module_shared_by_two_places_is_traced_in_both():
    layer = nn.Linear(4, 4).double()
    f = Composition(layer, nn.Sequential(nn.Tanh(), layer))
    x = torch.randn(2, 4, dtype=torch.float64)
    torch.testing.assert_close(f.trace(x).output, f(x))


def test_levels_of_a_unet_pass_between_factors(squared_norms):
    f = Composition(Levels(), Merge()).double()
    x = torch.randn(2, 1, 4, 4, dtype=torch.float64)
    trace = f.trace(x)
    assert torch.equal(trace.output, f(x))
    assert trace.passes[0].m == trace.passes[1].n == 4 * 4 + 3 * 16
    terms = NuclearNormPenalty("forward").evaluate(f, trace).factors

    def joined(y):
        bottom, (skip,) = f[0](y)
        return torch.cat([bottom.flatten(1), skip.flatten(1)], 1)

    def merged(z):
        return f[1]((z[:, :16].reshape(-1, 4, 2, 2), [z[:, 16:].reshape(-1, 3, 4, 4)]))

    torch.testing.assert_close(terms[0], squared_norms(joined, x).mean())
    torch.testing.assert_close(terms[1], squared_norms(merged, joined(x).detach()).mean())


@pytest.mark.parametrize("inplace", [nn.ReLU(inplace=True), nn.SiLU(inplace=True), nn.ELU(inplace=True)])
def test_in_place_nonlinearities_leave_the_trace_intact(inplace, squared_norms):
    f = Composition(nn.Linear(4, 5), nn.Sequential(inplace, nn.Linear(5, 3))).double()
    x = torch.randn(3, 4, dtype=torch.float64)
    z = f[0](x).detach()
    value = NuclearNormPenalty().evaluate(f, x).factors[1]
    torch.testing.assert_close(value, squared_norms(lambda y: f[1](y.clone()), z).mean())


def test_an_unknown_layer_that_works_in_place_is_refused():
    class Doubling(nn.Module):
        def forward(self, x):
            return x.mul_(2)

    f = Composition(nn.Linear(3, 3), Doubling())
    with pytest.raises(ValueError, match=r"Doubling modifies its input float32 \(2, 3\) in place"):
        f.trace(torch.zeros(2, 3))


def test_one_factor_is_no_composition():
    with pytest.raises(ValueError, match=r"at least two factors \(h, g\), got 1"):
        Composition(nn.Linear(2, 2))


def test_factors_are_modules():
    with pytest.raises(TypeError, match="factor 1 must be an nn.Module, got function"):
        Composition(nn.Linear(2, 2), lambda x: x)


def test_parts_that_do_not_chain_are_named():
    f = Composition(nn.Sequential(nn.Linear(4, 8), nn.ELU()), nn.Linear(7, 2))
    message = r"in_features=7.* expects .* 7 features in axis -1, but factor 0 gives float32 \(3, 8\)"
    with pytest.raises(ValueError, match=message):
        f.trace(torch.zeros(3, 4))


def test_layers_within_a_factor_that_do_not_chain_are_named():
    f = Composition(nn.Sequential(nn.Linear(4, 8), nn.ELU(), nn.Linear(9, 2)), nn.Linear(2, 2))
    with pytest.raises(
        ValueError, match=r"9 features .* a layer before it in factor 0 gives float32 \(3, 8\)"
    ):
        f.trace(torch.zeros(3, 4))


def test_an_input_that_does_not_fit_is_named():
    f = Composition(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 1, 3))
    with pytest.raises(
        ValueError, match=r"expects a batch with 3 channels in axis 1, but x is float32 \(2, 1, 8, 8\)"
    ):
        f.trace(torch.zeros(2, 1, 8, 8))
    with pytest.raises(ValueError, match=r"expects .* 3 channels.* but x is float32 \(2, 3, 8\)"):
        f.trace(torch.zeros(2, 3, 8))


def test_errors_inside_a_factor_keep_their_type_and_say_where():
    f = Composition(Levels(), Merge())
    with pytest.raises(RuntimeError) as caught:
        f.trace(torch.zeros(2, 2, 4, 4))
    assert "in factor 0 of the composition, given float32 (2, 2, 4, 4)" in caught.value.__notes__


def test_integer_inputs_and_outputs_are_refused():
    class Rounding(nn.Module):
        def forward(self, x):
            return x.long()

    with pytest.raises(TypeError, match=r"x must be floating point.*int64 \(2, 3\)"):
        Composition(nn.Linear(3, 2), nn.Linear(2, 1)).trace(torch.zeros(2, 3, dtype=torch.int64))
    with pytest.raises(TypeError, match=r"the output of factor 0 must be floating point.*int64 \(2, 3\)"):
        Composition(Rounding(), nn.Linear(3, 1)).trace(torch.zeros(2, 3))


def test_a_factor_must_give_tensors():
    class Named(nn.Module):
        def forward(self, x):
            return {"z": x}

    with pytest.raises(TypeError, match="the output of factor 0 must be a floating-point tensor.*dict"):
        Composition(Named(), nn.Linear(3, 1)).trace(torch.zeros(2, 3))


def test_a_factor_must_keep_the_batch():
    f = Composition(nn.Flatten(0), nn.Linear(6, 1))
    with pytest.raises(ValueError, match=r"output of factor 0 must be a floating-point tensor \(batch"):
        f.trace(torch.zeros(2, 3))
    f = Composition(nn.Unflatten(0, (1, 2)), nn.Flatten(2))
    with pytest.raises(ValueError, match=r"factor 0 must keep the batch size: given float32 \(2, 3\)"):
        f.trace(torch.zeros(2, 3))


def test_a_hook_of_the_composition_that_looks_on_sees_the_trace(encoder):
    seen = []
    encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    encoder.register_forward_hook(lambda _, __, output: seen.append(output))
    x = torch.randn(2, 12, dtype=torch.float64)
    trace = encoder.trace(x)
    assert seen[0] is x
    assert seen[1] is trace.output


def test_a_hook_of_the_composition_may_itself_ask_for_a_trace(encoder):
    traces = []
    encoder.register_forward_hook(lambda f, inputs, _: traces.append(f.trace(inputs[0])) and None)
    trace = encoder.trace(torch.randn(2, 12, dtype=torch.float64))
    assert torch.equal(traces[0].output, trace.output)


@pytest.mark.parametrize(
    ("register", "hook", "side"),
    [
        ("register_forward_pre_hook", lambda _, inputs: (2 * inputs[0],), "input"),
        ("register_forward_hook", lambda _, __, output: 2 * output, "output"),
    ],
)
def test_a_hook_of_the_composition_that_changes_anything_is_refused(encoder, register, hook, side):
    getattr(encoder, register)(hook)
    with pytest.raises(ValueError, match=f"a hook of the composition changes its {side}.*on a factor"):
        encoder.trace(torch.randn(2, 12, dtype=torch.float64))
    assert encoder(torch.zeros(2, 12, dtype=torch.float64)).shape == (2, 6)
