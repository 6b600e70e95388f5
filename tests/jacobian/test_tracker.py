"""Directions keep their order and sign while the Jacobian moves."""

import itertools
import math

import pytest
import torch

from jnn_studio.jacobian import JacobianSVD, SingularTracker


def svd_of(matrix, k=None):
    u, sigma, vh = torch.linalg.svd(matrix.unsqueeze(0), full_matrices=False)
    k = sigma.shape[-1] if k is None else k
    return JacobianSVD(u[:, :, :k], sigma[:, :k], vh[:, :k], torch.zeros(1, k).double(), "dense")


def crossing(t):
    """Singular values 1 + t and 1 − t of fixed directions, and a small third."""
    u = torch.linalg.qr(torch.randn(5, 3, generator=torch.Generator().manual_seed(1)).double())[0]
    v = torch.linalg.qr(torch.randn(6, 3, generator=torch.Generator().manual_seed(2)).double())[0]
    return (u * torch.tensor([1 + t, 1 - t, 0.3]).double()) @ v.T


@pytest.mark.parametrize("side", ["left", "right"])
def test_directions_pass_through_a_crossing(side):
    tracker = SingularTracker(side=side)
    path = [tracker.update(svd_of(crossing(t), 3)) for t in torch.linspace(0.2, -0.2, 21).tolist()]
    for before, after in itertools.pairwise(path):
        torch.testing.assert_close(after.u, before.u, rtol=0, atol=1e-8)
        torch.testing.assert_close(after.vh, before.vh, rtol=0, atol=1e-8)
    # What was first is now second in size, and still first in place.
    torch.testing.assert_close(path[-1].sigma, torch.tensor([[0.8, 1.2, 0.3]]).double())


def test_signs_are_kept():
    svd = svd_of(crossing(0.2))
    flipped = JacobianSVD(-svd.u, svd.sigma, -svd.vh, svd.residuals, svd.method)
    tracker = SingularTracker()
    tracker.update(svd)
    torch.testing.assert_close(tracker.update(flipped).u, svd.u)


def test_a_rotation_among_equal_singular_values_is_undone():
    identity = torch.eye(4, dtype=torch.float64)
    turn = torch.linalg.qr(torch.randn(4, 4, dtype=torch.float64))[0]
    sigma = torch.ones(1, 4, dtype=torch.float64)
    none = torch.zeros(1, 4, dtype=torch.float64)
    tracker = SingularTracker()
    tracker.update(JacobianSVD(identity[None], sigma, identity[None], none, "dense"))
    turned = tracker.update(JacobianSVD(turn[None], sigma, turn.T[None], none, "dense"))
    torch.testing.assert_close(turned.u[0], identity)
    torch.testing.assert_close(turned.vh[0], identity)
    assert turned.residual < 1e-12


def test_tracked_triplets_are_still_triplets_within_their_residuals():
    generator = torch.Generator().manual_seed(3)
    tracker = SingularTracker(cluster=0.05)
    matrix = torch.randn(8, 9, generator=generator).double()
    for _ in range(5):
        matrix = matrix + 0.05 * torch.randn(8, 9, generator=generator).double()
        u, sigma, vh = tracked = tracker.update(svd_of(matrix))
        forward = (matrix @ vh.mT - u * sigma.unsqueeze(1)).norm(dim=1)
        backward = (matrix.T @ u - vh.mT * sigma.unsqueeze(1)).norm(dim=1)
        assert (torch.hypot(forward, backward) <= tracked.residuals + 1e-12).all()
        torch.testing.assert_close(u.mT @ u, torch.eye(8, dtype=torch.float64)[None], rtol=0, atol=1e-12)


def test_a_direction_that_falls_behind_is_followed():
    tracker = SingularTracker(keep=1)
    first = tracker.update(svd_of(crossing(0.1)))
    assert first.sigma.shape == (1, 1)
    last = tracker.update(svd_of(crossing(-0.1)))
    torch.testing.assert_close(last.vh, first.vh, rtol=0, atol=1e-8)
    assert last.sigma.item() == pytest.approx(0.9)


def test_a_smooth_path_gives_smooth_directions():
    generator = torch.Generator().manual_seed(4)
    start, end = (torch.randn(20, 30, generator=generator).double() for _ in range(2))
    tracker = SingularTracker(keep=5)
    previous, largest = None, 0.0
    for t in torch.linspace(0, 1, 200).tolist():
        angle = t * math.pi / 8
        vectors = tracker.update(svd_of(math.cos(angle) * start + math.sin(angle) * end, 10)).vh[0]
        if previous is not None:
            assert ((vectors * previous).sum(-1) >= 0).all()
            largest = max(largest, float((vectors - previous).norm(dim=-1).max()))
        previous = vectors
    assert largest < 0.8  # the raw order and signs jump by √2 and 2


def test_reset_forgets():
    tracker = SingularTracker()
    tracker.update(svd_of(crossing(0.1), 3))
    tracker.reset()
    sigma = tracker.update(svd_of(crossing(-0.1), 3)).sigma[0]
    assert (sigma.diff() <= 0).all()


def test_a_change_of_shape_is_refused():
    tracker = SingularTracker()
    tracker.update(svd_of(torch.eye(3).double()))
    with pytest.raises(ValueError, match=r"at least 3\) = \(1, 3, 3\), got \(1, 4, 4\); call reset"):
        tracker.update(svd_of(torch.eye(4).double()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keep": 0}, "keep must be at least 1, got 0"),
        ({"cluster": -1.0}, "cluster must not be negative"),
        ({"side": "both"}, "side must be 'right' or 'left', got 'both'"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        SingularTracker(**arguments)
