"""Singular values and vectors by every method."""

import pytest
import torch
from torch import nn

from jnn_studio.jacobian import GramSVD, jacobian, jacobian_svd


def check_triplets(svd, entries, tolerance):
    u, sigma, vh = svd
    torch.testing.assert_close(u.mT @ u, torch.eye(u.shape[-1], dtype=u.dtype).expand(len(u), -1, -1))
    torch.testing.assert_close(vh @ vh.mT, torch.eye(u.shape[-1], dtype=u.dtype).expand(len(u), -1, -1))
    scale = sigma[:, :1, None]
    assert (((entries @ vh.mT) - u * sigma.unsqueeze(1)).abs() / scale).max() <= tolerance
    assert (((entries.mT @ u) - vh.mT * sigma.unsqueeze(1)).abs() / scale).max() <= tolerance


@pytest.mark.parametrize("method", ["dense", "gram"])
def test_exact_methods_agree_with_the_svd_of_the_full_jacobian(encoder, full_jacobian, method):
    x = torch.randn(5, 30, dtype=torch.float64)
    entries = full_jacobian(encoder, x)
    svd = jacobian_svd(encoder, x, method=method)
    torch.testing.assert_close(svd.sigma, torch.linalg.svdvals(entries), rtol=1e-10, atol=1e-12)
    check_triplets(svd, entries, 1e-10)
    assert svd.method == method
    assert svd.residual < 1e-10


def test_gram_serves_every_input_from_one_preparation(encoder):
    x = torch.randn(4, 30, dtype=torch.float64)
    gram = GramSVD(encoder)
    together = gram(x, 3)
    for i, row in enumerate(x):
        torch.testing.assert_close(gram(row.unsqueeze(0), 3).sigma[0], together.sigma[i])


def test_gram_keeps_the_weights_it_was_built_with(encoder):
    x = torch.randn(1, 30, dtype=torch.float64)
    gram = GramSVD(encoder)
    before = gram(x).sigma
    with torch.no_grad():
        encoder[1].weight.zero_()
    torch.testing.assert_close(gram(x).sigma, before)


def test_gram_of_a_rank_deficient_map_leaves_unknown_directions_at_zero():
    f = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4)).double().requires_grad_(False)
    f[2].weight[1:] = 0
    svd = GramSVD(f)(torch.randn(2, 6, dtype=torch.float64))
    assert (svd.sigma[:, 1:] < 1e-7).all()
    assert torch.isfinite(svd.vh).all()
    assert (svd.vh[:, 0].norm(dim=-1) - 1).abs().max() < 1e-12


def test_float32_singular_values_are_good_to_1e5():
    f = nn.Sequential(nn.Linear(300, 100), nn.ELU(), nn.Linear(100, 32))
    x = torch.randn(2, 300)
    exact = torch.linalg.svdvals(jacobian(f.double(), x.double()))
    f.float()
    for method in ("dense", "gram"):
        sigma = jacobian_svd(f, x, k=10, method=method).sigma.double()
        assert (sigma / exact[:, :10] - 1).abs().max() < 1e-5


def test_k_beyond_the_rank_gives_what_there_is(encoder):
    x = torch.randn(1, 30, dtype=torch.float64)
    for method in ("dense", "gram", "krylov"):
        assert jacobian_svd(encoder, x, k=99, method=method).sigma.shape == (1, 8)


def test_auto_takes_the_gram_form_for_many_inputs_of_a_two_layer_map():
    f = nn.Sequential(nn.Linear(300, 40), nn.ELU(), nn.Linear(40, 30))
    assert jacobian_svd(f, torch.randn(64, 300), k=5).method == "gram"


def test_auto_takes_the_full_jacobian_when_one_side_is_small():
    f = nn.Sequential(nn.Conv2d(1, 4, 3, 2), nn.ELU(), nn.Flatten(), nn.Linear(196, 6))
    assert jacobian_svd(f, torch.randn(1, 1, 16, 16), k=4).method == "dense"


def test_auto_stays_matrix_free_when_both_sides_are_large():
    f = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ELU(), nn.Conv2d(4, 1, 3, padding=1))
    assert jacobian_svd(f, torch.randn(1, 1, 16, 16), k=4).method == "krylov"


def test_maps_of_tuples(full_jacobian):
    class Product(nn.Module):
        def forward(self, pair):
            return pair[0] * pair[1]

    a, b = torch.tensor([[3.0, 1.0]]).double(), torch.tensor([[4.0, 2.0]]).double()
    sigma = jacobian_svd(Product(), (a, b)).sigma
    torch.testing.assert_close(sigma, torch.tensor([[5.0, 5.0**0.5]]).double())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "k must be at least 1, got 0"),
        ({"method": "qr"}, "method must be one of 'auto', 'dense', 'gram', 'krylov', got 'qr'"),
        ({"method": "gram"}, "Linear, elementwise, Linear"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        jacobian_svd(nn.Linear(3, 2), torch.zeros(1, 3), **arguments)


def test_the_gram_form_refuses_other_networks():
    with pytest.raises(ValueError, match="needs Linear, elementwise, Linear; got Linear"):
        GramSVD(nn.Linear(3, 2))


@pytest.mark.parametrize("method", ["dense", "gram", "krylov"])
def test_nan_is_refused(encoder, method):
    with pytest.raises(ValueError, match="x must be finite"):
        jacobian_svd(encoder, torch.full((1, 30), float("nan"), dtype=torch.float64), k=2, method=method)


@pytest.mark.parametrize(("m", "n"), [(6, 200), (200, 6), (12, 13)])
@pytest.mark.parametrize("smallest", [0.5, 1e-3, 1e-7, 0.0])
def test_float32_matrices_of_any_shape_and_spectrum(with_spectrum, m, n, smallest):
    sigma = torch.linspace(1, smallest, 6, dtype=torch.float64)
    f = with_spectrum(m, n, sigma).float()
    for k in (2, 6):
        svd = jacobian_svd(f, torch.zeros(2, n), k=k, method="dense")
        torch.testing.assert_close(svd.sigma, sigma[:k].float().expand(2, -1), rtol=1e-5, atol=1e-6)
        check_triplets(svd, f.weight.expand(2, -1, -1), 1e-5)
