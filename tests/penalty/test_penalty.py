"""The composite penalty: its scaling, its plan, lazy application, and what it refuses."""

import pytest
import torch
from torch import nn

from jnn_studio.jacobian import NoDerivativeError
from jnn_studio.penalty import Composition, Estimate, Hutchinson, NuclearNormPenalty


class Opaque(nn.Module):
    """A layer whose type says nothing."""

    def __init__(self, n, m):
        super().__init__()
        self.inner = nn.Linear(n, m)

    def forward(self, x):
        return torch.tanh(self.inner(x))


def test_it_is_half_the_sum_of_both_factors_mean_over_the_batch(encoder, squared_norms):
    x = torch.randn(5, 12, dtype=torch.float64)
    h, g = encoder
    norms_h, norms_g = squared_norms(h, x), squared_norms(g, h(x).detach())
    terms = NuclearNormPenalty().evaluate(encoder, x)
    torch.testing.assert_close(terms.total, 0.5 * (norms_h + norms_g).mean(), rtol=1e-10, atol=0)
    torch.testing.assert_close(torch.stack(terms.factors), torch.stack([norms_h.mean(), norms_g.mean()]))
    torch.testing.assert_close(NuclearNormPenalty().values(encoder, x), 0.5 * (norms_h + norms_g))


def test_repeating_the_batch_changes_nothing(encoder):
    x = torch.randn(5, 12, dtype=torch.float64)
    penalty = NuclearNormPenalty()
    torch.testing.assert_close(penalty(encoder, torch.cat([x, x, x])), penalty(encoder, x))


def test_the_loss_is_linear_in_eta(encoder):
    x = torch.randn(5, 12, dtype=torch.float64)
    weights = [encoder[0][0].weight, encoder[1].weight]
    penalty = NuclearNormPenalty()
    one, three = (torch.autograd.grad(eta * penalty(encoder, x), weights) for eta in (1.0, 3.0))
    torch.testing.assert_close(three, tuple(3 * g for g in one))


def test_the_trace_of_the_forward_pass_gives_the_same_as_the_input(encoder):
    x = torch.randn(5, 12, dtype=torch.float64)
    penalty = NuclearNormPenalty()
    torch.testing.assert_close(penalty(encoder, encoder.trace(x)), penalty(encoder, x))


def test_a_trace_spares_every_evaluation_of_the_clean_network():
    calls = []
    f = Composition(Opaque(12, 10), Opaque(10, 9))
    for factor in f:
        factor.register_forward_hook(lambda *_: calls.append(1))
    trace, penalty = f.trace(torch.randn(2, 12)), NuclearNormPenalty("finite_difference")
    for _ in range(2):  # and looks for cancellation, as at calls 4, 8, 16, …
        penalty(f, trace)
    calls.clear()
    penalty(f, trace)
    assert len(calls) == 2  # one noisy evaluation of each factor


def test_terms_hold_the_last_factors(encoder):
    penalty = NuclearNormPenalty()
    assert penalty.terms == ()
    evaluated = penalty.evaluate(encoder, torch.randn(2, 12, dtype=torch.float64))
    assert [t.item() for t in penalty.terms] == [t.item() for t in evaluated.factors]
    assert not any(t.requires_grad for t in penalty.terms)


def test_a_generator_makes_it_reproducible():
    f = Composition(Opaque(12, 10), Opaque(10, 9))
    x = torch.randn(3, 12)
    values = [NuclearNormPenalty("jvp")(f, x, torch.Generator().manual_seed(1)).item() for _ in range(2)]
    assert values[0] == values[1]


def test_standard_errors_add_up():
    f = Composition(Opaque(12, 10), Opaque(10, 9)).double()
    x = torch.randn(3, 12, dtype=torch.float64)
    exact = NuclearNormPenalty("forward").evaluate(f, x)
    assert exact.standard_error is None
    terms = NuclearNormPenalty("jvp", probes=500).evaluate(f, x)
    assert abs(terms.total - exact.total) < 4 * terms.standard_error < 0.1 * exact.total


# The plan


def chosen(penalty):
    return [line.split(": ")[1].split(" (")[0] for line in repr(penalty).splitlines()[1:]]


def test_auto_takes_the_closed_form_where_there_is_one(encoder):
    penalty = NuclearNormPenalty()
    penalty(encoder, torch.randn(2, 12, dtype=torch.float64))
    assert chosen(penalty) == ["closed_form", "closed_form"]


def test_auto_takes_exact_modes_for_small_sides():
    f = Composition(Opaque(2, 100), Opaque(100, 1))
    penalty = NuclearNormPenalty()
    penalty(f, torch.randn(3, 2))
    assert chosen(penalty) == ["forward", "reverse"]


def test_auto_takes_a_jvp_through_deep_factors_known_or_not():
    deep = nn.Sequential(nn.Linear(20, 30), nn.Tanh(), nn.Linear(30, 20), nn.Tanh())
    penalty = NuclearNormPenalty()
    penalty(Composition(deep, Opaque(20, 10)), torch.randn(3, 20))
    assert chosen(penalty) == ["jvp", "jvp"]
    assert repr(penalty).endswith("Opaque is opaque: unbiased by forward mode")


def test_many_probes_raise_what_an_exact_estimator_may_cost():
    f = Composition(Opaque(20, 20), Opaque(20, 20))
    few, many = NuclearNormPenalty(probes=1), NuclearNormPenalty(probes=20)
    few(f, torch.randn(2, 20))
    many(f, torch.randn(2, 20))
    assert chosen(few) == ["jvp"] * 2
    assert chosen(many) == ["forward"] * 2


def test_auto_goes_round_layers_that_cannot_be_differentiated_forward():
    class NoForwardMode(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.saved_tensors[0].cos()

    class Sine(nn.Module):
        def forward(self, x):
            return NoForwardMode.apply(x)

    f = Composition(nn.Sequential(nn.Linear(20, 20), Sine()), nn.Linear(20, 3))
    penalty = NuclearNormPenalty()
    penalty(f, torch.randn(2, 20)).backward()
    assert chosen(penalty) == ["jvp", "closed_form"]
    assert "Sine has no forward mode: unbiased by double backward" in repr(penalty)


class NoSecond(nn.Module):
    """A layer of which torch knows the derivative and not the second one."""

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, grad):
            return grad * ctx.saved_tensors[0].cos()

    def forward(self, x):
        return self.Function.apply(x)


def test_auto_takes_differences_where_nothing_else_can_be_trained_and_says_of_which_layer():
    f = Composition(nn.Sequential(nn.Linear(20, 20), nn.Sequential(NoSecond())), nn.Linear(20, 3))
    penalty = NuclearNormPenalty()
    penalty(f, torch.randn(2, 20)).backward()
    assert chosen(penalty) == ["finite_difference", "closed_form"]
    assert "layer '1.0' (NoSecond) has no forward mode or double backward that can be diff" in repr(penalty)


def test_an_estimator_asked_for_by_name_that_a_layer_does_not_allow_is_refused_with_the_layer():
    f = Composition(nn.Sequential(nn.Linear(20, 20), nn.Sequential(NoSecond())), nn.Linear(20, 3))
    for name in ("jvp", "forward", "reverse"):
        with pytest.raises(NoDerivativeError, match=r"layer '1\.0' \(NoSecond\).*finite_difference"):
            NuclearNormPenalty(name)(f, torch.randn(2, 20))


def test_repr_explains_the_choice(encoder):
    penalty = NuclearNormPenalty(probes=2)
    assert repr(penalty).startswith("NuclearNormPenalty(estimator='auto', sigma=None, probes=2")
    penalty(encoder, torch.randn(2, 12, dtype=torch.float64))
    assert "factor 0, Sequential(Linear, ELU) 12→10: closed_form (exact, no evaluation): one affine" in repr(
        penalty
    )
    penalty = NuclearNormPenalty("jvp", probes=2)
    penalty(encoder, torch.randn(2, 12, dtype=torch.float64))
    assert "factor 1, Linear 10→6: jvp (stochastic, 2 evaluations): as asked" in repr(penalty)


def test_an_estimator_object_is_taken_as_it_is(encoder):
    class Constant:
        name, exact = "constant", True

        def evaluations(self, done):
            return 0

        def __call__(self, done, generator=None):
            return Estimate(done.input.new_full((done.batch,), 3.0).requires_grad_(), None, 0)

    x = torch.randn(2, 12, dtype=torch.float64)
    assert NuclearNormPenalty(Constant())(encoder, x).item() == 3
    assert NuclearNormPenalty(Hutchinson(2)).evaluate(encoder, x).standard_error > 0


# Lazy application


def test_lazy_application_has_the_same_mean_over_a_cycle(encoder):
    x = torch.randn(3, 12, dtype=torch.float64)
    always, lazy = NuclearNormPenalty(), NuclearNormPenalty(every=4)
    values = [lazy(encoder, x).item() for _ in range(8)]
    expected = always(encoder, x).item()
    assert values == pytest.approx([4 * expected, 0, 0, 0, 4 * expected, 0, 0, 0])
    assert sum(values) / 8 == pytest.approx(expected)


def test_lazy_application_keeps_the_terms_unscaled(encoder):
    x = torch.randn(3, 12, dtype=torch.float64)
    always, lazy = NuclearNormPenalty(), NuclearNormPenalty(every=3)
    always(encoder, x)
    for _ in range(2):
        lazy(encoder, x)
        torch.testing.assert_close(lazy.terms, always.terms)


def test_a_resumed_run_can_say_where_in_the_cycle_it_is(encoder):
    x = torch.randn(3, 12, dtype=torch.float64)
    lazy = NuclearNormPenalty(every=3)
    assert [bool(lazy(encoder, x, step=step)) for step in (1, 2, 3, 4)] == [False, False, True, False]


def test_an_idle_step_still_adds_to_a_loss(encoder):
    lazy = NuclearNormPenalty(every=2)
    lazy(encoder, torch.randn(3, 12, dtype=torch.float64))
    x = torch.randn(3, 12, dtype=torch.float64)
    loss = encoder(x).square().sum() + lazy(encoder, x)
    loss.backward()
    assert encoder[1].weight.grad is not None


# What it refuses


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"estimator": "magic"}, "estimator must be one of 'auto', 'closed_form', .* got 'magic'"),
        ({"sigma": 0.0}, "sigma must be positive, got 0.0"),
        ({"sigma": float("nan")}, "sigma must be positive, got nan"),
        ({"probes": 0}, "probes must be at least 1, got 0"),
        ({"every": 0}, "every must be at least 1, got 0"),
        ({"rank": 0}, "rank must be at least 1, got 0"),
        ({"noise": "pink"}, "noise must be one of 'gaussian', 'rademacher', 'sphere', got 'pink'"),
        ({"reading": "both"}, "reading must be 'schatten' or 'nuclear', got 'both'"),
        ({"exact_budget": -1}, "exact_budget must not be negative, got -1"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        NuclearNormPenalty(**arguments)


def test_a_plain_module_is_no_composition():
    with pytest.raises(TypeError, match=r"f must be a Composition\(h, g\), got Linear"):
        NuclearNormPenalty()(nn.Linear(2, 2), torch.zeros(1, 2))


def test_the_trace_of_another_network_is_refused(encoder):
    other = Composition(nn.Linear(12, 3), nn.Linear(3, 2)).double()
    with pytest.raises(ValueError, match="the trace is of another composition than f"):
        NuclearNormPenalty()(encoder, other.trace(torch.zeros(1, 12, dtype=torch.float64)))


def test_nan_inputs_are_refused(encoder):
    x = torch.zeros(2, 12, dtype=torch.float64)
    x[1, 3] = float("inf")
    with pytest.raises(ValueError, match=r"x must be finite; 1 of 24 numbers in float64 \(2, 12\) are not"):
        NuclearNormPenalty()(encoder, x)


def test_integer_inputs_are_refused(encoder):
    with pytest.raises(
        TypeError, match=r"x must be floating point to be differentiated; got int64 \(2, 12\)"
    ):
        NuclearNormPenalty()(encoder, torch.zeros(2, 12, dtype=torch.int64))


def test_a_factor_that_cuts_the_gradient_is_named():
    class Detached(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3)

        def forward(self, x):
            return self.inner(x).detach()

    f = Composition(nn.Linear(3, 3), Detached())
    with pytest.raises(NoDerivativeError, match=r"Detached has no derivative: .*detach"):
        NuclearNormPenalty()(f, torch.randn(2, 3))
    with pytest.raises(ValueError, match=r"factor 1 cuts the gradient.*float32 \(2, 3\)"):
        NuclearNormPenalty("finite_difference")(f, torch.randn(2, 3))


def test_frozen_weights_and_no_grad_are_fine(encoder):
    x = torch.randn(2, 12, dtype=torch.float64)
    value = NuclearNormPenalty()(encoder, x).item()
    with torch.no_grad():
        assert NuclearNormPenalty()(encoder, x).item() == pytest.approx(value)
    with torch.inference_mode():
        assert NuclearNormPenalty()(encoder, x).item() == pytest.approx(value)
    encoder.requires_grad_(False)
    assert NuclearNormPenalty()(encoder, x).item() == pytest.approx(value)


@pytest.mark.parametrize(("bend", "seen"), [(nn.ELU, True), (nn.SiLU, True), (nn.ReLU, False)])
def test_the_gradient_does_not_see_a_layer_bend_at_a_point(bend, seen):
    """Moving the point moves the mean of ‖J‖² over inputs, but not ‖J‖² at nearly any of them."""
    x = torch.special.ndtri((torch.arange(40_000, dtype=torch.float64) + 0.5) / 40_000)[:, None]
    f = Composition(nn.Sequential(nn.Linear(1, 1), bend()), nn.Linear(1, 1)).double()
    with torch.no_grad():
        for layer in (f[0][0], f[1]):
            layer.weight.fill_(1.0)
            layer.bias.fill_(0.5)
    penalty = NuclearNormPenalty()
    bias = f[0][0].bias
    (gradient,) = torch.autograd.grad(penalty(f, x), bias, allow_unused=True)
    step, values = 0.01, []
    for sign in (1, -1):
        with torch.no_grad():
            bias.fill_(0.5 + sign * step)
            values.append(penalty(f, x))
    slope = (values[0] - values[1]) / (2 * step)
    assert abs(slope) > 0.1
    if seen:
        torch.testing.assert_close(gradient[0], slope, rtol=1e-3, atol=0)
    else:
        assert gradient is None or gradient == 0
