"""Half precision, autocast, and noise too small for the numbers it is added to."""

import itertools
import warnings

import pytest
import torch
from torch import nn

from jnn_studio.penalty import CancellationWarning, Composition, NuclearNormPenalty
from jnn_studio.penalty.estimators.difference import default_sigma


class Opaque(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


def network():
    h = nn.Sequential(nn.Linear(32, 48), nn.ELU(), nn.Linear(48, 32), nn.Tanh())
    g = Opaque(nn.Linear(32, 24), nn.SiLU(), nn.Linear(24, 16))
    return Composition(h, g)


@pytest.fixture
def exact():
    torch.manual_seed(0)
    f, x = network(), torch.randn(64, 32)
    return f, x, NuclearNormPenalty("forward")(f, x).item()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("auto", 0.15),
        ("jvp", 0.05),
        ("forward", 0.03),
        ("reverse", 0.03),
        ("deflated", 0.05),
        ("finite_difference", 0.25),
        ("central_difference", 0.25),
    ],
)
def test_a_trace_made_under_autocast(exact, dtype, name, tolerance):
    f, x, expected = exact
    with torch.autocast("cpu", dtype):
        trace = f.trace(x)
    assert trace.output.dtype == dtype
    # As in a training loop, the penalty itself is asked for outside the context.
    penalty = NuclearNormPenalty(name, probes=1 if name == "auto" else 64)
    value = penalty(f, trace, torch.Generator().manual_seed(1))
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(expected, rel=tolerance)
    value.backward()
    assert all(torch.isfinite(p.grad).all() for p in f.parameters() if p.grad is not None)


def test_auto_avoids_differences_of_rounded_numbers(exact):
    f, x, _ = exact
    with torch.autocast("cpu", torch.bfloat16):
        trace = f.trace(x)
    penalty = NuclearNormPenalty()
    penalty(f, trace)
    assert "factor 1, Opaque(Sequential) 32→16: jvp" in repr(penalty)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_closed_form_under_autocast(dtype):
    torch.manual_seed(0)
    f = Composition(nn.Sequential(nn.Linear(32, 48), nn.ELU()), nn.Linear(48, 8))
    x = torch.randn(16, 32)
    expected = NuclearNormPenalty()(f, x).item()
    with torch.autocast("cpu", dtype):
        inside = NuclearNormPenalty()(f, x)
    assert inside.dtype == torch.float32
    assert inside.item() == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("name", ["auto", "forward", "jvp", "finite_difference", "deflated"])
def test_a_network_in_bfloat16(name):
    torch.manual_seed(0)
    f, x = network(), torch.randn(64, 32)
    expected = NuclearNormPenalty("forward")(f, x).item()
    f, x = f.to(torch.bfloat16), x.to(torch.bfloat16)
    value = NuclearNormPenalty(name, probes=32)(f, x)
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(expected, rel=0.25)


def test_the_default_noise_is_the_cube_root_of_the_precision():
    done = network().trace(torch.randn(1000, 32)).passes[0]
    assert default_sigma(done).item() == pytest.approx(5e-3, rel=0.1)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4, 1e8])
def test_the_default_noise_follows_the_scale_of_the_data(scale):
    """f(x) = φ(x/scale): the Jacobian shrinks as the data grow, and stays measurable in float32."""
    torch.manual_seed(0)
    first = nn.Linear(32, 32, bias=False)
    first.weight.data /= scale
    f = Composition(Opaque(first, nn.Tanh()), nn.Linear(32, 2))
    x = scale * torch.randn(256, 32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = NuclearNormPenalty("finite_difference", probes=64).evaluate(f, x).factors[0]
    exact = NuclearNormPenalty("forward").evaluate(f, x).factors[0]
    torch.testing.assert_close(found, exact, rtol=0.02, atol=0)


def test_noise_below_the_spacing_of_the_data_is_reported():
    """The reference code's case: unnormalised DCT coefficients up to 1.3e5, σ = 1e-3."""
    f = Composition(nn.Sequential(nn.Linear(32, 8), nn.ELU()), nn.Linear(8, 2))
    f[0][0].weight.data[:, 0] = 0
    x = torch.randn(16, 32)
    x[:, 0] = 1.3e5
    with pytest.warns(CancellationWarning, match=r"factor 0 has σ = 0\.001, .* 1\.3e\+05 lie 0\.015 apart"):
        NuclearNormPenalty("finite_difference", sigma=1e-3)(f, x)


def test_outputs_too_large_for_the_difference_are_reported():
    f = Composition(nn.Sequential(nn.Linear(8, 8), nn.ELU()), nn.Linear(8, 2))
    nn.init.constant_(f[1].bias, 1e6)
    message = r"with σ = 0\.001, rounding makes up about 100% of the ‖J‖_F² estimated for factor 1"
    with pytest.warns(CancellationWarning, match=message):
        NuclearNormPenalty("finite_difference", sigma=1e-3)(f, torch.randn(4, 8))


def test_sound_noise_is_not_reported():
    f = Composition(nn.Sequential(nn.Linear(32, 8), nn.ELU()), nn.Linear(8, 2))
    for name in ("finite_difference", "central_difference"):
        NuclearNormPenalty(name, sigma=1e-3)(f, torch.randn(16, 32))
        NuclearNormPenalty(name)(f, torch.zeros(16, 32))


class Down(nn.Module):
    """An encoder of a U-Net at torch's own first weights: its output is all bias, hardly any image."""

    def __init__(self, *widths):
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, 2, 1), nn.ReLU(), nn.Conv2d(b, b, 3, 1, 1), nn.ReLU())
            for a, b in itertools.pairwise(widths)
        )

    def forward(self, x):
        for level in self.levels:
            x = level(x)
        return x


@pytest.fixture
def barely_there():
    torch.manual_seed(0)
    f = Composition(Down(3, 16, 32, 64, 64, 64, 64, 64, 64), nn.Flatten())
    x = torch.randn(4, 3, 32, 32)
    exact = NuclearNormPenalty("reverse").evaluate(f.double(), x.double()).factors[0].item()
    return f.float(), x, exact


def test_auto_does_not_estimate_what_rounding_makes(barely_there):
    f, x, exact = barely_there
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        terms = NuclearNormPenalty(probes=50).evaluate(f, x)
    assert terms.factors[0].item() == pytest.approx(exact, rel=0.05)


def test_a_difference_that_is_mostly_rounding_is_reported(barely_there):
    f, x, exact = barely_there
    with pytest.warns(CancellationWarning, match="rounding makes up about .* of the ‖J‖_F²"):
        value = NuclearNormPenalty("finite_difference", probes=10).evaluate(f, x).factors[0].item()
    assert value > 1.05 * exact
