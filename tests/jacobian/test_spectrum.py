"""Numbers that summarise singular values."""

import pytest
import torch

from jnn_studio.jacobian import (
    JacobianOperator,
    effective_rank,
    jacobian,
    lanczos_nuclear_norm,
    nuclear_norm,
    schatten_power,
    stable_rank,
)


@pytest.mark.parametrize("count", [1, 3, 10])
def test_equal_values_count_fully(count):
    sigma = torch.full((2, count), 0.7)
    torch.testing.assert_close(effective_rank(sigma), torch.full((2,), float(count)))
    torch.testing.assert_close(stable_rank(sigma), torch.full((2,), float(count)))


def test_one_value_counts_once():
    sigma = torch.tensor([[5.0, 0.0, 0.0]])
    assert effective_rank(sigma).item() == pytest.approx(1)
    assert stable_rank(sigma).item() == pytest.approx(1)


def test_nothing_has_rank_zero():
    assert effective_rank(torch.zeros(2, 3)).tolist() == [0, 0]
    assert stable_rank(torch.zeros(2, 3)).tolist() == [0, 0]


def test_known_values():
    sigma = torch.tensor([3.0, 1.0])
    entropy = -(0.75 * torch.tensor(0.75).log() + 0.25 * torch.tensor(0.25).log())
    torch.testing.assert_close(effective_rank(sigma), entropy.exp())
    assert stable_rank(sigma).item() == pytest.approx(10 / 9)
    assert nuclear_norm(sigma).item() == 4


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, 4.0, 1.5])
@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (2, 4, 4)])
def test_schatten_powers_and_their_gradient(p, shape):
    j = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    expected = torch.linalg.svdvals(j).pow(p).sum(-1)
    torch.testing.assert_close(schatten_power(j, p), expected)
    assert torch.autograd.gradcheck(lambda m: schatten_power(m, p), j)


def test_the_nuclear_norm_has_a_finite_gradient_at_repeated_and_vanishing_values():
    j = torch.diag(torch.tensor([2.0, 2.0, 0.0])).double().requires_grad_()
    schatten_power(j).backward()
    torch.testing.assert_close(j.grad, torch.diag(torch.tensor([1.0, 1.0, 0.0])).double())
    zero = torch.zeros(2, 3, requires_grad=True)
    schatten_power(zero).backward()
    assert (zero.grad == 0).all()


def test_powers_below_one_are_refused():
    with pytest.raises(ValueError, match=r"p must be at least 1, got 0\.5"):
        schatten_power(torch.eye(2), 0.5)


@pytest.mark.parametrize(("m", "n"), [(12, 40), (40, 12)])
def test_lanczos_estimates_the_nuclear_norm_without_a_matrix(with_spectrum, m, n):
    sigma = torch.logspace(0, -2, 12, dtype=torch.float64)
    operator = JacobianOperator(with_spectrum(m, n, sigma), torch.zeros(2, n).double())
    value, error = lanczos_nuclear_norm(operator, probes=200, steps=12)
    assert ((value - sigma.sum()).abs() < 4 * error).all()
    assert (error < 0.1 * sigma.sum()).all()


def test_lanczos_is_exact_for_equal_values(encoder):
    f = torch.nn.Linear(9, 9).double().requires_grad_(False)
    f.weight.copy_(torch.linalg.qr(torch.randn(9, 9).double())[0])
    value, error = lanczos_nuclear_norm(JacobianOperator(f, torch.zeros(1, 9).double()), probes=2)
    assert value.item() == pytest.approx(9, rel=1e-12)
    assert error.item() < 1e-12


def test_lanczos_of_a_network_within_its_error(encoder):
    x = torch.randn(3, 30, dtype=torch.float64)
    exact = torch.linalg.svdvals(jacobian(encoder, x)).sum(-1)
    value, error = lanczos_nuclear_norm(JacobianOperator(encoder, x), probes=100)
    assert ((value - exact).abs() < 4 * error).all()


def test_lanczos_needs_two_probes(encoder):
    with pytest.raises(ValueError, match="at least 2 probes and 1 step, got 1 and 20"):
        lanczos_nuclear_norm(JacobianOperator(encoder, torch.zeros(1, 30).double()), probes=1)
