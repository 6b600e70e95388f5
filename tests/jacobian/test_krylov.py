"""Block Krylov: matrix free, as exact as asked, reproducible, and quick from a good start."""

import pytest
import torch
from torch import nn

from jnn_studio.jacobian import JacobianOperator, jacobian, jacobian_svd, krylov_svd


class Counting(JacobianOperator):
    """Counts the columns multiplied."""

    products = 0

    def push(self, v):
        self.products += v.shape[-1]
        return super().push(v)

    def pull(self, u):
        self.products += u.shape[-1]
        return super().pull(u)


@pytest.fixture
def network():
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        nn.ELU(),
        nn.Conv2d(6, 4, 3, stride=2, padding=1),
        nn.Tanh(),
        nn.Flatten(),
    ).double()


@pytest.fixture
def images():
    return torch.randn(3, 1, 10, 10, dtype=torch.float64)


def test_leading_triplets_of_every_image(network, images):
    entries = jacobian(network, images).detach()
    u, sigma, vh = svd = jacobian_svd(network, images, k=5, method="krylov", tolerance=1e-6)
    torch.testing.assert_close(sigma, torch.linalg.svdvals(entries)[:, :5], rtol=1e-9, atol=0)
    assert svd.residual <= 1e-6
    for vectors in (u, vh.mT):
        torch.testing.assert_close(
            vectors.mT @ vectors, torch.eye(5, dtype=torch.float64).expand(3, -1, -1), rtol=0, atol=1e-12
        )


def test_the_residuals_are_what_they_say(network, images):
    entries = jacobian(network, images).detach()
    u, sigma, vh = svd = krylov_svd(JacobianOperator(network, images), 4, max_blocks=2)
    forward = (entries @ vh.mT - u * sigma.unsqueeze(1)).norm(dim=1)
    backward = (entries.mT @ u - vh.mT * sigma.unsqueeze(1)).norm(dim=1)
    torch.testing.assert_close(svd.residuals, torch.hypot(forward, backward), rtol=1e-8, atol=1e-12)
    assert svd.residual > 1e-4  # two blocks were not enough, and it says so


def test_every_singular_value_lies_within_its_residual(network, images):
    exact = torch.linalg.svdvals(jacobian(network, images)).detach()
    svd = krylov_svd(JacobianOperator(network, images), 4, max_blocks=2)
    nearest = (svd.sigma.unsqueeze(-1) - exact.unsqueeze(1)).abs().amin(-1)
    assert (nearest <= svd.residuals + 1e-12).all()


def test_a_generator_makes_it_reproducible(network, images):
    runs = [
        jacobian_svd(network, images, k=3, method="krylov", generator=torch.Generator().manual_seed(7))
        for _ in range(2)
    ]
    assert torch.equal(runs[0].u, runs[1].u)
    assert torch.equal(runs[0].sigma, runs[1].sigma)


def test_a_start_near_the_answer_saves_work(network, images):
    with torch.no_grad():
        first = jacobian_svd(network, images, k=4, method="krylov", tolerance=1e-6)
        cold, warm = (Counting(network, images + 1e-4) for _ in range(2))
        from_nothing = krylov_svd(cold, 4, tolerance=1e-3)
        from_first = krylov_svd(warm, 4, tolerance=1e-3, start=first)
    assert warm.products < cold.products / 2
    assert from_first.residual <= 1e-3
    torch.testing.assert_close(from_first.sigma, from_nothing.sigma, rtol=1e-4, atol=0)


@pytest.mark.parametrize(("m", "n"), [(7, 12), (12, 7), (9, 9)])
@pytest.mark.parametrize("block", [1, 2, 4, 20])
def test_blocks_that_do_not_divide_the_dimensions(with_spectrum, m, n, block):
    sigma = torch.linspace(1, 0.2, 7, dtype=torch.float64)
    f = with_spectrum(m, n, sigma)
    svd = krylov_svd(JacobianOperator(f, torch.zeros(1, n).double()), 7, block=block, tolerance=1e-10)
    torch.testing.assert_close(svd.sigma[0], sigma, rtol=1e-9, atol=1e-12)
    assert svd.residual < 1e-9


@pytest.mark.parametrize("rank", [1, 3])
def test_rank_deficient_jacobians(with_spectrum, rank):
    sigma = torch.linspace(1, 0.5, rank, dtype=torch.float64)
    f = with_spectrum(15, 20, sigma)
    u, found, vh = krylov_svd(JacobianOperator(f, torch.zeros(2, 20).double()), 5)
    expected = torch.cat([sigma, torch.zeros(5 - rank, dtype=torch.float64)]).expand(2, -1)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    for vectors in (u, vh.mT):
        torch.testing.assert_close(
            vectors.mT @ vectors, torch.eye(5, dtype=torch.float64).expand(2, -1, -1), rtol=0, atol=1e-10
        )


@pytest.mark.parametrize(("m", "n", "rank"), [(18, 32, 14), (18, 18, 11), (32, 18, 16), (16, 16, 10)])
def test_rank_deficient_jacobians_whose_space_two_blocks_fill(m, n, rank):
    """Where nothing new comes any more, rounding errors are no new directions."""
    for seed in range(10):
        torch.manual_seed(seed)
        layer = nn.Linear(n, m, bias=False).double().requires_grad_(False)
        layer.weight.copy_(
            torch.randn(m, rank, dtype=torch.float64) @ torch.randn(rank, n, dtype=torch.float64)
        )
        # Sparse, as after a rectifier.
        layer.weight[torch.rand(m) < 0.3] = 0
        layer.weight[:, torch.rand(n) < 0.3] = 0
        sigma = krylov_svd(JacobianOperator(layer, torch.zeros(1, n).double()), 3, tolerance=1e-9).sigma[0]
        torch.testing.assert_close(sigma, torch.linalg.svdvals(layer.weight)[:3])


def test_a_zero_jacobian():
    f = nn.Linear(6, 4).requires_grad_(False)
    f.weight.zero_()
    svd = krylov_svd(JacobianOperator(f, torch.zeros(1, 6)), 2)
    assert (svd.sigma == 0).all()
    assert (svd.residuals == 0).all()


def test_repeated_singular_values(with_spectrum):
    f = with_spectrum(30, 40, torch.tensor([2.0, 2.0, 2.0, 1.0, 1.0, 0.1]).double())
    svd = krylov_svd(JacobianOperator(f, torch.zeros(1, 40).double()), 4, block=2, tolerance=1e-8)
    torch.testing.assert_close(svd.sigma[0], torch.tensor([2.0, 2.0, 2.0, 1.0]).double())


def test_half_precision_weights():
    f = nn.Linear(40, 30, bias=False).to(torch.bfloat16)
    exact = torch.linalg.svdvals(f.weight.float())[:3]
    svd = jacobian_svd(f, torch.zeros(1, 40, dtype=torch.bfloat16), k=3, method="krylov", tolerance=0.02)
    torch.testing.assert_close(svd.sigma[0], exact.detach(), rtol=0.02, atol=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 5}, r"between 1 and min\(m, n\) = 2"),
        ({"k": 0}, r"between 1 and min\(m, n\) = 2"),
        ({"k": 1, "block": 0}, "block must be at least 1"),
        ({"k": 1, "start": torch.zeros(1, 4, 1)}, r"start must be \(batch, n, columns\) = \(1, 3, …\)"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        krylov_svd(JacobianOperator(nn.Linear(3, 2), torch.zeros(1, 3)), **arguments)
